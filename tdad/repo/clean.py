"""Whether there is any difference to the last commit: a quick look that spares the thorough one."""

from __future__ import annotations

from pathlib import Path

from tdad.config import Config
from tdad.repo.git import discover
from tdad.repo.listing import SUBMODULE, listing


def is_clean(root: Path, config: Config) -> bool:
    """Tell whether the work tree below ``root`` is certainly as HEAD says; ``False``: ``changed_files`` knows.

    Raises:
        NotARepository, GitUntrusted, GitFailed: git cannot answer.
    """
    git = discover(root)
    here = listing(git)
    if here.untracked or here.deleted or here.unwatched or here.unmerged or config.source:
        return False
    if SUBMODULE in here.tracked.values():
        return False
    look = git.ask("diff-index", "--quiet", "--no-ext-diff", "--no-textconv", "HEAD", "--", ".")
    return look.returncode == 0

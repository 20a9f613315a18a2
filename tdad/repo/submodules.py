"""Files of submodules, for a worktree of ours: out of the user's own clones of them, which are only read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tdad.repo.git import Git, failure, nested, run_git

_LINK = b"160000"
"""Mode of an entry that is a commit of another repository."""


def fill_submodules(git: Git, commit: str, folder: Path) -> tuple[str, ...]:
    """Write the files of the submodules of ``commit`` into ``folder``; those of theirs as well.

    Returns the paths of those that the user has no clone of, or not that commit, relative to ``folder``.

    Args:
        git: The user's repository.
        commit: What ``folder`` was checked out from.
        folder: A worktree of ours: the repository's toplevel.

    Raises:
        GitFailed: git does not do it.
        OSError: no room.
    """
    missing: list[str] = []
    for path, wanted in _links(git, commit):
        inner = nested(Path(git.toplevel, path), git)
        has_it = inner is not None and os.path.realpath(inner.toplevel) != os.path.realpath(
            git.toplevel
        )
        if inner is None or not has_it or inner.ask("cat-file", "-e", wanted).returncode:
            missing.append(path)
            continue
        _write(inner, wanted, folder / path)
        missing += [f"{path}/{each}" for each in fill_submodules(inner, wanted, folder / path)]
    return tuple(missing)


def _links(git: Git, commit: str) -> Iterator[tuple[str, str]]:
    """Yield (path, commit) of each submodule."""
    for entry in git.run("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0"):
        mode, _, rest = entry.partition(b" ")
        if mode == _LINK:
            name, _, path = rest.partition(b"\t")
            yield os.fsdecode(path), name.rpartition(b" ")[2].decode()


def _write(git: Git, commit: str, folder: Path) -> None:
    """Write the files of a commit, by an index of our own."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tdad-index-") as private:
        env = {
            **git.env,
            "GIT_INDEX_FILE": os.path.join(private, "index"),  # noqa: PTH118 - a variable's text
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        trust = ("-c", "safe.directory=*")
        for command in (
            ("read-tree", commit),
            ("checkout-index", "--all", "--force", f"--prefix={folder}/"),
        ):
            done = run_git(git.toplevel, (*trust, *command), env)
            if done.returncode:
                raise failure(git.toplevel, command, done.stderr)

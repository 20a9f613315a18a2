"""Node ids as the user types them: relative to the working directory, not to the project root.

pytest resolves node ids on its command line against the working directory, so only ids in that
form can be handed to it from a sub-directory.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path


def to_cwd(node_id: str, root: Path, cwd: Path) -> str:
    """``tests/test_a.py::test_x`` → ``../tests/test_a.py::test_x`` in a sub-directory of ``root``.

    Works for ``path::qualname`` and plain paths too.
    """
    if root == cwd:
        return node_id
    path, separator, rest = node_id.partition("::")
    return f"{Path(os.path.relpath(root / path, cwd)).as_posix()}{separator}{rest}"


def from_cwd(node_id: str, root: Path, cwd: Path) -> str:
    """The inverse of :func:`to_cwd`; what is already relative to the root stays as it is.

    A file that exists below the working directory wins over one below the root.
    """
    path, separator, rest = node_id.partition("::")
    typed = Path(os.path.normpath(cwd / path))
    if (not typed.exists() and (root / path).exists()) or not typed.is_relative_to(root):
        return f"{Path(path).as_posix()}{separator}{rest}"
    return f"{typed.relative_to(root).as_posix()}{separator}{rest}"


def files_of(node_ids: Iterable[str]) -> list[str]:
    """The files of ``node_ids``, each once, in the order of their first test."""
    return list(dict.fromkeys(node_id.partition("::")[0] for node_id in node_ids))


def many_to_cwd(node_ids: Iterable[str], root: Path, cwd: Path) -> list[str]:
    """:func:`to_cwd` of each."""
    return list(map(partial(to_cwd, root=root, cwd=cwd), node_ids))

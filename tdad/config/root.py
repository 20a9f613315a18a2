"""Where the project is."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tdad.config.toml import read_toml
from tdad.errors import ConfigInvalid

_MENTIONS_TDAD = re.compile(rb"tool\s*\.\s*[\"']?tdad|tool\s*\]|tool\s*=")
_ROOT_MARKERS = ("pyproject.toml", "setup.py", "pytest.ini")


def find_root(start: Path) -> Path:
    """Return the project root for a command that runs in ``start``.

    The nearest folder upwards whose pyproject.toml has ``[tool.tdad]``; else the git toplevel; else the nearest with
    a pyproject.toml, setup.py or pytest.ini; else ``start``. Absolute, symbolic links as the user has them. A
    repository below another project is a project of its own, and nothing above it is looked at; a submodule is part of
    the one above.
    """
    start = Path(os.path.abspath(start))  # noqa: PTH100 - Path.absolute keeps '..', which has no parents to walk
    folders = list(_inside((start, *start.parents)))
    for test in (_has_table, _is_toplevel, _has_marker):
        for folder in folders:
            if test(folder):
                return folder
    return start


def _inside(folders: Iterable[Path]) -> Iterator[Path]:
    """Up to the toplevel of the repository, through submodules."""
    for folder in folders:
        yield folder
        if _is_toplevel(folder) and not _is_submodule(folder):
            return


def _is_submodule(folder: Path) -> bool:
    try:
        return b"/modules/" in (folder / ".git").read_bytes()
    except OSError:  # a folder: the repository itself
        return False


def _has_table(folder: Path) -> bool:
    path = folder / "pyproject.toml"
    try:
        if not _MENTIONS_TDAD.search(path.read_bytes()):
            return False
        tool = read_toml(path).get("tool")
        return isinstance(tool, dict) and "tdad" in tool
    except OSError:
        return False
    except ConfigInvalid:
        # It names [tool.tdad] and is broken: this is the root, and load() says what is wrong with it.
        return b"tool.tdad" in path.read_bytes()


def _is_toplevel(folder: Path) -> bool:
    git = folder / ".git"
    return git.is_file() or (git / "HEAD").exists()


def _has_marker(folder: Path) -> bool:
    return any((folder / marker).is_file() for marker in _ROOT_MARKERS)

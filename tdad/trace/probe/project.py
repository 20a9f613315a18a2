"""Which files are the project's: everything below the root that is not part of an environment, and the source roots.

Files that git ignores are dropped later, by tdad; here only what can be told from paths, once per directory.
"""

from __future__ import annotations

import os
import posixpath
import sys
from types import FrameType
from typing import Dict, Optional, Sequence, Tuple

_MARKERS = ("pyvenv.cfg", "conda-meta")
_FOREIGN = frozenset(
    [
        "site-packages",
        "dist-packages",
        "node_modules",
        "__pycache__",
        ".git",
        ".hg",
        ".tdad",
        ".tox",
        ".nox",
        ".eggs",
        ".pytest_cache",
        ".mypy_cache",
        ".ruff_cache",
        ".hypothesis",
    ]
)
_PYTHON = (".py", ".pyw", "")

# Tests patch these; the probe keeps what was there when it was loaded.
_exists = os.path.exists
_realpath = os.path.realpath
_getcwd = os.getcwd


class Project:
    """Names the files of one project, relative to its root, in POSIX form."""

    def __init__(self, root: str, sources: Sequence[str] = ()) -> None:
        self.root = _realpath(root)
        self._roots = {self.root}
        self._roots.update(_realpath(os.path.join(self.root, source)) for source in sources)
        prefixes = (sys.prefix, sys.base_prefix, sys.exec_prefix)
        self._environments = {_realpath(prefix) for prefix in prefixes} - self._roots
        self._directories: Dict[str, Optional[str]] = {}
        self._names: Dict[str, Optional[str]] = {}
        self._codes: Dict[str, Optional[str]] = {}

    def relative(self, filename: str) -> Optional[str]:
        """Return the project path of ``filename``, or ``None`` when it is not the project's."""
        try:
            return self._names[filename]
        except KeyError:
            pass
        absolute = filename if os.path.isabs(filename) else os.path.join(_getcwd(), filename)
        head, tail = os.path.split(os.path.normpath(absolute))
        prefix = self._prefix(head)
        # ``.git`` is a file where a work tree is linked or a submodule: it says where, not what
        foreign = not tail or tail in _FOREIGN
        name = None if prefix is None or foreign else posixpath.join(prefix, tail)
        if (
            filename is absolute
        ):  # the name of a relative one depends on the directory of the moment
            self._names[filename] = name
        return name

    def directory(self, filename: str) -> Optional[str]:
        """Return the project path of a directory (``.`` for the root), or ``None``."""
        absolute = filename if os.path.isabs(filename) else os.path.join(_getcwd(), filename)
        prefix = self._prefix(os.path.normpath(absolute))
        return "." if prefix == "" else prefix

    def python(self, filename: str) -> Optional[str]:
        """Return the project path of a code object's ``co_filename``, or ``None``.

        Templates that compile to Python under the template's own name are data files, not code.
        """
        try:
            return self._codes[filename]
        except KeyError:
            pass
        if filename.startswith("<") or os.path.splitext(filename)[1] not in _PYTHON:
            name = None
        else:
            name = self.relative(filename)
        self._codes[filename] = name
        return name

    def _prefix(self, directory: str) -> Optional[str]:
        try:
            return self._directories[directory]
        except KeyError:
            pass
        real = _realpath(directory)
        if real != directory:
            prefix = self._prefix(real)
        elif real in self._roots:
            prefix = os.path.relpath(real, self.root).replace(os.sep, "/")
            prefix = "" if prefix == "." else prefix
        else:
            prefix = self._below(real)
        self._directories[directory] = prefix
        return prefix

    def _below(self, real: str) -> Optional[str]:
        parent, name = os.path.split(real)
        if parent == real or name in _FOREIGN or real in self._environments:
            return None
        prefix = self._prefix(parent)
        if prefix is None or any(_exists(os.path.join(real, marker)) for marker in _MARKERS):
            return None
        return posixpath.join(prefix, name)


def importer(project: Project, frame: Optional[FrameType]) -> Tuple[str, int]:
    """Return the site of the nearest project frame, the one that asked for an import; ``("", 0)``: none of ours."""
    while frame is not None:
        path = project.python(frame.f_code.co_filename)
        if path is not None:
            return path, frame.f_lineno or 0
        frame = frame.f_back
    return "", 0

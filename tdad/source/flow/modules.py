"""Paths of a program → the dotted names that its files are imported by.

The rule: a file in a package is named from the top of its package (the outermost folder of those around it that all
have an ``__init__.py``), so ``src/shop/cart.py`` is ``shop.cart``. A file in no package is named by its path, from
below ``src`` if it is in one. What the program itself imports decides where that leaves a choice: a namespace package
(``import acme.shop`` with ``acme/`` lacking ``__init__.py``) keeps its outer folders, and scripts that import their
neighbours by bare names are named so. Names that two files would share start at the first folder instead.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

Folder = tuple[str, ...]

_IMPORT = re.compile(
    rb"^[ \t]*(?:import[ \t]+([^#;\r\n]+)"
    rb"|from[ \t]+([\w.]+)[ \t]+import[ \t]*(?:\(([^)]*)\)|([^#;(\r\n]*)))",
    re.MULTILINE,
)
_COMMENT = re.compile(rb"#[^\n]*")
_SOURCE_FOLDER = "src"


def imported_names(content: bytes) -> frozenset[str]:
    """Dotted names of absolute imports in the text of a file, parents included; found without parsing it."""
    found: set[str] = set()
    for plain, module, inside, listed in _IMPORT.findall(content):
        if module.startswith(b"."):
            continue
        names = _COMMENT.sub(b"", plain or inside or listed).decode("ascii", "ignore")
        prefix = f"{module.decode('ascii', 'ignore')}." if module else ""
        for entry in [*names.split(","), ""]:
            words = entry.split()
            name = f"{prefix}{words[0] if words else ''}".rstrip(".")
            while name:
                found.add(name)
                name = name.rpartition(".")[0]
    return frozenset(found)


def runs_as_scripts(imports: Mapping[str, frozenset[str]]) -> bool:
    """Tell whether the files of one folder import each other by their bare names.

    Args:
        imports: file name in the folder → names that it imports.
    """
    siblings = {PurePosixPath(name).stem for name in imports} - sys.stdlib_module_names
    return any(siblings & names - {PurePosixPath(path).stem} for path, names in imports.items())


def module_names(imports: Mapping[str, frozenset[str]]) -> dict[str, tuple[str, bool]]:
    """Dotted name of each file, and whether it is the ``__init__`` of a package; no name twice.

    Args:
        imports: POSIX path of each file, relative to where the program starts → names that it imports.
    """
    packages = {
        PurePosixPath(path).parts[:-1]
        for path in imports
        if PurePosixPath(path).name == "__init__.py"
    }
    used = frozenset(name for names in imports.values() for name in names)
    homes = {path: _top(PurePosixPath(path).parts[:-1], packages) for path in imports}
    starts = _package_starts({home for home in homes.values() if home in packages}, used)
    starts |= _script_starts(
        {path: home for path, home in homes.items() if home not in packages}, imports
    )
    named = {path: _dotted(path, starts[home]) for path, home in homes.items()}
    counts = Counter(name for name, _ in named.values())
    shared = {homes[path] for path, (name, _) in named.items() if counts[name] > 1}
    return {
        path: _dotted(path, 0) if homes[path] in shared else found for path, found in named.items()
    }


def _dotted(path: str, start: int) -> tuple[str, bool]:
    parts = [part for part in PurePosixPath(path).with_suffix("").parts[start:] if part != ".."]
    if parts[-1] == "__init__" and len(parts) > 1:
        return ".".join(parts[:-1]), True
    return ".".join(parts), False


def _top(folder: Folder, packages: Iterable[Folder]) -> Folder:
    """The outermost package around ``folder``; ``folder`` itself if it is none."""
    while len(folder) > 1 and folder in packages and folder[:-1] in packages:
        folder = folder[:-1]
    return folder


def _package_starts(tops: set[Folder], used: frozenset[str]) -> dict[Folder, int]:
    """Package → how many of its leading folders its name leaves out."""
    starts = {top: _start(top, used) for top in tops}
    counts = Counter(top[start:] for top, start in starts.items())
    return {top: start if counts[top[start:]] == 1 else 0 for top, start in starts.items()}


def _start(top: Folder, used: frozenset[str]) -> int:
    shortest = max(len(top) - 1, 0)
    candidates = range(shortest, -1, -1)
    return next((count for count in candidates if ".".join(top[count:]) in used), shortest)


def _script_starts(
    homes: Mapping[str, Folder], imports: Mapping[str, frozenset[str]]
) -> dict[Folder, int]:
    """Folder that is no package → how many leading folders the names of its files leave out."""
    files: dict[Folder, dict[str, frozenset[str]]] = {}
    for path, folder in homes.items():
        files.setdefault(folder, {})[PurePosixPath(path).name] = imports[path]
    starts = {}
    for folder, inside in files.items():
        outer = folder[::-1]
        below = len(folder) - outer.index(_SOURCE_FOLDER) if _SOURCE_FOLDER in outer else 0
        starts[folder] = len(folder) if runs_as_scripts(inside) else below
    return starts

"""Dotted module names ↔ paths, from the list of paths alone."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from functools import cached_property
from posixpath import dirname

_INIT = "/__init__.py"


def _join(root: str, rest: str) -> str:
    return f"{root}/{rest}" if root else rest


class Modules:
    """Which file a dotted name is, seen from another file.

    What stands for ``sys.path``, in order: the folder above the importing file's top package (pytest's *prepend* import
    mode, and ``python file.py``), the roots given, the project root, ``src`` and ``lib``, then the folders above every
    other top package, sorted. The last group does not hide modules of the standard library.
    """

    def __init__(self, paths: Iterable[str], roots: Sequence[str] = ()) -> None:
        self._paths = frozenset(paths)
        given = tuple(root.strip("/") if root != "." else "" for root in roots)
        self._given = given
        usual = tuple(root for root in ("", "src", "lib") if root not in given)
        self._first = (*given, *usual)
        self._base: dict[str, str] = {}
        self._found: dict[tuple[str, str], str | None] = {}

    @cached_property
    def _folders(self) -> frozenset[str]:
        """Every folder with Python files somewhere below it."""
        found: set[str] = set()
        for path in self._paths:
            folder = dirname(path)
            while folder and folder not in found:
                found.add(folder)
                folder = dirname(folder)
        return frozenset(found)

    @cached_property
    def _bases(self) -> tuple[str, ...]:
        """Folders above the top packages, and folders of modules without a package."""
        return tuple(sorted({self.base_of(path) for path in self._paths} - set(self._first)))

    def base_of(self, path: str) -> str:
        """First folder upwards from ``path`` that is no package."""
        if path not in self._base:
            above = dirname(path)
            while above and above + _INIT in self._paths:
                above = dirname(above)
            self._base[path] = above
        return self._base[path]

    def path_of(self, dotted: str, importer: str = "") -> str | None:
        """Path of module or package ``dotted`` when ``importer`` (a path) asks for it, or ``None``."""
        base = self.base_of(importer) if importer else ""
        key = (dotted, base)
        if key not in self._found:
            self._found[key] = self._find(dotted, base)
        return self._found[key]

    def _find(self, dotted: str, base: str) -> str | None:
        if not dotted:
            return None
        rest = dotted.replace(".", "/")
        roots = (base, *self._first) if base else self._first
        for root in dict.fromkeys(roots):
            found = self._at(_join(root, rest))
            if found:
                return found
        if dotted.partition(".")[0] in sys.stdlib_module_names:
            return None
        return next(filter(None, (self._at(_join(root, rest)) for root in self._bases)), None)

    def _at(self, place: str) -> str | None:
        if place + _INIT in self._paths:
            return place + _INIT
        return place + ".py" if place + ".py" in self._paths else None

    def is_namespace(self, dotted: str, importer: str = "") -> bool:
        """Tell whether ``dotted`` is a folder of the project without ``__init__.py`` (PEP 420)."""
        rest = dotted.replace(".", "/")
        base = self.base_of(importer) if importer else ""
        return any(_join(root, rest) in self._folders for root in (base, *self._first))

    def names_of(self, path: str) -> tuple[str, ...]:
        """Dotted names by which ``path`` can be imported, the usual one first."""
        place = path.removesuffix(".py").removesuffix("/__init__")
        roots = [self.base_of(path), *self._first]
        names = [
            place.removeprefix(root).strip("/").replace("/", ".")
            for root in roots
            if not root or place.startswith(root + "/")
        ]
        return tuple(dict.fromkeys(name for name in names if name))

    def ancestors(self, path: str) -> tuple[str, ...]:
        """``__init__.py`` files of the packages around ``path``, outermost first."""
        found: list[str] = []
        folder = dirname(path)
        while folder and folder + _INIT in self._paths:
            if folder + _INIT != path:
                found.append(folder + _INIT)
            folder = dirname(folder)
        return tuple(reversed(found))

    def conftests(self, path: str) -> tuple[str, ...]:
        """``conftest.py`` files that pytest loads for ``path``, nearest first."""
        found: list[str] = []
        folder = dirname(path)
        while True:
            conftest = _join(folder, "conftest.py")
            if conftest in self._paths and conftest != path:
                found.append(conftest)
            if not folder:
                return tuple(found)
            folder = dirname(folder)

    def below(self, folder: str) -> tuple[str, ...]:
        """Python files below ``folder``, sorted; an empty folder is the project root."""
        prefix = folder + "/" if folder else ""
        return tuple(sorted(path for path in self._paths if path.startswith(prefix)))

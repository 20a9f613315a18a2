"""Names of coverage contexts, understood as tests.

Three habits are known: pytest-cov's ``tests/test_a.py::test_x[1]|run`` (also ``|setup``, ``|teardown``), coverage's own
``dynamic_context = test_function`` (``tests.test_a.TestX.test_x``: module and qualname, no parameters), and plain node
ids. A static context may stand before each of them (``py311|…``); alone it says nothing about tests.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_PHASES = ("setup", "run", "teardown")
_SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "site-packages"})


@dataclass(frozen=True, slots=True)
class Context:
    """One context: the test it names, and whether what ran in it belongs to that test alone."""

    node_id: str
    """Relative to the project root; empty when the context names no test."""
    exclusive: bool
    """False in set-up and tear-down, where a fixture may run that other tests share."""


class TestNames:
    """Finds the file of a test from the way a context names it.

    pytest's node ids are relative to its rootdir, which may be a folder below (or above) the project root.
    """

    __test__ = False  # not a test class, whatever pytest makes of the name

    def __init__(self, root: Path, measured: Iterable[str]) -> None:
        self._root = root
        self._measured = sorted(measured)
        self._by_file: dict[str, str] = {}
        self._by_module: dict[str, str] = {}
        self._tree: list[str] | None = None

    def of_file(self, name: str) -> str:
        """``name`` (POSIX, relative to pytest's rootdir) relative to the project root; unchanged when not found."""
        if name not in self._by_file:
            self._by_file[name] = self._find(name) or name
        return self._by_file[name]

    def of_dotted(self, dotted: str) -> tuple[str, str]:
        """(path, qualname) of ``package.module.Class.function``; empty strings when no file fits."""
        parts = dotted.split(".")
        for size in range(len(parts) - 1, 0, -1):
            module = "/".join(parts[:size])
            if module not in self._by_module:
                self._by_module[module] = self._find(f"{module}.py") or self._find(
                    f"{module}/__init__.py"
                )
            if path := self._by_module[module]:
                return path, ".".join(parts[size:])
        return "", ""

    def _find(self, name: str) -> str:
        """The one file that ``name`` can be: as it is, measured, or lying somewhere below the root."""
        name = "/".join(part for part in name.split("/") if part not in {".", ".."})
        if (self._root / name).is_file():
            return name
        for candidates in (self._measured, self._python_files()):
            found = [path for path in candidates if path.endswith(f"/{name}")]
            if len(found) == 1:
                return found[0]
        return ""

    def _python_files(self) -> list[str]:
        if self._tree is None:
            self._tree = sorted(_walk(self._root))
        return self._tree


def _walk(root: Path) -> Iterator[str]:
    """Python files below ``root``, without hidden folders and environments."""
    for folder, folders, names in os.walk(root):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and name not in _SKIPPED_FOLDERS
            and not Path(folder, name, "pyvenv.cfg").exists()
        ]
        for name in names:
            if name.endswith(".py"):
                yield Path(folder, name).relative_to(root).as_posix()


def parse_context(name: str, names: TestNames) -> Context:
    """The test that a context names, if any."""
    rest, _, phase = name.rpartition("|")
    if phase not in _PHASES:
        rest, phase = name, ""
    file, colons, inner = rest.partition("::")
    if colons:
        file = file.rpartition("|")[
            2
        ]  # a static context stands before it; parameters come after the colons
        return Context(f"{names.of_file(file)}::{inner}", phase in {"", "run"})
    path, qualname = names.of_dotted(rest.rpartition("|")[2])
    if not _is_test(qualname):
        return Context("", exclusive=False)
    return Context(f"{path}::{qualname.replace('.', '::')}", exclusive=True)


def _is_test(qualname: str) -> bool:
    """Tell whether coverage's ``test_function`` switcher could have made this name."""
    last = qualname.rpartition(".")[2]
    return last.startswith("test") or last == "runTest"

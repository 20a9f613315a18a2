"""Node ids → what a runner of unittest's tests takes on its command line, and the command. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import PurePosixPath

TESTS = "{tests}"
PATTERNS = ("test*.py", "*_test.py", "tests.py", "*_tests.py")
"""Names of test modules where pytest's configuration does not say."""


_NAME = re.compile(r"\w+")
MOST, MOST_BYTES = 2000, 60_000
"""So many tests a command line can name, and in so many characters."""


def portions(
    names: Sequence[str], first: int = 100, growth: int = 3, most: int = MOST
) -> Iterator[tuple[str, ...]]:
    """Cut tests or files into portions for one process each, in their order: small ones first, for a budget.

    Args:
        names: Of what is cut.
        first: Size of the first portion.
        growth: Each further one has so many times as many.
        most: And never more than this.
    """
    at, size = 0, first
    while at < len(names):
        yield tuple(names[at : at + size])
        at, size = at + size, min(most, size * growth)


def fitting(node_ids: Sequence[str]) -> tuple[str, ...]:
    """Return what a command line can hold: the tests, or else their classes, or files, which are more tests.

    Nothing: not even the files fit, so that all tests have to be run.
    """
    coarser: tuple[Callable[[str], str], ...] = (
        lambda name: name,
        lambda name: name.rpartition("::")[0] or name,
        lambda name: name.partition("::")[0],
    )
    for each in coarser:
        found = tuple(dict.fromkeys(map(each, node_ids)))
        if len(found) <= MOST and sum(map(len, found)) <= MOST_BYTES:
            return found
    return ()


def by_folder(node_ids: Sequence[str]) -> list[tuple[str, ...]]:
    """Cut tests into two halves, the tests of one folder together; one part: they all are of one folder."""
    folders: dict[PurePosixPath, list[str]] = {}
    for name in node_ids:
        folders.setdefault(PurePosixPath(name.partition("::")[0]).parent, []).append(name)
    groups = list(folders.values())
    middle = (len(groups) + 1) // 2
    halves = (groups[:middle], groups[middle:])
    return [tuple(name for group in half for name in group) for half in halves if half]


def group_of(node_id: str, folder: str) -> str:
    """The first folder of a test below that of the runner, or its file: ``tests/gis_tests``."""
    prefix = "" if folder == "." else f"{folder}/"
    inside = node_id.partition("::")[0].removeprefix(prefix)
    return prefix + inside.partition("/")[0]


def blamed(said: str, node_ids: Iterable[str], folder: str) -> frozenset[str]:
    """Groups of these tests that a runner names in what it says at its end."""
    words = frozenset(_NAME.findall(said))
    groups = {group_of(name, folder) for name in node_ids}
    return frozenset(
        group for group in groups if PurePosixPath(group).name.removesuffix(".py") in words
    )


def last_line(said: str) -> str:
    """Return what a runner said at its end."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else "the runner ended before the first test"


def command(runner: str, python: str, node_ids: Iterable[str]) -> list[str]:
    """The command line; ``{tests}`` becomes the labels, and ``python`` the interpreter of the side.

    >>> command("python tests/runtests.py -v2 {tests}", "/env/bin/python", ["tests/a/tests.py::A::test_b"])
    ['/env/bin/python', 'tests/runtests.py', '-v2', 'a.tests.A.test_b']
    """
    words = shlex.split(runner)
    folder = folder_of(words)
    labels = [label(node_id, folder) for node_id in node_ids]
    found: list[str] = []
    for word in words:
        found += labels if word == TESTS else [word]
    if PurePosixPath(found[0]).name.startswith("python"):
        found[0] = python
    return found


def folder_of(words: Sequence[str]) -> str:
    """The folder that the runner imports tests from: of its script; of a module (``-m``) the working directory."""
    script = next((word for word in words if word.endswith(".py")), "")
    return str(PurePosixPath(script).parent) if script else "."


def label(node_id: str, folder: str) -> str:
    """``tests/a/tests.py::A::test_b`` → ``a.tests.A.test_b``."""
    path, _, rest = node_id.partition("::")
    if folder != "." and path.startswith(f"{folder}/"):
        path = path[len(folder) + 1 :]
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return ".".join([module, *(part for part in rest.partition("[")[0].split("::") if part)])


def path_of(name: str, folder: str, files: Collection[str]) -> str:
    """The file of a module that a runner could not import, or ``path::Class`` of a class that it could not set up.

    As far as there is such a file; else the name as it is.
    """
    prefix = "" if folder == "." else f"{folder}/"
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        inside = "/".join(parts[:length])
        for path in (f"{prefix}{inside}.py", f"{prefix}{inside}/__init__.py"):
            if path in files:
                return "::".join([path, *parts[length:]])
    return f"{prefix}{name.replace('.', '/')}.py"


def places_of(
    name: str, folder: str, files: Collection[str], silent: Iterable[str]
) -> tuple[str, ...]:
    """The same, where unittest says no more than the last part of the name: files that it may mean.

    Args:
        name: Path, module or class; of ``tests.test_a``, which cannot be imported, it is ``test_a`` alone.
        folder: Of the runner.
        files: Of the project.
        silent: Files that the runner was told and of which no test began.
    """
    if name in files:
        return (name,)
    path = path_of(name, folder, files)
    if path.partition("::")[0] in files:
        return (path,)
    alike = tuple(each for each in silent if PurePosixPath(each).stem == name.rpartition(".")[2])
    return alike or (path,)

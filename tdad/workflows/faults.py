"""The faults of a project: which ones to try, and one of them put into a copy.

Stable for benchmarks: :func:`plan_faults` gives the same list for the same project, map and seed, and a longer list
begins with the shorter one; :func:`put_fault` changes one file below a folder that the caller owns.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path, PurePosixPath

from tdad.config.decisive import decides
from tdad.evaluation.sampling import Stock, sample
from tdad.facts import DefinitionKind, FileFacts, Recorded, Use
from tdad.facts_faults import Fault, FaultLevel
from tdad.graph.tests_of import Patterns, is_test_file
from tdad.source.mutations import break_file, faults_of, fits
from tdad.store import open_map
from tdad.workflows.head import HeadFacts, current_digests, read_bytes
from tdad.workflows.impact import patterns
from tdad.workflows.project import Project

_TEST_FOLDERS = frozenset({"test", "tests"})
_NO_CODE = frozenset({"setup.py", "noxfile.py", "conftest.py"})
_LARGEST_DATA = 200_000
_MTIME_STEP_S = 2
"""Python's caches of bytecode compare whole seconds."""


def plan_faults(project: Project, *, number: int, seed: int) -> tuple[Fault, ...]:
    """Return up to ``number`` faults for the project as it is on disk.

    With a recording only code that some test executes is broken (and fixtures and data files that tests used); without
    one, all code outside the tests.

    Raises:
        TdadError: there is no map.
    """
    with open_map(project.map_path, mode="read") as store:
        python, others = current_digests(project, store)
        view = store.recorded()
        recorded: Recorded | None = view if view.tests else None
        head = HeadFacts(project.root, python, store)
        stocks = list(_stocks(head, python, recorded, patterns(project)))
        if recorded is not None:
            stocks += _data(project.root, others, recorded)
    data = lru_cache(maxsize=None)(lambda path: read_bytes(project.root / path) or b"")
    found = lru_cache(maxsize=64)(lambda path: faults_of(path, data(path)))
    return sample(
        stocks,
        number,
        seed,
        faults_of=found,
        usable=lambda fault: fits(data(fault.path), fault),
    )


def put_fault(root: Path, fault: Fault, *, turn: int = 1) -> bytes:
    """Break one file below ``root``, which must be a copy that the caller owns; return what was in it before.

    Args:
        root: The copy.
        fault: What to do.
        turn: Differs from one fault of a file to the next: it goes into the time of modification, so that bytecode of
            another version is never taken for that of this one.

    Raises:
        ValueError: the file is not the version that the fault was made for.
        OSError: it cannot be read or written.
    """
    path = root / fault.path
    before = path.read_bytes()
    stat = path.stat()
    path.write_bytes(break_file(before, fault))
    later = stat.st_mtime_ns + turn * _MTIME_STEP_S * 1_000_000_000
    os.utime(path, ns=(stat.st_atime_ns, later))
    return before


def is_test_code(path: str, found: Patterns) -> bool:
    """Tell whether the file belongs to the tests, not to what they test."""
    pure = PurePosixPath(path)
    inside = not _TEST_FOLDERS.isdisjoint(pure.parts[:-1])
    return inside or pure.name == "conftest.py" or is_test_file(path, found)


# ----------------------------------------------------------------------------------------------------- inventory


def _stocks(
    head: HeadFacts, python: dict[str, str], recorded: Recorded | None, found: Patterns
) -> Iterator[Stock]:
    for path, digest in sorted(python.items()):
        if path.startswith("../"):
            continue  # outside the root there is no copy
        facts = head.get(path)
        if facts is None or facts.error is not None:
            continue
        entered = None if recorded is None else _entered(recorded, path, digest)
        if is_test_code(path, found):
            yield from _fixtures(facts, entered)
        elif PurePosixPath(path).name not in _NO_CODE:
            imported = recorded is None or bool(entered) or bool(recorded.importers(path))
            yield from _code(facts, entered, imported)


def _entered(recorded: Recorded, path: str, digest: str) -> frozenset[int]:
    """First lines of the code objects that any test, fixture or import entered."""
    return frozenset(line for lines in recorded.entered(path, digest).values() for line in lines)


def _code(facts: FileFacts, entered: frozenset[int] | None, imported: bool) -> Iterator[Stock]:
    functions = frozenset(
        definition.qualname
        for definition in facts.definitions
        if definition.kind is DefinitionKind.FUNCTION
        and (entered is None or definition.span.first in entered)
    )
    if functions:
        yield Stock(facts.path, FaultLevel.FUNCTION, len(functions), functions)
    if imported:
        kinds = [definition.kind for definition in facts.definitions]
        yield Stock(facts.path, FaultLevel.MODULE, len(kinds))
        if DefinitionKind.CLASS in kinds:
            yield Stock(facts.path, FaultLevel.CLASS, kinds.count(DefinitionKind.CLASS))


def _fixtures(facts: FileFacts, entered: frozenset[int] | None) -> Iterator[Stock]:
    definitions = [facts.definitions[fixture.definition] for fixture in facts.fixtures]
    names = frozenset(
        d.qualname for d in definitions if entered is None or d.span.first in entered
    )
    if names:
        yield Stock(facts.path, FaultLevel.FIXTURE, len(names), names)


def _data(root: Path, others: dict[str, str], recorded: Recorded) -> Iterator[Stock]:
    """Files that tests read, of a size that a person might edit, configuration aside (that selects everything)."""
    read = frozenset(recorded.used_names(Use.READ))
    for path in sorted(read & others.keys()):
        if path.startswith("../") or decides(path):
            continue
        data = read_bytes(root / path)
        if data and len(data) <= _LARGEST_DATA:
            yield Stock(path, FaultLevel.DATA, 1)

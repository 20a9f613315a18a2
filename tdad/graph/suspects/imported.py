"""Suspicion of functions that ran during imports: for every test that the imported module is there for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping

from tdad.facts import DefinitionKind, FileFacts
from tdad.graph.suspects.ground import Ground

AT_IMPORT = 0.7
"""What an import ran is less suspicious than what a test ran: it has done its work, and for all tests."""


def imported(ground: Ground) -> None:
    """Functions that no failing test executed, but an import did: of a test file for its tests, else for all tests."""
    tests = _tests_of_files(ground)
    everyone = (1 << len(ground.seen.tests)) - 1
    found: dict[str, int] = {}
    causes: dict[str, str] = {}
    for path, importing in ground.seen.imports.items():
        facts = None if ground.is_test(path) else ground.facts(path)
        for module, lines in importing.items() if facts else ():
            for name in _functions(facts, lines):
                definition = f"{path}::{name}"
                found[definition] = found.get(definition, 0) | tests.get(module, everyone)
                causes.setdefault(definition, module)
    for definition, who in found.items():
        case = ground.case(definition)
        if not case.suspicion:
            case.suspicion = AT_IMPORT * ground.formula(ground.seen.counts(who))
            case.tests, case.importing = who, causes[definition]
            case.line = ground.line_of(definition)


def _tests_of_files(ground: Ground) -> Mapping[str, int]:
    """Test file → its tests."""
    found: dict[str, int] = {}
    for at, name in enumerate(ground.seen.tests):
        path = ground.recorded.tests[name].path
        found[path] = found.get(path, 0) | 1 << at
    return found


def _functions(facts: FileFacts | None, lines: Iterable[int]) -> Iterator[str]:
    """Functions of whose bodies some line is there; what is nested in them has lines of its own."""
    ordered = sorted(lines)
    for each in facts.definitions if facts else ():
        if each.kind is DefinitionKind.FUNCTION and each.body is not None:
            at = bisect_left(ordered, each.body.first)
            if at < len(ordered) and ordered[at] in each.body:
                yield each.qualname

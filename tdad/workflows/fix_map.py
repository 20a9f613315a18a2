"""What the map of the failing version says: how suspicious each line is, and which tests a candidate puts at risk."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tdad.errors import TdadError
from tdad.facts import Definition, DefinitionKind, Environment, FileFacts, Recorded
from tdad.facts_fix import Patch, Start
from tdad.graph.resolve import Resolver
from tdad.graph.suspects import (
    Formula,
    Spectrum,
    Suspect,
    ochiai,
    spectrum,
    suspects,
)
from tdad.store import open_map
from tdad.workflows.audit_copy import in_copy
from tdad.workflows.faults import is_test_code
from tdad.workflows.fix_ground import Ground
from tdad.workflows.fix_seats import Seats
from tdad.workflows.head import HeadFacts, current_digests
from tdad.workflows.impact import ChangeOptions, asking, patterns
from tdad.workflows.prompt_material import clues_of

_FRAME = 0.6
"""Suspicion of a line on a traceback where nothing was recorded."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """How suspicious the lines of the project are, 0 to 1."""

    executed: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    """Path → line → by the spectrum: lines that some failing test executed."""
    imported: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    """Path → line → of what runs at import: constants, heads of classes and functions."""
    suspects: tuple[Suspect, ...] = ()

    def of(self, path: str, first: int, last: int, *, at_import: bool) -> float:
        """Of a statement; 0: no failing test executed it, or nothing suspicious uses what it makes."""
        lines = (self.imported if at_import else self.executed).get(path, {})
        return max((lines.get(line, 0.0) for line in range(first, last + 1)), default=0.0)

    def lines(self, path: str) -> Mapping[int, float]:
        """All suspicious lines of a file."""
        found = dict(self.executed.get(path, {}))
        for line, value in self.imported.get(path, {}).items():
            found[line] = max(found.get(line, 0.0), value)
        return found

    @property
    def paths(self) -> tuple[str, ...]:
        """Files with suspicious lines, sorted."""
        return tuple(sorted(set(self.executed) | set(self.imported)))


def suspicion(
    ground: Ground,
    map_path: Path,
    start: Start,
    targets: Sequence[str],
    *,
    recent: Mapping[str, float],
    formula: Formula = ochiai,
) -> Suspicion:
    """From the recording, the tracebacks and what changed lately (``path::qualname`` → how lately, 0 to 1).

    Raises:
        TdadError: the map cannot be read.
    """
    project, found = ground.copied, patterns(ground.project)
    failing = frozenset(name for name in targets if "::" in name)
    is_test = lambda path: is_test_code(path, found)  # noqa: E731 - handed to two functions
    framed = _framed(start, targets, is_test)
    if not map_path.exists():
        return Suspicion(executed=framed, imported=framed)
    with open_map(map_path, mode="read") as store:
        recorded = store.recorded()
        seen = spectrum(recorded, failing)
        python, _ = current_digests(project, store)
        head = HeadFacts(project.root, python, store)
        ranked = suspects(
            recorded,
            Resolver(head),
            frozenset(targets),
            is_test=is_test,
            clues=clues_of(start.failures, targets, recent),
            formula=formula,
            seen=seen,
        )
        executed = _lines(seen, is_test, recorded, head, formula)
        for path, lines in framed.items():
            for line, value in lines.items():
                known = executed.setdefault(path, {})
                known[line] = max(known.get(line, 0.0), value)
        return Suspicion(executed, _imported(ranked, head, framed), ranked)


def _lines(
    seen: Spectrum, is_test: object, recorded: Recorded, head: HeadFacts, formula: Formula
) -> dict[str, dict[int, float]]:
    assert callable(is_test)
    found: dict[str, dict[int, float]] = {}
    for path, lines in seen.lines.items():
        if is_test(path):
            continue
        found[path] = {line: formula(seen.counts(who)) for line, who in lines.items()}
        if not recorded.executed(path, seen.digests[path]):
            found[path] = _all_of(found[path], head.get(path))
    return found


def _all_of(entered: Mapping[int, float], facts: FileFacts | None) -> dict[int, float]:
    """Every line of what was entered, where only first lines were recorded: Python before 3.12 without coverage."""
    found = dict(entered)
    for definition in facts.definitions if facts else ():
        value = entered.get(definition.span.first, 0.0)
        if value and definition.kind is DefinitionKind.FUNCTION:
            for line in range(definition.span.first, definition.span.last + 1):
                found[line] = max(found.get(line, 0.0), value)
    return found


def _framed(start: Start, targets: Sequence[str], is_test: object) -> dict[str, dict[int, float]]:
    """Lines on the tracebacks of what could not even be collected, and of tests: the innermost ones count most."""
    assert callable(is_test)
    found: dict[str, dict[int, float]] = {}
    for name in targets:
        failure = start.failures.get(name)
        weight = _FRAME
        for site in reversed(failure.frames if failure else ()):
            if not is_test(site.path):
                lines = found.setdefault(site.path, {})
                lines[site.line] = max(lines.get(site.line, 0.0), weight)
                weight /= 2
    return found


def _imported(
    ranked: Sequence[Suspect], head: HeadFacts, framed: Mapping[str, Mapping[int, float]]
) -> dict[str, dict[int, float]]:
    """Lines that run at import and belong to a suspect: all of a constant, the head of a class or function."""
    found: dict[str, dict[int, float]] = {path: dict(lines) for path, lines in framed.items()}
    for suspect in ranked:
        path, _, qualname = suspect.definition.partition("::")
        facts = head.get(path)
        for definition in facts.definitions if facts else ():
            if definition.qualname == qualname:
                lines = found.setdefault(path, {})
                for line in _at_import(definition, facts):
                    lines[line] = max(lines.get(line, 0.0), suspect.suspicion)
    return found


def _at_import(definition: Definition, facts: FileFacts | None) -> range:
    span = definition.span
    if definition.kind is DefinitionKind.VARIABLE:
        return range(span.first, span.last + 1)
    prefix = f"{definition.qualname}."
    inner = [
        each.span.first
        for each in (facts.definitions if facts else ())
        if each.qualname.startswith(prefix)
    ]
    if definition.kind is DefinitionKind.CLASS:
        return range(span.first, min(inner, default=span.last + 1))
    return range(span.first, min(span.last, span.first + 12) + 1)


class Risk:
    """Asks the map which tests a candidate puts at risk."""

    def __init__(self, seats: Seats, map_path: Path, start: Start, limit_s: float) -> None:
        self._seats = seats
        self._map_path = map_path
        self._start = start
        self._limit_s = limit_s

    def tests(self, patch: Patch) -> tuple[tuple[str, ...], bool]:
        """(passing tests at risk, best first, as many as the time allows; whether these are all at risk)."""
        passing = self._start.passing
        ranked = self._ranked(patch)
        if ranked is None:
            ranked = sorted(passing, key=lambda name: (self._start.durations.get(name, 0.0), name))
        chosen: list[str] = []
        spent = 0.0
        for name in ranked:
            if name in passing:
                spent += self._start.durations.get(name, 0.0)
                if spent > self._limit_s and chosen:
                    return tuple(chosen), False
                chosen.append(name)
        return tuple(chosen), True

    def _ranked(self, patch: Patch) -> list[str] | None:
        if not self._map_path.exists():
            return None
        with self._seats.seat(patch) as (_, root):
            project = in_copy(root, self._seats.ground.copied.config)
            project.map_path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self._map_path, project.map_path)
            try:
                with asking(project, ChangeOptions(), _as_recorded) as asked:
                    return [impact.node_id for impact in asked.answer.impacts]
            except TdadError:
                return None
            finally:
                shutil.rmtree(project.map_path.parent, ignore_errors=True)


def _as_recorded(recorded: Recorded | None) -> Environment | None:
    """The run is as confined as the recording was, so nothing about the environment is different."""
    return recorded.environment if recorded is not None else None

"""Who sets what suspicious lines read: a wrong attribute is told by its reader, and was written somewhere else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tdad.facts import ReferenceKind, StatementKind
from tdad.graph.suspects.cases import Case
from tdad.graph.suspects.ground import Ground, owners

READERS = 30
"""Of so many suspects what their most suspicious lines read is looked at."""
WRITERS = 6
"""An attribute that more definitions than this set says nothing."""


def written(ground: Ground) -> None:
    """Give each definition that sets an attribute a share of the suspicion of the lines that read it."""
    cases = [case for case in ground.cases.values() if case.suspicion and not case.through]
    cases.sort(key=lambda each: (-each.suspicion - each.frames, each.definition))
    writers = _writers(ground)
    for case in cases[:READERS]:
        for name in sorted(_read(ground, case)):
            found = writers.get(name, {})
            for definition, line in found.items() if len(found) <= WRITERS else ():
                if definition == case.definition:
                    continue
                share = min(1.0, case.suspicion) / len(found)
                other = ground.case(definition)
                if share > other.written:
                    other.written, other.reader = share, case.definition
                    other.line = other.line if other.suspicion else line


def _read(ground: Ground, case: Case) -> set[str]:
    """Attributes that the most suspicious line reads, and the conditions around it."""
    path = case.definition.partition("::")[0]
    facts = ground.facts(path)
    lines = set(_deciding(ground, path, case.line)) if facts else set()
    return {
        reference.chain.rpartition(".")[2]
        for reference in (facts.references if facts else ())
        if reference.line in lines
        and reference.kind is ReferenceKind.READ
        and "." in reference.chain
    }


def _deciding(ground: Ground, path: str, line: int) -> Iterator[int]:
    """Lines of the statement at a line and of the heads of the compound statements around it."""
    facts = ground.facts(path)
    for each in facts.statements if facts else ():
        compound = each.kind is StatementKind.COMPOUND and line in each.suite
        if compound or (each.kind is StatementKind.SIMPLE and line in each.span):
            yield from range(each.span.first, each.span.last + 1)


def _writers(ground: Ground) -> Mapping[str, Mapping[str, int]]:
    """Attribute → definitions that set it → where."""
    found: dict[str, dict[str, int]] = {}
    for path in ground.seen.lines:
        facts = None if ground.is_test(path) else ground.facts(path)
        if facts is None:
            continue
        writes = [
            each
            for each in facts.references
            if each.kind is ReferenceKind.WRITE and "." in each.chain
        ]
        names = owners(facts, {each.line for each in writes})
        for each in writes:
            name = each.chain.rpartition(".")[2]
            found.setdefault(name, {}).setdefault(f"{path}::{names[each.line]}", each.line)
    return found

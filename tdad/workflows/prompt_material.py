"""What the map says about suspects and failing tests, in the form that prompts are made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tdad.agent.prompts import Doubt, Failing, Frame
from tdad.facts import Definition, DefinitionKind, FileFacts, Recorded
from tdad.facts_fix import Failure
from tdad.graph.suspects import Clues, Spectrum, Suspect, spectrum

Facts = Callable[[str], FileFacts | None]
"""Path → facts of the present version."""


def failing_test(node_id: str, failure: Failure | None, test: str, facts: Facts) -> Failing:
    """One failing test. ``test``: definition of the test function; empty: not known."""
    failure = failure or Failure()
    return Failing(
        node_id=node_id,
        message=failure.message,
        frames=tuple(
            Frame(site.path, site.line, qualname_at(facts(site.path), site.line))
            for site in failure.frames
        ),
        output=failure.output,
        test=test,
    )


def qualname_at(facts: FileFacts | None, line: int) -> str:
    """Qualname of the innermost function around a line; empty: none."""
    found = [
        each
        for each in (facts.definitions if facts else ())
        if each.kind is DefinitionKind.FUNCTION and line in each.span
    ]
    return max(found, key=lambda each: each.span.first).qualname if found else ""


def doubts_of(
    suspects: Sequence[Suspect], recorded: Recorded | None, failing: frozenset[str], facts: Facts
) -> tuple[Doubt, ...]:
    """Suspects and the tests that reach each of them, those that execute least beside it first."""
    if recorded is None:
        return tuple(Doubt(each.definition, each.line, each.reasons) for each in suspects)
    seen = spectrum(recorded, failing)
    breadth: dict[str, int] = {}

    def order(name: str) -> tuple[int, str]:
        if name not in breadth:
            breadth[name] = recorded.breadth(name)
        return breadth[name], name

    return tuple(_doubt(each, seen, facts, order) for each in suspects)


def _doubt(
    suspect: Suspect, seen: Spectrum, facts: Facts, order: Callable[[str], tuple[int, str]]
) -> Doubt:
    path, _, qualname = suspect.definition.partition("::")
    found = facts(path)
    who = 0
    for definition in found.definitions if found else ():
        if definition.qualname == qualname:
            who |= _executing(definition, seen.lines.get(path, {}))
    return Doubt(
        suspect.definition,
        suspect.line,
        suspect.reasons,
        _names(seen, who & seen.failing, order),
        _names(seen, who & ~seen.failing, order),
    )


def _names(seen: Spectrum, who: int, order: Callable[[str], tuple[int, str]]) -> tuple[str, ...]:
    return tuple(sorted((n for at, n in enumerate(seen.tests) if who >> at & 1), key=order))


def _executing(definition: Definition, lines: Mapping[int, int]) -> int:
    """Tests (as bits) that executed a line of the definition."""
    if definition.kind is DefinitionKind.MODULE:
        return 0
    who = 0
    for line, tests in lines.items():
        if line in definition.span:
            who |= tests
    return who


def clues_of(
    failures: Mapping[str, Failure], targets: Sequence[str], recent: Mapping[str, float]
) -> Clues:
    """What is known about the failures of some tests beside what they execute."""
    known = {name: failures[name] for name in targets if name in failures}
    return Clues(
        frames={name: failure.frames for name, failure in known.items()},
        recent=recent,
        messages={name: failure.message for name, failure in known.items()},
    )

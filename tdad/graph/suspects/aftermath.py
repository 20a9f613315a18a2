"""What runs because a test fails, and not before: the exception that ends it, and what is done about exceptions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tdad.facts import DefinitionKind, FileFacts, Site
from tdad.graph.suspects.facts import Clues
from tdad.graph.suspects.ground import Ground, owners
from tdad.graph.suspects.messages import Said

_TOKEN = re.compile(r"\w+")
_COMPARED = frozenset({"AssertionError", "Failed", ""})
"""A test that ends with one of these may have run to its end."""


@dataclass(frozen=True, slots=True)
class Aftermath:
    """Shares of the failing tests, 0 to 1, in which something ran only after the failure."""

    classes: Mapping[str, float] = field(default_factory=dict)
    """Classes of the exceptions that ended tests, bases included."""
    functions: Mapping[str, float] = field(default_factory=dict)

    def share(self, definition: str) -> float:
        """Of one definition; of an exception's method what its class has."""
        found = self.functions.get(definition, 0.0)
        while "::" in definition:
            found = max(found, self.classes.get(definition, 0.0))
            definition = definition.rpartition("." if "." in definition else "::")[0]
        return min(1.0, found)


def aftermath(ground: Ground, clues: Clues, told: Mapping[str, Said]) -> Aftermath:
    """What ran after the failure.

    An exception of the project that ends a test is made when something is wrong already. So is what only ``except``
    suites call, unless the traceback ends there with something else than a ``raise``: then the failure is in there.
    """
    total = max(1, len(told))
    ends = {test: each.raised for test, each in told.items()}
    classes: dict[str, float] = {}
    for name, number in Counter(ends.values()).items():
        for cls in ground.called(name):
            if ground.kind(cls) is DefinitionKind.CLASS:
                for each in ground.resolver.mro(cls):
                    classes[each] = classes.get(each, 0.0) + number / total
    handling = frozenset(_handling(ground))
    raised = 0
    for site, number in Counter(
        _last(ground, clues, test) for test, end in ends.items() if end not in _COMPARED
    ).items():
        raised += 0 if _fails_in(ground, site, handling) else number
    return Aftermath(classes, dict.fromkeys(sorted(handling), raised / total))


def _last(ground: Ground, clues: Clues, test: str) -> Site | None:
    """Innermost line of the project on the traceback of a test."""
    frames = clues.frames.get(test, ())
    return next((each for each in reversed(frames) if not ground.is_test(each.path)), None)


def _fails_in(ground: Ground, site: Site | None, handling: frozenset[str]) -> bool:
    """Tell whether it is the handling itself that failed."""
    if site is None or handling.isdisjoint(ground.running(site.path, site.line)):
        return False
    facts = ground.facts(site.path)
    raises = (each for each in (facts.statements if facts else ()) if each.word == "raise")
    return not any(site.line in each.span for each in raises)


def _handling(ground: Ground) -> set[str]:
    """Executed functions whose name executed lines mention in ``except`` suites only, or in such functions."""
    mentions: dict[str, set[tuple[str, bool]]] = {}
    for path, lines in ground.seen.lines.items():
        facts = None if ground.is_test(path) else ground.facts(path)
        if facts is not None:
            for name, source, inside in _mentions(facts, lines):
                mentions.setdefault(name, set()).add((f"{path}::{source}", inside))
    candidates = {
        definition: where
        for definition, case in ground.cases.items()
        if case.tests and not case.through and ground.kind(definition) is DefinitionKind.FUNCTION
        if (where := mentions.get(definition.rpartition("::")[2].rpartition(".")[2]))
    }
    found: set[str] = set()
    while new := {
        definition
        for definition, where in candidates.items()
        if definition not in found
        and all(inside or source in found or source == definition for source, inside in where)
        and any(source != definition for source, _ in where)
    }:
        found |= new
    return found


def _mentions(facts: FileFacts, lines: Mapping[int, int]) -> Iterator[tuple[str, str, bool]]:
    """(name, qualname of what mentions it, whether in an ``except`` suite), of executed lines."""
    suites = {
        line
        for each in facts.statements
        if each.word == "except"
        for line in range(each.suite.first, each.suite.last + 1)
    }
    around = owners(facts, lines)
    for reference in facts.references:
        if reference.line in lines:
            for name in _TOKEN.findall(reference.chain):
                yield name, around[reference.line], reference.line in suites

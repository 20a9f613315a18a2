"""Put the sources together: one list of definitions, most suspicious first, each with reasons."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from tdad.facts import Recorded
from tdad.graph.resolve import Resolver
from tdad.graph.suspects import clues as outside
from tdad.graph.suspects import flow, recording
from tdad.graph.suspects.aftermath import aftermath
from tdad.graph.suspects.cases import Weights
from tdad.graph.suspects.facts import Clues, Suspect
from tdad.graph.suspects.formulas import Formula, ochiai
from tdad.graph.suspects.ground import Ground
from tdad.graph.suspects.imported import imported
from tdad.graph.suspects.messages import said
from tdad.graph.suspects.naming import lacking, named
from tdad.graph.suspects.spectrum import Spectrum, spectrum
from tdad.graph.suspects.words import kin


def suspects(
    recorded: Recorded,
    resolver: Resolver,
    failing: frozenset[str],
    *,
    is_test: Callable[[str], bool],
    clues: Clues | None = None,
    formula: Formula = ochiai,
    weights: Weights | None = None,
    limit: int | None = None,
    seen: Spectrum | None = None,
) -> tuple[Suspect, ...]:
    """Definitions that are most likely wrong, most likely first; deterministic.

    Args:
        recorded: a run of the version that fails; best recorded with lines.
        resolver: of the same version.
        failing: node ids of the tests to explain.
        is_test: tells test code, which is not suspected, by its path.
        clues: tracebacks, what changed lately, words of the messages.
        formula: suspiciousness of a statement.
        weights: of the sources.
        limit: at most so many.
        seen: who executed what, where that is known already.
    """
    seen = seen or spectrum(recorded, failing)
    ground = Ground(recorded, resolver, seen, formula, lru_cache(maxsize=None)(is_test))
    examine(ground, failing, clues or Clues())
    weights = weights or Weights()
    judged = (case.suspect(ground.seen, weights) for case in ground.cases.values())
    ranked = sorted(judged, key=lambda suspect: (-suspect.score, suspect.definition))
    return tuple(ranked[:limit])


def examine(ground: Ground, failing: frozenset[str], clues: Clues) -> None:
    """Make all cases, before they are weighed."""
    recording.executed(ground)
    recording.read(ground)
    recording.classes(ground)
    imported(ground)
    recording.idle(ground, failing)
    told = {test: said(message) for test, message in clues.messages.items()}
    later = aftermath(ground, clues, told)
    outside.framed(ground, clues, later)
    flow.written(ground)
    outside.mentioned(ground, failing)
    named(ground, told)
    lacking(ground, told)
    kin(ground, failing, clues)
    outside.recent(ground, clues)
    for case in ground.cases.values():
        case.after = later.share(case.definition)

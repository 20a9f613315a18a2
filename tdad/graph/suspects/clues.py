"""Suspicion from outside the recording: tracebacks, what tests mention, what changed lately."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from tdad.facts import DefinitionKind, Site
from tdad.graph.suspects.aftermath import Aftermath
from tdad.graph.suspects.facts import Clues
from tdad.graph.suspects.ground import Ground

_TESTS = 40
"""Of so many failing tests it is looked at what they mention."""
_LATER = 0.5
"""What ran after the failure in so many failing tests is not where they failed."""


def framed(ground: Ground, clues: Clues, later: Aftermath) -> None:
    """Definitions on the tracebacks, and what is mentioned on the line that failed."""
    share = 1 / max(1, len(clues.frames))
    stacks = Counter(
        tuple(site for site in frames if not ground.is_test(site.path))
        for frames in clues.frames.values()
    )
    for frames, number in stacks.items():
        _frames(ground, frames, number, number * share, later)


def _frames(
    ground: Ground, frames: Sequence[Site], number: int, share: float, later: Aftermath
) -> None:
    weight = 1.0
    known: set[str] = set()
    for at, site in reversed(list(enumerate(frames))):
        running = [each for each in ground.running(site.path, site.line) if each not in known]
        if at and not known and any(later.share(each) >= _LATER for each in running):
            continue  # it failed before that
        for definition in running:
            if not known:
                _blame(ground, definition, site.line, share)
                _derived(ground, definition, site.line)
            case = ground.case(definition)
            case.frames += weight * share
            case.framed += number
            case.line = case.line or site.line
        known.update(running)
        weight /= 2 if running else 1


def _blame(ground: Ground, definition: str, line: int, share: float) -> None:
    """What stands on the line that failed."""
    for edge in ground.resolver.references(definition):
        path, _, qualname = edge.target.partition("::")
        found = ground.definition(edge.target)
        imported = found is not None and "import" in found.flags
        if edge.line == line and qualname and not imported and not ground.is_test(path):
            case = ground.case(edge.target)
            case.blamed += share * edge.weight
            case.line = case.line or ground.line_of(edge.target)


def _derived(ground: Ground, method: str, line: int) -> None:
    """A call through ``super()`` that fails: the bases decide what is called, so the class is as suspicious."""
    path, _, qualname = method.partition("::")
    facts, cls = ground.facts(path), method.rpartition(".")[0]
    calls = (each.chain for each in (facts.references if facts else ()) if each.line == line)
    if "." not in qualname or not any(chain.startswith("super()") for chain in calls):
        return
    case, origin = ground.case(cls), ground.case(method)
    case.line = case.line or ground.line_of(cls)
    if origin.suspicion > case.suspicion and ground.kind(cls) is DefinitionKind.CLASS:
        case.suspicion, case.tests, case.through = origin.suspicion, origin.tests, method


def recent(ground: Ground, clues: Clues) -> None:
    """What changed lately, of what there is a case against."""
    for definition, share in clues.recent.items():
        if definition in ground.cases:
            ground.cases[definition].recent = share


def mentioned(ground: Ground, failing: Iterable[str]) -> None:
    """What the failing tests themselves mention."""
    tests = ground.recorded.tests
    starts = sorted({tests[name].definition for name in failing if name in tests})[:_TESTS]
    for start in starts:
        targets = {edge.target for edge in ground.resolver.references(start) if not edge.ambiguous}
        for target in targets & ground.cases.keys():
            ground.cases[target].mentioned += 1 / len(starts)

"""Put everything together: one answer, best first, with reasons for what is in it and for what is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tdad.facts import (
    FORGOTTEN,
    Answer,
    Change,
    ChangeKind,
    DefinitionKind,
    Environment,
    Evidence,
    Impact,
    Part,
)
from tdad.graph.impacts.caches import cached
from tdad.graph.impacts.data import precaution
from tdad.graph.impacts.drift import drift, drifted
from tdad.graph.impacts.elsewhere import said, unseen
from tdad.graph.impacts.own import failed_last_time, unrecorded
from tdad.graph.impacts.seeds import seed, start
from tdad.graph.impacts.spread import Spread
from tdad.graph.impacts.trails import Trail
from tdad.graph.impacts.world import World
from tdad.graph.rank import Ranking
from tdad.graph.tests_of import StaticTest


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a world."""

    changes: tuple[Change, ...]
    tests_now: tuple[StaticTest, ...] = ()
    """Tests that are written in the files that may hold unrecorded ones."""
    environment: Environment | None = None
    """Where the tests would run now; ``None``: not known, so not compared."""


def impacts(world: World, question: Question) -> Answer:
    """Which recorded, new and failing tests the changes put at risk, best first."""
    best: dict[str, Trail] = {}
    reached: dict[Change, int] = {}
    precautions = [text for change in question.changes if (text := precaution(change))]
    changes: list[Change] = []
    for change in question.changes:
        found = reach(world, change)
        if not found and is_text(change):
            continue
        changes.append(change)
        reached[change] = len(found)
        _keep_best(best, found)
    asked = tuple(changes)
    precautions += [*said(world, changes), *_forgotten(changes)]
    for then, tests in world.recorded.environments() if question.environment is not None else ():
        assert question.environment is not None
        spread = Spread(world, only=tests)
        modules = {**question.environment.modules, **then.modules}
        found_drift = drift(then, question.environment)
        drifts, sentences = drifted(world, spread, found_drift, modules)
        changes += [change for change in drifts if change not in changes]
        precautions += [text for text in sentences if text not in precautions]
        _keep_best(best, spread.run())
    scores = Ranking(world.recorded, world.head).scores(best)
    ranked = [made_impact(node_id, trail, scores[node_id]) for node_id, trail in best.items()]
    ranked += [i for i in failed_last_time(world) if i.node_id not in best]
    ranked = _as_written_now(world, ranked)
    ranked += unrecorded(world, question.tests_now)
    ranked.sort(key=_order)
    return Answer(
        changes=tuple(changes),
        impacts=tuple(ranked),
        total_tests=sum(not world.is_gone(node_id) for node_id in world.recorded.tests)
        + sum(i.because.startswith("new:") for i in ranked),
        precautions=tuple(precautions),
        unreached=tuple(_unreached(asked, reached)),
        safe=_safe(world, asked, reached),
    )


def reach(world: World, change: Change) -> dict[str, Trail]:
    """Node id → best trail of every test that one change reaches."""
    spread = Spread(world)
    seed(world, spread, change)
    if change.qualname and change.part in {Part.BODY, Part.WHOLE, Part.HEADER}:
        where = f"{change.old_path or change.path}::{change.old_qualname or change.qualname}"
        cached(spread, where, start(world, change))
    found = spread.run()
    return found if is_text(change) else {**unseen(world, change), **found}


def is_text(change: Change) -> bool:
    """Whether only the text of a Python file is meant; its definitions and statements are changes of their own."""
    return (
        change.part is Part.DATA
        and change.kind is ChangeKind.EDITED
        and change.path.endswith(".py")
    )


def _keep_best(best: dict[str, Trail], found: Mapping[str, Trail]) -> None:
    for node_id, trail in found.items():
        known = best.get(node_id)
        if known is None or trail.rank() < known.rank():
            best[node_id] = trail


def made_impact(node_id: str, trail: Trail, score: float) -> Impact:
    """The impact that a trail amounts to."""
    return Impact(
        node_id=node_id,
        score=score,
        evidence=trail.evidence,
        change=trail.change,
        chain=trail.steps,
        because=because(trail, node_id),
    )


def because(trail: Trail, node_id: str) -> str:
    """One line: what changed, and how the test depends on it."""
    change = trail.change
    parts = [f"{label(change)} {change.kind}"]
    for step in trail.steps:
        ours = step.what == node_id
        parts.append(f"{step.how} this test" if ours else f"{step.how} {short(step.what)}")
    return ", ".join(parts)


def label(change: Change) -> str:
    """How a person calls what changed."""
    if (
        change.detail
        and change.part is Part.DATA
        and "::" not in change.path
        and change.path in change.detail
    ):
        return change.detail
    if change.part is Part.DATA or (change.part is Part.WHOLE and not change.qualname):
        return change.path
    if change.part in {Part.VALUE, Part.EFFECT} and change.binds:
        scope = f"{change.scope}." if change.scope else ""
        return f"{change.path}::{scope}{change.binds[0]}"
    if change.part is Part.EFFECT:
        line = (change.new or change.old or ())[:1]
        where = f":{line[0].first}" if line else ""
        return f"statement at {change.path}{where}"
    if change.part is Part.DOCSTRING:
        return f"docstring of {change.path}::{change.qualname}"
    return change.definition


def short(what: str) -> str:
    """A definition without its path when the name alone says enough."""
    return what.removesuffix("::")


def _order(impact: Impact) -> tuple[int, float, str]:
    """New and failing tests come after what was observed to run changed code, before all weaker evidence."""
    return (
        impact.evidence.value if impact.change is not None else Evidence.OBSERVED.value,
        -impact.score,
        impact.node_id,
    )


def _as_written_now(world: World, ranked: list[Impact]) -> list[Impact]:
    """Without tests that are gone; parametrised tests whose ids may be others now by the name of their function.

    A node id that does not exist any more would keep pytest from running anything.
    """
    best: dict[str, Impact] = {}
    for impact in ranked:
        node_id = impact.node_id
        if world.is_gone(node_id):
            continue
        if world.may_be_renumbered(node_id):
            node_id = node_id.partition("[")[0]
        known = best.get(node_id)
        if known is None or _order(impact) < _order(known):
            best[node_id] = replace(impact, node_id=node_id)
    return list(best.values())


def _forgotten(changes: Sequence[Change]) -> list[str]:
    """Why whole files count as changed after an update of tdad."""
    files = len({change.path for change in changes if change.detail == FORGOTTEN})
    if not files:
        return []
    what, they = (
        ("1 file that changed", "it") if files == 1 else (f"{files} files that changed", "them")
    )
    sentence = (
        f"an older tdad made the map, and what it says about {what} cannot be read any more: all that is in {they}"
        f" counts as changed. Record again: pytest --tdad-map"
    )
    return [sentence]


def _unreached(changes: Sequence[Change], reached: Mapping[Change, int]) -> list[str]:
    """Changed code that no test reaches: the tests cannot say whether it works."""
    return sorted(
        {
            change.definition
            for change in changes
            if not reached[change]
            and change.part in {Part.BODY, Part.HEADER, Part.VALUE, Part.WHOLE}
            and change.kind is not ChangeKind.REMOVED
            and change.qualname
        }
    )


def _safe(
    world: World, changes: Sequence[Change], reached: Mapping[Change, int]
) -> dict[str, str]:
    """Why a change selects nothing."""
    reasons: dict[str, str] = {}
    for change in changes:
        if reached[change]:
            continue
        reasons[label(change)] = _why_safe(world, change)
    return reasons


def _why_safe(world: World, change: Change) -> str:
    if change.part is Part.DATA:
        return "no recorded test opened it, listed its folder or looked for it"
    if change.part is Part.DOCSTRING:
        return "only a docstring changed, and nothing that ran reads docstrings"
    if change.kind is ChangeKind.ADDED:
        return "new, and nothing that a test executed mentions it"
    definition = world.definition(change.path, change.qualname)
    if definition is not None and definition.kind is DefinitionKind.FUNCTION:
        return "no recorded test executed it"
    return "nothing that a test executed reads it"

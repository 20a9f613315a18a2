"""Why one test is at risk, or why each change is safe for it."""

from __future__ import annotations

from collections.abc import Sequence

from tdad.facts import Change, ChangeKind, DefinitionKind, Impact, Part
from tdad.graph.impacts.answer import is_text, label, made_impact, reach
from tdad.graph.impacts.world import World
from tdad.graph.rank import Ranking


def explain_test(
    world: World, changes: Sequence[Change], node_id: str
) -> tuple[list[Impact], list[tuple[str, str]]]:
    """Every change that reaches the test, strongest first, and for each other change why it does not."""
    reaching: list[Impact] = []
    safe: list[tuple[str, str]] = []
    ranking = Ranking(world.recorded, world.head)
    for change in changes:
        found = reach(world, change)
        if node_id in found:
            trail = found[node_id]
            scores = ranking.scores({node_id: trail})
            reaching.append(made_impact(node_id, trail, scores[node_id]))
        elif found or not is_text(change):
            safe.append(
                (f"{label(change)} {change.kind}", why_not(world, change, node_id, len(found)))
            )
    reaching.sort(key=lambda impact: (impact.evidence.value, -impact.score, impact.because))
    return reaching, safe


def why_not(world: World, change: Change, node_id: str, reached: int) -> str:
    """Why the change does not reach the test."""
    others = f"; it reaches {reached} other test{'' if reached == 1 else 's'}" if reached else ""
    breadth = world.recorded.breadth(node_id) if node_id in world.recorded.tests else 0
    ran = f"of the {breadth} functions and other code it ran, with its fixtures"
    if change.part is Part.DATA:
        return f"neither the test nor its fixtures opened it, listed its folder or looked for it{others}"
    if change.part is Part.DOCSTRING:
        return f"only a docstring changed, and nothing the test ran reads it{others}"
    definition = world.definition(
        change.old_path or change.path, change.old_qualname or change.qualname
    )
    if change.part is Part.BODY or (
        definition is not None and definition.kind is DefinitionKind.FUNCTION
    ):
        verb = "mentions" if change.kind is ChangeKind.ADDED else "is"
        return f"{ran}, none {verb} {change.qualname}{others}"
    return f"{ran}, none reads {label(change).rpartition('::')[2] or change.path}{others}"

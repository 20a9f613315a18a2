"""Rule 8: tests that are included for themselves: new, unrecorded, or failed last time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tdad.facts import FAILING, Evidence, Impact, Step
from tdad.graph.impacts.world import World
from tdad.graph.rank import ASIDE
from tdad.graph.tests_of import StaticTest


def unrecorded(world: World, tests: Iterable[StaticTest]) -> list[Impact]:
    """Tests that are written now and have no record."""
    known = {node_id.partition("[")[0] for node_id in world.recorded.tests}
    return [
        Impact(
            node_id=test.node_id,
            score=ASIDE,
            evidence=Evidence.STATIC,
            change=None,
            chain=(Step("is written in", test.definition),),
            because="new: no recording has seen this test",
        )
        for test in tests
        if test.node_id not in known
    ]


def failed_last_time(world: World) -> Sequence[Impact]:
    """Recorded tests whose newest outcome is a failure."""
    return [
        Impact(
            node_id=test.node_id,
            score=ASIDE,
            evidence=Evidence.OBSERVED,
            change=None,
            chain=(Step("was", str(test.status)),),
            because=f"{test.status} when it was last run",
        )
        for test in world.recorded.tests.values()
        if test.status in FAILING
    ]

"""Order: by the chance that the test fails because of the change, as far as a map can tell.

Evidence first, then how specific the test is to the change, recent failures, and cost. The numbers are judgement, not
fitted: see ``docs/adr/0006-ranking.md``.
"""

from __future__ import annotations

import math
import re

from tdad.facts import FAILING, Evidence, Recorded
from tdad.graph.impacts.trails import Trail

BASE = {
    Evidence.OBSERVED: 0.75,
    Evidence.DERIVED: 0.55,
    Evidence.STATIC: 0.35,
    Evidence.PRECAUTION: 0.05,
}
BAND = 0.2
"""Within its evidence a test moves by at most this much."""
WORD = re.compile(r"[a-z0-9]+")


def score(trail: Trail, node_id: str, recorded: Recorded, reached: int) -> float:
    """0 to 1, larger is riskier. ``reached``: how many tests the same change reaches."""
    test = recorded.tests[node_id]
    breadth = recorded.breadth(node_id)
    specific = 1 / (1 + math.log2(1 + breadth / 8))
    short = 0.8 ** max(0, len(trail.steps) - 1)
    rare = 1 / (1 + math.log10(1 + reached))
    failed = sum(status in FAILING for status in test.recent[:5]) / 5
    cheap = 1 / (1 + test.duration_s)
    parts = (
        0.40 * specific
        + 0.20 * affinity(trail, node_id)
        + 0.15 * short * trail.weight
        + 0.10 * rare
        + 0.10 * failed
        + 0.05 * cheap
    )
    return round(BASE[trail.evidence] + BAND * parts, 6)


def affinity(trail: Trail, node_id: str) -> float:
    """Share of the words in the changed definition's name that the test's own name repeats."""
    change = trail.change
    stem = change.path.rpartition("/")[2].removesuffix(".py")
    wanted = set(WORD.findall(f"{stem} {change.qualname}".lower().replace("_", " ")))
    wanted -= {"init", "py"}
    if not wanted:
        return 0.0
    here = set(WORD.findall(node_id.lower().replace("_", " ")))
    return len(wanted & here) / len(wanted)

"""Answers as the workflows would give them, small but with every feature."""

from __future__ import annotations

from tdad.answers import Explanation, ImpactReport, MapState, MapStats
from tdad.facts import Answer, Change, ChangeKind, Evidence, Impact, Part, Span, Step

EDIT = Change(
    path="shop.py",
    qualname="Cart.total",
    kind=ChangeKind.EDITED,
    part=Part.BODY,
    old=(Span(12, 14),),
    new=(Span(12, 15),),
)
CONSTANT = Change(
    path="shop.py", qualname="VAT", kind=ChangeKind.EDITED, part=Part.VALUE, new=(Span(3, 3),)
)


def impact(node_id: str, score: float, evidence: Evidence, change: Change | None) -> Impact:
    chain = (Step("executed by", node_id),)
    because = f"executes {change.definition}" if change else "it failed last time"
    return Impact(node_id, score, evidence, change, chain, because)


TOTAL = impact("tests/test_shop.py::test_total[3 eggs]", 0.98, Evidence.OBSERVED, EDIT)
VAT = impact("tests/test_shop.py::test_vat", 0.7, Evidence.DERIVED, CONSTANT)
FAILED = impact("tests/test_other.py::test_it", 0.4, Evidence.PRECAUTION, None)


def answer(*impacts: Impact, **kwargs: object) -> Answer:
    values: dict[str, object] = {
        "changes": (EDIT, CONSTANT),
        "total_tests": 1301,
        "precautions": (),
        "unreached": (),
    }
    return Answer(impacts=impacts, **{**values, **kwargs})  # type: ignore[arg-type]  # test data


def report(*impacts: Impact, state: MapState | None = None, **kwargs: object) -> ImpactReport:
    recorded = MapState("recorded", 200.4, ".tdad/map.sqlite3", "functions", 2)
    return ImpactReport(answer(*impacts, **kwargs), state or recorded)


EXPLANATION = Explanation(
    TOTAL.node_id, True, TOTAL, (VAT,), (("shop.py::Cart.name", "only comments differ"),)
)
SAFE = Explanation(
    "tests/test_shop.py::test_name",
    False,
    None,
    (),
    (("shop.py::Cart.total", "the test never executed it"),),
)
STATS = MapStats(
    path="/home/me/shop/.tdad/map.sqlite3",
    size_bytes=48_200,
    schema_version=1,
    tests=3,
    statuses={"passed": 2, "failed": 1},
    files=7,
    definitions=40,
    references=90,
    observations=6,
    data_files=1,
    granularity="functions",
    recorder="monitoring",
    python="cpython 3.13.0",
    recorded_at=1_700_000_000.0,
    duration_s=12.34,
    stale_files=2,
)

"""The figures of ``gate_patches``, as lines for ``docs/explanation/gate.md``."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bench_setup import ROOT

RESULTS = ROOT / "docs" / "explanation" / "gate-patches-results.jsonl"
Result = dict[str, Any]
_CLASSES: tuple[tuple[str, Callable[[Result], bool]], ...] = (
    ("fixes and breaks", lambda e: bool(e["recorded"]["fixed"] and e["recorded"]["broke"])),
    ("breaks only", lambda e: bool(not e["recorded"]["fixed"] and e["recorded"]["broke"])),
    ("breaks nothing", lambda e: not e["recorded"]["broke"]),
)


def patch_lines() -> Iterator[str]:
    """Both tables and what is said below them."""
    if not RESULTS.exists():
        yield "Not measured yet."
        return
    found = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    usable = [each for each in found if "trouble" not in each]
    yield from _by_class(usable)
    yield ""
    yield from _by_way(usable)
    yield ""
    yield from _sentences(found, usable)


def _by_class(found: Sequence[Result]) -> Iterator[str]:
    yield (
        "| recorded elsewhere | project | patches | that break tests | found by the gate | broken tests found"
        " | false alarms | cannot decide | tests run, median |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    for name, belongs in _CLASSES:
        for project in ("django", "sympy"):
            some = [e for e in found if belongs(e) and e["project"] == project]
            if some:
                yield _row(name, project, some)
    if found:
        yield _row("**all**", "both", found)


def _row(name: str, project: str, some: Sequence[Result]) -> str:
    breaking = [each for each in some if each["regressions"]]
    caught = sum(bool(each["found"]) for each in breaking)
    tests = sum(each["regressions"] for each in some)
    shares = [each["ran"] / each["total"] for each in some if each["total"]]
    cells = (
        name,
        project,
        len(some),
        len(breaking),
        f"{caught} of {len(breaking)}" if breaking else "-",
        f"{sum(each['found'] for each in some):,} of {tests:,}" if tests else "-",
        sum(bool(each["false"]) for each in some),
        sum(each["end"] not in {"pass", "regression", "policy violation"} for each in some),
        f"{statistics.median(shares):.1%}" if shares else "-",
    )
    return f"| {' | '.join(map(str, cells))} |"


def _by_way(found: Sequence[Result]) -> Iterator[str]:
    breaking = [each for each in found if each["regressions"] and each["ways"]]
    yield "| which tests | breaking patches caught | broken tests among them | tests run, median |"
    yield "|---|---|---|---|"
    tests = sum(each["regressions"] for each in breaking)
    own = [each["ran"] / each["total"] for each in breaking if each["total"]]
    caught = sum(bool(each["found"]) for each in breaking)
    broken = (sum(each["found"] for each in breaking), tests)
    yield _way("`tdad gate`", caught, len(breaking), broken, own)
    asked = [each["selected"] / each["total"] for each in breaking if each["total"]]
    reached = [each["regressions"] - len(each["missed_unselected"]) for each in breaking]
    hit = sum(map(bool, reached))
    yield _way("its selection, without a budget", hit, len(breaking), (sum(reached), tests), asked)
    for way in ("all tests", "same-name files", "import closure"):
        some = [each["ways"][way] for each in breaking]
        hit = sum(bool(one["found"]) for one in some)
        shares = [one["share"] for one in some if one["share"] is not None]
        broken = (sum(one["found"] for one in some), tests)
        yield _way(way, hit, len(some), broken, shares)


def _way(
    name: str, caught: int, patches: int, tests: tuple[int, int], shares: Sequence[float]
) -> str:
    found, broken = tests
    median = f"{statistics.median(shares):.1%}" if shares else "-"
    return f"| {name} | {caught} of {patches} | {found:,} of {broken:,} | {median} |"


def _sentences(found: Sequence[Result], usable: Sequence[Result]) -> Iterator[str]:
    if not usable:
        return
    walls = [each["wall_s"] for each in usable if "wall_s" in each]
    cpus = [each["cpu_s"] for each in usable if "cpu_s" in each]
    late = sum(each["missed_late"] for each in usable)
    unselected = sum(len(each["missed_unselected"]) for each in usable)
    partial = sum(bool(each["partial"]) for each in usable)
    truth = [each["truth"]["ran"] for each in usable]
    yield (
        f"{len(usable)} patches of {len({each['key'].rpartition('-')[0] for each in usable})} issues."
        f" The truth is {statistics.median(truth):,.0f} tests of each at the median."
        f" A gate took {statistics.median(walls):.0f} s at the median ({statistics.median(cpus):.0f} s of processor"
        f" time, on a machine that had three times as much to do). {partial} of them ended at their budget;"
        f" {late} broken tests had no turn because of it, {unselected} were not selected."
    )
    if len(found) > len(usable):
        yield f"{len(found) - len(usable)} more patches could not be tried (they do not apply, or have no environment)."

"""The figures of ``gate_measure`` and ``gate_patches`` and the decision table, put into ``docs/explanation``."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Sequence
from typing import Any

from bench_setup import ROOT
from gate_patches_table import patch_lines

from tdad.gate.rows import ROWS

PAGE = ROOT / "docs" / "explanation" / "gate.md"
RESULTS = ROOT / "docs" / "explanation" / "gate-results.jsonl"
Result = dict[str, Any]


def write_page() -> None:
    """Write all tables."""
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def rendered(page: str) -> str:
    """The page with the tables as they are now."""
    page = _between(page, "rows", "\n".join(_rows()))
    page = _between(page, "figures", "\n".join(_figures(results())))
    return _between(page, "patches", "\n".join(patch_lines()))


def results() -> list[Result]:
    """What was measured."""
    if not RESULTS.exists():
        return []
    return [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]


def _between(page: str, mark: str, text: str) -> str:
    begin, end = f"<!-- {mark} -->\n", f"<!-- end of {mark} -->\n"
    before, found, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise ValueError(f"the page has no place for {mark}")
    return f"{before}{begin}\n{text}\n\n{end}{after}"


def _rows() -> Iterator[str]:
    yield "| # | baseline | head | run again | verdict | fails the gate | |"
    yield "|---|---|---|---|---|---|---|"
    for row in ROWS:
        verdict = str(row.verdict) if row.verdict is not None else "-"
        cells = (row.number, row.baseline, row.head, row.reruns, verdict, row.gates, row.says)
        yield f"| {' | '.join(map(str, cells))} |"


def _figures(found: Sequence[Result]) -> Iterator[str]:
    yield "| change | subject | changes | that break tests | found by the gate | tests missed | false alarms |"
    yield "|---|---|---|---|---|---|---|"
    for kind in ("seeded fault", "historical change", "harmless change"):
        for subject in sorted({each["subject"] for each in found}):
            some = [e for e in found if e["kind"] == kind and e["subject"] == subject]
            if some:
                yield _line(kind, subject, some)
        if whole := [each for each in found if each["kind"] == kind]:
            yield _line(f"**{kind}**", "all", whole)
    yield ""
    yield from _sentences(found)


def _line(kind: str, subject: str, some: Sequence[Result]) -> str:
    breaking = [each for each in some if each["failing"]]
    caught = sum(each["end"] == "regression" for each in breaking)
    missed = sum(len(each["missed"]) for each in some)
    tests = sum(each["failing"] for each in some)
    alarms = sum(bool(each["false"]) for each in some)
    cells = (
        kind,
        subject,
        len(some),
        len(breaking),
        f"{caught} of {len(breaking)}" if breaking else "-",
        f"{missed} of {tests:,}" if tests else "-",
        alarms,
    )
    return f"| {' | '.join(map(str, cells))} |"


def _sentences(found: Sequence[Result]) -> Iterator[str]:
    if not found:
        yield "Not measured yet."
        return
    planted = [each for each in found if each["planted"]]
    seen = sum(bool(each["flaky"]) for each in planted)
    wrong = sum(each["end"] != "pass" for each in planted)
    share = statistics.median(e["selected"] / e["total"] for e in found)
    yield (
        f"In {len(planted)} of the harmless changes both versions had a test that fails three times in ten:"
        f" {seen} times it was called flaky, {wrong} times the gate did not pass."
    )
    yield (
        f"At the median the first run on head took {_median(found, 'first_share'):.1%} of the suite's test time"
        f" ({share:.1%} of the tests), and all runs of a gate, both sides and reruns,"
        f" {_median(found, 'whole_share'):.1%}."
    )
    of_each = (
        f"{name} {_median(some, 'first_share'):.1%} and {_median(some, 'whole_share'):.1%}"
        for name in sorted({each["subject"] for each in found})
        if (some := [each for each in found if each["subject"] == name])
    )
    yield f"Of each: {', '.join(of_each)}."
    decided = sum(each["end"] == "cannot decide" for each in found)
    yield f"{decided} of {len(found)} changes could not be decided."


def _median(found: Sequence[Result], name: str) -> float:
    """Of a share, where it is known."""
    return float(statistics.median([e[name] for e in found if e[name] is not None] or [0.0]))

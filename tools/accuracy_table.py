"""Results → the tables in docs/explanation/accuracy.md, between its markers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from accuracy_figures import Figures, figures, ratio
from accuracy_measure import (
    ALL,
    BY_FILE,
    BY_FUNCTION,
    CLOSURE,
    NAMES,
    PAPER,
    PAPER_COVERAGE,
    RECORDED,
    STATIC,
    TESTMON_WAY,
)
from accuracy_results import Result, kept
from accuracy_trials import CLASSES, FUNCTION, HISTORICAL, MODULE
from bench_setup import ROOT

PAGE = ROOT / "docs" / "explanation" / "accuracy.md"
REASONS = ROOT / "docs" / "explanation" / "accuracy-reasons.json"
"""Key of a trial → why something was missed, written by whoever found out."""
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
WAYS = (
    ALL, NAMES, CLOSURE, PAPER, PAPER_COVERAGE, TESTMON_WAY, BY_FILE, BY_FUNCTION, RECORDED, STATIC,
)  # fmt: skip
OF_TESTMON = {FUNCTION: 1.0, MODULE: 0.6, HISTORICAL: 0.35}
"""Class → how large a share of what testmon selects may be selected."""
RECORDED_EARLY = ((5, 0, 0.80), (20, 2, 0.95))
"""(rank, position in ``Figures.early``, share of the trials)."""
MOST_PRECAUTIONS = 0.05
STATIC_SAFE, STATIC_RECALL, STATIC_OF_CLOSURE, STATIC_EARLY = 0.95, 0.98, 0.5, 0.70


def write_page() -> None:
    """Put the figures into the page."""
    abouts, results = kept()
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    found = "\n".join(rendered(abouts, results))
    PAGE.write_text(f"{before}{BEGIN}\n{found}\n{END}{after}", encoding="utf-8")


def print_summary(results: Sequence[Result]) -> None:
    """Print the table of all strategies and what is missed."""
    print("\n".join([*_strategies(results), *_targets(results), *_misses(results)]))


def rendered(abouts: Mapping[str, Mapping[str, Any]], results: Sequence[Result]) -> Iterator[str]:
    """Return the lines of all tables."""
    yield from _subjects(abouts, results)
    yield "\n### Targets\n"
    yield from _targets(results)
    yield "\n### All trials\n"
    yield from _strategies(results)
    for kind in CLASSES:
        here = [each for each in results if each.kind == kind]
        if here:
            yield f"\n### {kind.capitalize()}: {len(here)} trials\n"
            yield from _strategies(here)
    for subject in abouts:
        here = [each for each in results if each.subject == subject]
        yield f"\n### {subject}: {len(here)} trials\n"
        yield from _strategies(here)
    yield "\n### What the recorded map missed\n"
    yield from _misses(results)
    yield "\n### What the index alone missed\n"
    yield from _misses(results, STATIC)


def _subjects(abouts: Mapping[str, Mapping[str, Any]], results: Sequence[Result]) -> Iterator[str]:
    yield from _head(
        "subject", "tests", "suite", *CLASSES, "left out", "pytest-testmon", "measured with"
    )
    for name, about in abouts.items():
        here = [each for each in results if each.subject == name]
        yield _row(
            f"{name} {about['version']}",
            about["tests"],
            f"{about['seconds']:.0f} s",
            *(sum(each.kind == kind for each in here) for kind in CLASSES),
            "; ".join(f"{why}: {count}" for why, count in sorted(about["left out"].items())),
            about["testmon"],
            about["with"],
        )


def _strategies(results: Sequence[Result]) -> Iterator[str]:
    yield from _head(
        "strategy", "trials", "safe", "failing tests selected", "tests selected", "time",
        "first failing within 5", "10", "20",
    )  # fmt: skip
    for way in WAYS:
        found = figures(results, way)
        if found is not None:
            name = f"**{way}**" if way in {RECORDED, STATIC} else way
            yield _row(name, found.trials, *_shares(found))


def _shares(found: Figures) -> list[str]:
    return [
        f"{each:.1%}"
        for each in (found.safe, found.recall, found.selected, found.time, *found.early)
    ]


# ---------------------------------------------------------------------------------------------------------- targets


def _targets(results: Sequence[Result]) -> Iterator[str]:
    yield from _head("target", "measured", "")
    for name, measured, met in _checked(results):
        yield _row(name, measured, "met" if met else "**not met**")


def _checked(results: Sequence[Result]) -> Iterator[tuple[str, str, bool]]:
    mine, static = figures(results, RECORDED), figures(results, STATIC)
    if mine is None or static is None:
        return
    yield "recorded map: 100 % of the trials safe", f"{mine.safe:.2%}", mine.safe == 1
    yield "recorded map: 100 % of the failing tests", f"{mine.recall:.3%}", mine.recall == 1
    for kind, limit in OF_TESTMON.items():
        found = ratio([each for each in results if each.kind == kind], RECORDED, TESTMON_WAY)
        if found is not None:
            name = f"{kind}: at most {limit} times what testmon selects"
            yield name, f"{found:.2f} times", found <= limit
    for rank, at, share in RECORDED_EARLY:
        name = f"recorded map: a failing test in the first {rank} for {share:.0%}"
        yield name, f"{mine.early[at]:.1%}", mine.early[at] >= share
    careful = sum(each.precaution for each in results) / len(results)
    name = f"precautions in at most {MOST_PRECAUTIONS:.0%} of the trials"
    yield name, f"{careful:.1%}", careful <= MOST_PRECAUTIONS
    name = f"index alone: {STATIC_SAFE:.0%} of the trials safe"
    yield name, f"{static.safe:.1%}", static.safe >= STATIC_SAFE
    name = f"index alone: {STATIC_RECALL:.0%} of the failing tests"
    yield name, f"{static.recall:.1%}", static.recall >= STATIC_RECALL
    of_closure = ratio(results, STATIC, CLOSURE)
    if of_closure is not None:
        name = f"index alone: at most {STATIC_OF_CLOSURE} times the import closure"
        yield name, f"{of_closure:.2f} times", of_closure <= STATIC_OF_CLOSURE
    name = f"index alone: a failing test in the first 20 for {STATIC_EARLY:.0%}"
    yield name, f"{static.early[2]:.1%}", static.early[2] >= STATIC_EARLY


def _misses(results: Sequence[Result], way: str = RECORDED) -> Iterator[str]:
    missed = [each for each in results if each.ways[way].missed]
    if not missed:
        yield "Nothing."
        return
    reasons: dict[str, str] = json.loads(REASONS.read_text(encoding="utf-8"))
    yield from _head("subject", "class", "change", "missed", "of", "for example", "why")
    for each in missed:
        yield _row(
            each.subject,
            each.kind,
            f"`{_code(each.where)}`: {_code(each.what)}",
            each.ways[way].missed,
            each.failing,
            f"`{_code(each.missed[way][0])}`",
            reasons.get(each.key, "not looked into yet"),
        )


def _code(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _head(*titles: str) -> Iterator[str]:
    yield _row(*titles)
    yield _row(*("---" for _ in titles))


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"

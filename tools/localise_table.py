"""Scores → the tables of "Finding the code" in docs/explanation/repair.md, between its markers."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence

from bench_machine import commit
from bench_setup import ROOT
from localise_score import TOP, Score, figures

PAGE = ROOT / "docs" / "explanation" / "repair.md"
BEGIN, END = "<!-- finding: begin -->", "<!-- finding: end -->"
WAYS = (
    ("tdad", "tdad"),
    ("ochiai", "Ochiai alone"),
    ("dstar", "DStar alone"),
    ("tarantula", "Tarantula alone"),
)


def print_scores(scores: Sequence[Score], planned: int) -> None:
    """Print what the page would say."""
    print("\n".join(_lines(scores, planned)))


def write_page(scores: Sequence[Score], planned: int) -> None:
    """Put the figures between the markers."""
    put(BEGIN, END, list(_lines(scores, planned)))


def put(begin: str, end: str, lines: Sequence[str]) -> None:
    """Put lines between two markers of the page."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    said = "\n".join(lines)
    PAGE.write_text(f"{before}{begin}\n{said}\n{end}{after}", encoding="utf-8")


def _lines(scores: Sequence[Score], planned: int) -> Iterator[str]:
    when = time.strftime("%Y-%m-%d", time.gmtime())
    past = sum(each.past for each in scores)
    yield (
        f"{len(scores) - past} seeded and {past} historical faults; {planned} are planned, those that are not"
        f" recorded yet are left out. tdad {commit()}, {when}."
    )
    yield ""
    yield "| faults | way | top 1 | top 3 | top 5 | top 10 |"
    yield "|---|---|---|---|---|---|"
    for name, some in _groups(scores):
        for way, words in WAYS:
            shares = " | ".join(_share(each, len(some)) for each in figures(some, way))
            yield f"| {name} | {words} | {shares} |"
    yield ""
    yield "| faults | shown with its source | tokens, median | most |"
    yield "|---|---|---|---|"
    for name, some in _groups(scores):
        tokens = [each.tokens for each in some]
        shown = _share(sum(each.shown for each in some), len(some))
        yield f"| {name} | {shown} | {statistics.median(tokens):.0f} | {max(tokens)} |"
    yield ""
    yield "Not shown, or not among the first ten:"
    yield ""
    for each in scores:
        if not each.shown or not 0 < each.ranks["tdad"] <= TOP[-1]:
            kind = "historical" if each.past else "seeded"
            place = each.ranks["tdad"] or "not in the list"
            mark = "shown" if each.shown else "not shown"
            yield f"* {each.subject}, {kind}, `{each.where}`: place {place}, {mark}"


def _groups(scores: Sequence[Score]) -> Iterator[tuple[str, list[Score]]]:
    """Seeded and historical of each subject, then all."""
    for subject in dict.fromkeys(each.subject for each in scores):
        for past, kind in ((False, "seeded"), (True, "historical")):
            some = [each for each in scores if each.subject == subject and each.past is past]
            if some:
                yield f"{subject}, {kind} ({len(some)})", some
    if scores:
        yield f"**all ({len(scores)})**", list(scores)


def _share(number: int, of: int) -> str:
    return f"{number} ({100 * number / of:.0f} %)"

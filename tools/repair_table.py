"""Results → the tables in docs/explanation/repair.md, between their markers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from statistics import median

from bench_setup import ROOT
from repair_bugs import HISTORICAL, OTHER, SEEDED
from repair_measure import BISECT, GOOD, TEMPLATE, WAYS
from repair_results import Result, kept

PAGE = ROOT / "docs" / "explanation" / "repair.md"
BEGIN, END = "<!-- search: begin -->", "<!-- search: end -->"
KINDS = {
    SEEDED: "seeded, operators of the audit",
    OTHER: "seeded, operators without a template",
    HISTORICAL: "historical",
}
TARGETS = ((GOOD, SEEDED, 0.90), (TEMPLATE, SEEDED, 0.25))


def write_page() -> None:
    """Put the figures into the page."""
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(written(text, (BEGIN, END), rendered(kept())), encoding="utf-8")


def written(text: str, marks: tuple[str, str], lines: Iterable[str]) -> str:
    """Return the text with lines between two marks that are in it."""
    before, _, rest = text.partition(marks[0])
    _, _, after = rest.partition(marks[1])
    found = "\n".join(lines)
    return f"{before}{marks[0]}\n{found}\n{marks[1]}{after}"


def print_summary(results: Sequence[Result]) -> None:
    """Print the tables."""
    print("\n".join(rendered(results)))


def rendered(results: Sequence[Result]) -> Iterator[str]:
    """Return the lines of all tables."""
    yield from _targets(results)
    yield ""
    yield from _ways(results)
    yield ""
    yield from _subjects(results)
    yield "\n### What was not repaired\n"
    yield from _failures(results)


def _targets(results: Sequence[Result]) -> Iterator[str]:
    yield from head("target", "measured", "")
    for way, kind, share in TARGETS:
        here = [each for each in results if each["way"] == way and each["kind"] == kind]
        if here:
            found = _fixed(here) / len(here)
            said = f"{found:.0%} of {len(here)}"
            yield row(
                f"{way}, {KINDS[kind]}: {share:.0%}",
                said,
                "met" if found >= share else "**not met**",
            )


def _ways(results: Sequence[Result]) -> Iterator[str]:
    yield from head(
        "way", "bugs", "how many", "fixed", "as before the bug, to the byte", "only overfitting",
        "candidates", "seconds, median", "90 %", "limit of the search",
    )  # fmt: skip
    for way in WAYS:
        for kind, words in KINDS.items():
            here = [each for each in results if each["way"] == way and each["kind"] == kind]
            if here:
                yield row(way, words, *_figures(here))


def _subjects(results: Sequence[Result]) -> Iterator[str]:
    yield from head("subject", *WAYS)
    for name in dict.fromkeys(each["subject"] for each in results):
        cells = []
        for way in WAYS:
            here = [each for each in results if each["subject"] == name and each["way"] == way]
            cells.append(f"{_fixed(here)} of {len(here)}")
        yield row(name, *cells)


def _figures(here: Sequence[Result]) -> list[str]:
    fixed = [each for each in here if each["fixed"]]
    times = [each["start_s"] + each["search_s"] for each in here]
    overfitting = sum(not each["fixed"] and each["overfitted"] > 0 for each in here)
    return [
        str(len(here)),
        f"{len(fixed)} ({len(fixed) / len(here):.0%})",
        str(sum(each["exact"] for each in fixed)),
        str(overfitting),
        f"{median(each['candidates'] for each in here):.0f}",
        f"{median(times):.0f}",
        f"{_at(times, 0.9):.0f}",
        ", ".join(sorted({each.get("limit", "10m") for each in here})),
    ]


def _at(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _failures(results: Sequence[Result]) -> Iterator[str]:
    lost = [each for each in results if not each["fixed"] and each["way"] != BISECT]
    if not lost:
        yield "Nothing."
        return
    yield from head("subject", "way", "bug", "tried", "end")
    for each in lost:
        what = _code(f"{each['where']}: {each['what']}")
        yield row(each["subject"], each["way"], f"`{what}`", each["candidates"], each["end"])


def _fixed(results: Sequence[Result]) -> int:
    return sum(bool(each["fixed"]) for each in results)


def _code(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("`", "'")


def head(*titles: str) -> Iterator[str]:
    """The first lines of a table."""
    yield row(*titles)
    yield row(*("---" for _ in titles))


def row(*cells: object) -> str:
    """A line of a table."""
    return f"| {' | '.join(map(str, cells))} |"

"""Results of the models that play a part → their tables in docs/explanation/repair.md, between the markers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from repair_results import MODELS, Result, kept
from repair_table import PAGE, head, row, written

BEGIN, END = "<!-- models: begin -->", "<!-- models: end -->"
WORDS = {
    "A": "A: plain",
    "B": "B: imports and collects",
    "C": "C: test map in the prompt",
    "D": "D: suspects in the prompt",
    "E": "E: tests at risk after each edit",
    "F": "F: everything",
}
FEWER = 0.95
"""So much fewer failures of passing tests with everything than with nothing is the aim."""


def write_model_tables() -> None:
    """Put the figures into the page."""
    results = kept(MODELS)
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(written(text, (BEGIN, END), _rendered(results)), encoding="utf-8")


def _rendered(results: Sequence[Result]) -> Iterator[str]:
    yield "### The oracle\n"
    yield from _oracle(_of(results, "oracle"))
    yield "\n### The clumsy model\n"
    clumsy = _of(results, "clumsy")
    yield from _clumsy(clumsy)
    yield ""
    yield from _kinds(clumsy)
    yield ""
    yield from _target(clumsy)
    yield from _halves(_of(results, "clumsy half"))


def _of(results: Sequence[Result], part: str) -> dict[str, list[Result]]:
    """Arm → results of that part."""
    return {
        arm: found
        for arm in WORDS
        if (found := [each for each in results if each["way"] == f"{part} {arm}"])
    }


def _oracle(arms: dict[str, list[Result]]) -> Iterator[str]:
    yield from _costs({arm: found for arm, found in arms.items() if arm == "F"})
    same = _common(arms)
    if len(arms) > 1 and any(same.values()):
        yield f"\nThe same {len(next(iter(same.values())))} bugs in each arm, the first ones of each project:\n"
        yield from _costs(same)
    lost = [each for found in arms.values() for each in found if not each["resolved"]]
    for each in lost:
        yield f"\nNot resolved, {each['way']}: {each['subject']} `{each['where']}`: {each['end']}."


def _costs(arms: dict[str, list[Result]]) -> Iterator[str]:
    yield from head(
        "arm", "bugs", "resolved", "steps, median", "most", "tokens, median", "edits refused"
    )
    for arm, found in arms.items():
        resolved = sum(bool(each["resolved"]) for each in found)
        steps = [each["steps"] for each in found]
        yield row(
            WORDS[arm],
            len(found),
            f"{resolved} ({resolved / len(found):.0%})",
            f"{median(steps):.0f}",
            max(steps),
            f"{median(each['tokens'] for each in found):,.0f}",
            sum(each["refused"] for each in found),
        )


def _clumsy(arms: dict[str, list[Result]]) -> Iterator[str]:
    yield from head(
        "arm", "bugs", "patches", "resolved", "passing tests broken", "of", "share",
        "patches that break one", "catastrophic", "edits refused", "steps, median", "tokens, median",
    )  # fmt: skip
    for arm, found in _same_bugs(arms).items():
        broken, passing = _sums(found)
        resolved = sum(bool(each["resolved"]) for each in found)
        yield row(
            WORDS[arm],
            len(found),
            sum(not each["empty"] for each in found),
            f"{resolved} ({resolved / len(found):.0%})",
            f"{broken:,}",
            f"{passing:,}",
            f"{broken / max(1, passing):.2%}",
            sum(each["broken"] > 0 for each in found),
            sum(bool(each["catastrophic"]) for each in found),
            sum(each["refused"] for each in found),
            f"{median(each['steps'] for each in found):.0f}",
            f"{median(each['tokens'] for each in found):,.0f}",
        )


def _kinds(arms: dict[str, list[Result]]) -> Iterator[str]:
    """Passing tests broken, by what the model proposed first."""
    same = _same_bugs(arms)
    yield from head("first proposal", "bugs", *(f"broken with {arm}" for arm in same))
    firsts = dict.fromkeys(each["first"] for found in same.values() for each in found)
    for first in firsts:
        cells = []
        for found in same.values():
            here = [each for each in found if each["first"] == first]
            cells.append(f"{sum(each['broken'] for each in here):,}")
        number = max(sum(each["first"] == first for each in found) for found in same.values())
        yield row(first, number, *cells)


def _halves(arms: dict[str, list[Result]]) -> Iterator[str]:
    """Of bugs that fail two tests or more, with half of those held back."""
    if not arms:
        return
    yield "\n### The clumsy model, half of the failing tests held back\n"
    yield from head(
        "arm", "bugs", "the shown half passes, nothing broke", "and so does the other half",
        "only overfits", "not so far",
    )  # fmt: skip
    for arm, every in arms.items():
        found = [each for each in every if each["held"]]
        passing = [each for each in found if each["end"] == "fixed"]
        overfit = sum(bool(each["overfits"]) for each in passing)
        right = sum(bool(each["resolved"]) for each in passing)
        yield row(WORDS[arm], len(found), len(passing), right, overfit, len(found) - len(passing))


def _target(arms: dict[str, list[Result]]) -> Iterator[str]:
    same = _same_bugs(arms)
    if not {"A", "F"} <= same.keys():
        return
    plain, full = _sums(same["A"])[0], _sums(same["F"])[0]
    fewer = 1 - full / max(1, plain)
    met = "met" if fewer >= FEWER else "**not met**"
    yield (
        f"With everything on, {fewer:.1%} fewer passing tests are broken than with nothing on"
        f" (aim: {FEWER:.0%}): {met}."
    )
    if "B" in same:
        part = (plain - _sums(same["B"])[0]) / max(1, plain - full)
        yield f"Arm B alone, imports and collection, explains {part:.0%} of the difference."


def _same_bugs(arms: dict[str, list[Result]]) -> dict[str, list[Result]]:
    """Only bugs that every arm was measured with, so that arms can be compared; arms with few bugs are left out."""
    most = max((len(found) for found in arms.values()), default=0)
    return _common({arm: found for arm, found in arms.items() if 2 * len(found) >= most})


def _common(arms: dict[str, list[Result]]) -> dict[str, list[Result]]:
    """Only bugs that every arm was measured with."""
    keys = [{(each["subject"], each["key"]) for each in found} for found in arms.values()]
    common = set.intersection(*keys) if keys else set()
    return {
        arm: [each for each in found if (each["subject"], each["key"]) in common]
        for arm, found in arms.items()
    }


def _sums(found: Sequence[Result]) -> tuple[int, int]:
    """(passing tests broken, passing tests) of accepted patches."""
    real = [each for each in found if not each["empty"]]
    return sum(each["broken"] for each in real), sum(each["passing"] for each in real)

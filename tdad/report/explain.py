"""The answer of ``tdad explain``: the chain from the change to the test, or why there is none."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from tdad.answers import Explanation
from tdad.facts import Impact
from tdad.report import changes
from tdad.report.documents import dumps, explanation_document
from tdad.report.impact import STYLES, Place
from tdad.report.lines import BLANK, Line, line, print_lines, prose

SAFE_IN_TEXT = 20


def print_explanation(explanation: Explanation, *, as_json: bool, place: Place = str) -> None:
    """Write the answer to standard output."""
    if as_json:
        sys.stdout.write(dumps(explanation_document(explanation)))
    else:
        print_lines(explanation_lines(explanation, place))


def explanation_lines(explanation: Explanation, place: Place = str) -> Iterator[Line]:
    """The whole text."""
    verdict = ("at risk", "bold red") if explanation.selected else ("safe", "bold green")
    yield line((place(explanation.node_id), "bold"), " is ", verdict)
    if explanation.impact:
        yield BLANK
        yield from _chain(explanation.impact, place)
    for impact in explanation.others:
        yield BLANK
        yield line(("also", "bold"))
        yield from _chain(impact, place)
    if explanation.safe:
        yield BLANK
        yield line(("Changes that do not reach it", "bold"))
    for change, reason in explanation.safe[:SAFE_IN_TEXT]:
        yield line(place(change), indent=2)
        yield prose((f"safe because {reason}", "dim"), indent=4)
    if len(explanation.safe) > SAFE_IN_TEXT:
        yield line((f"… and {len(explanation.safe) - SAFE_IN_TEXT:,} more", "dim"), indent=2)
    if not explanation.selected and not explanation.safe:
        yield prose("safe because nothing changed", indent=2)


def _chain(impact: Impact, place: Place) -> Iterator[Line]:
    yield line(
        (f"{impact.evidence}", STYLES[impact.evidence]), (f", score {impact.score:.2f}", "dim")
    )
    yield prose(impact.because, indent=2)
    if impact.change:
        headline = changes.headline(impact.change)
        yield line(
            (place(changes.name(impact.change)), "bold"), (f"  {headline}", "dim"), indent=2
        )
    for depth, step in enumerate(impact.chain, start=2):
        yield line((f"{step.how} ", "dim"), place(step.what), indent=2 * min(depth, 8))

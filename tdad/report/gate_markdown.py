"""The answer of ``tdad gate`` as Markdown: a job summary or a comment.

GitHub drops a summary of more than 1 MiB as a whole, so whole blocks are left out before that. Text of the repository
stands in code spans, fenced blocks or entities only: it can make no link, mention, table cell, heading or HTML.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from tdad.answers_gate import GateEnd, GateReport, Suggestion
from tdad.facts_gate import Finding, Judged
from tdad.report import words
from tdad.report.gate_words import (
    LONGEST,
    basis,
    by_weight,
    counts,
    groups,
    heading,
    more,
    noteworthy,
    one_line,
    place,
    printable,
    said,
    shortened,
    title,
)

SUMMARY_BYTES = 900_000
COMMENT_BYTES = 60_000
_OPEN = 3
"""So many regressions are unfolded."""
_NAMED = 20
"""So many sets of parameters are named."""
_MARKS = {
    GateEnd.PASSED: "✅",
    GateEnd.REGRESSION: "❌",
    GateEnd.POLICY: "⚠️",
    GateEnd.UNDECIDED: "❓",
}


def markdown_text(report: GateReport, limit_bytes: int = SUMMARY_BYTES) -> str:
    """Return the report, at most ``limit_bytes`` in UTF-8."""
    page = _Page(limit_bytes - 2000)
    end = f"{_MARKS[report.end]} tdad gate: {heading(report)}"
    numbers = ", ".join(f"**{number:,}** {word}" for word, number in counts(report))
    page.add(f"## {end}\n\n{numbers or 'No test ended otherwise than before'}.\n")
    for text in report.undecided:
        page.add(f"> {entities(text)}\n")
    failing, warnings = by_weight(report.findings)
    _uncollected(page, report)
    page.blocks("tests that fail the gate", groups(report.gating), _tests)
    page.heading_and_blocks("### Policy violations", "policy violations", failing, _finding)
    for suggestion in report.suggestions:
        page.add(_suggestion(suggestion))
    page.folded("Warnings of policies", warnings, _finding_row)
    page.folded("Other tests", noteworthy(report.tests), _row)
    page.folded(
        "Not run: the budget was over", report.chosen.not_run, lambda name, _: f"- {code(name)}"
    )
    page.folded("Notes", report.notes, lambda note, _: f"- {entities(note)}")
    return page.text() + _ending(report)


T = TypeVar("T")


class _Page:
    """Blocks of text up to a size; what no longer fits is counted."""

    def __init__(self, limit_bytes: int) -> None:
        self._left = limit_bytes
        self._parts: list[str] = []

    def add(self, block: str) -> bool:
        """Add a block if there is room."""
        size = len(block.encode("utf-8", "replace")) + 1
        if size > self._left:
            return False
        self._left -= size
        self._parts.append(block)
        return True

    def blocks(self, name: str, items: Sequence[T], write: Callable[[T, int], str]) -> None:
        """Add a block for each item, and how many were left out."""
        for number, item in enumerate(items):
            if not self.add(write(item, number)):
                self._left += 200
                self.add(f"… and {len(items) - number:,} more {name}; all of them: `--json`.\n")
                self._left = max(0, self._left - 200)
                return

    def heading_and_blocks(
        self, line: str, name: str, items: Sequence[T], write: Callable[[T, int], str]
    ) -> None:
        """Add them below a heading, if there are any."""
        if items and self.add(f"{line}\n"):
            self.blocks(name, items, write)

    def folded(self, name: str, items: Sequence[T], write: Callable[[T, int], str]) -> None:
        """Add them folded away, if there are any."""
        if items and self.add(f"<details><summary>{name} ({len(items):,})</summary>\n"):
            self._left -= len("\n</details>\n\n")
            self.blocks("of them", items, write)
            self._parts.append("\n</details>\n")

    def text(self) -> str:
        return "\n".join(self._parts) + "\n"


# ------------------------------------------------------------------------------------------------ blocks


def _uncollected(page: _Page, report: GateReport) -> None:
    for each in report.uncollected:
        if not each.before:
            number = f" ({words.count(each.tests, 'test')})" if each.tests else ""
            page.add(
                f"**Cannot be collected any more**{number}: {code(each.path)}\n\n{block(each.message)}"
            )


def _tests(group: Sequence[Judged], number: int) -> str:
    test, unfolded = group[0], " open" if number < _OPEN else ""
    where = place(test, "")
    parts = [
        f"<details{unfolded}><summary><b>{entities(title(test))}</b> <code>{entities(test.node_id)}</code></summary>\n"
    ]
    if test.old_id:
        parts.append(f"was {code(test.old_id)}\n")
    if test.note:
        parts.append(f"{entities(test.note)}\n")
    if text := said(test):
        parts.append(block(text))
    parts += [f"because {code(reason)}\n" for reason in test.because[:3]] or [
        f"at {code(f'{where.path}:{where.line}')}\n"
    ]
    if others := more(group):
        ids = ", ".join(code(each.node_id.rpartition("::")[2]) for each in group[1:_NAMED])
        parts.append(f"{others}: {ids}{', …' if len(group) > _NAMED else ''}\n")
    return "\n".join(parts) + "\n</details>\n"


def _row(test: Judged, _number: int) -> str:
    note = f": {entities(test.note)}" if test.note else ""
    return f"- **{title(test)}** {code(test.node_id)}{note}"


def _finding(finding: Finding, _number: int) -> str:
    where = f"{finding.path}:{finding.line}" if finding.line else finding.path or "."
    parts = [f"**{finding.kind}** {code(where)}\n"]
    if finding.test:
        parts.append(f"{code(finding.test)}\n")
    parts.append(f"{entities(finding.message)}\n")
    if finding.detail:
        parts.append(block(finding.detail, "diff"))
    return "\n".join(parts)


def _finding_row(finding: Finding, _number: int) -> str:
    where = f"{finding.path}:{finding.line}" if finding.line else finding.path or "."
    about = f" {code(finding.test)}" if finding.test else f" {code(where)}"
    lines = finding.detail.splitlines()[:2]
    quoted = ": " + " → ".join(code(line.removeprefix("- ").removeprefix("+ ")) for line in lines)
    return f"- **{finding.kind}**{about}: {entities(finding.message)}{quoted if lines else ''}"


def _suggestion(suggestion: Suggestion) -> str:
    number = words.count(len(suggestion.tests), "regression")
    breaks = f" {len(suggestion.breaks):,} other tests fail with it." if suggestion.breaks else ""
    return (
        f"<details><summary>Suggestion for {number}</summary>\n\n{entities(suggestion.why)}{breaks}\n\n"
        f"{block(suggestion.patch.rstrip(), 'diff', 20_000)}\n</details>\n"
    )


def _ending(report: GateReport) -> str:
    lines = [f"<sub>{entities(basis(report))}</sub>"]
    if report.author is not None and report.author.agent:
        who = f"{report.author.agent} ({report.author.confidence})"
        lines.append(f"<sub>made by an agent: {entities(who)}</sub>")
    return "\n\n".join(lines) + "\n"


# ---------------------------------------------------------------------------------------------- escaping


def code(text: str) -> str:
    """A code span: nothing in it means anything."""
    text = shortened(one_line(text), 600)
    fence = "`" * (longest_run(text) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}" if text else "``(empty)``"


def block(text: str, language: str = "text", longest: int = LONGEST) -> str:
    """A fenced block."""
    text = printable(shortened(text.replace("\r\n", "\n"), longest), keep="\n\t")
    fence = "`" * max(3, longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}\n"


def longest_run(text: str) -> int:
    """Length of the longest run of backticks."""
    return max((len(run) for run in re.findall(r"`+", text)), default=0)


def entities(text: str) -> str:
    """Text that means nothing in Markdown or HTML: all but letters, digits and a few harmless signs is an entity.

    Mentions and numbers of issues are looked for after that, in what is shown: a blank of no width breaks them up.
    """
    return "".join(_entity(char) for char in shortened(one_line(text), 600))


def _entity(char: str) -> str:
    if char.isalnum() or char in " .,/;":
        return char
    return f"&#{ord(char)};" + ("&#8203;" if char in "@#" else "")

"""What all reports of the gate say alike: places, titles, sentences; and what text of a repository may hold."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from posixpath import normpath

from tdad.answers_gate import GateEnd, GateReport
from tdad.facts_gate import Finding, Judged, Level, Manner, Verdict
from tdad.report import words

LONGEST = 4000
"""Characters of one failure that are shown."""
_HEADINGS = {
    GateEnd.PASSED: "nothing that worked is broken",
    GateEnd.REGRESSION: "the change breaks what worked",
    GateEnd.UNDECIDED: "the gate cannot decide",
    GateEnd.POLICY: "nothing that worked is broken, but a policy is violated",
}
COUNTED = (
    (Verdict.REGRESSION, "regression", "regressions"),
    (Verdict.NEW_FAILING, "new failing test", "new failing tests"),
    (Verdict.UNDECIDED, "undecided", "undecided"),
    (Verdict.FIXED, "fixed", "fixed"),
    (Verdict.FLAKY, "flaky", "flaky"),
    (Verdict.NEW_FLAKY, "new flaky test", "new flaky tests"),
    (Verdict.ORDER_DEPENDENT, "order-dependent", "order-dependent"),
    (Verdict.SLOW, "slow once", "slow once"),
    (Verdict.REMOVED, "removed test", "removed tests"),
    (Verdict.SILENCED, "skipped now", "skipped now"),
    (Verdict.EXCUSED, "expected to fail now", "expected to fail now"),
    (Verdict.STALE_XFAIL, "passes though expected to fail", "pass though expected to fail"),
    (Verdict.STILL_FAILING, "failed before", "failed before"),
    (Verdict.NEW_PASSING, "new test", "new tests"),
    (Verdict.NOT_RUN, "not run", "not run"),
)
"""Verdicts in the order in which they matter, with their words."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to point at, from the top of the repository: who shows annotations knows of no project roots."""

    path: str
    line: int
    """1 when only the file is known."""


def rule_of(verdict: Verdict) -> str:
    """What formats that have rules call a verdict."""
    return str(verdict).replace(" ", "-")


def key_of(finding: Finding) -> str:
    """What tells a finding from all others of a project, alike in every format: alerts are followed by it."""
    return f"{finding.path} {finding.test} {finding.message} {finding.detail}"


def heading(report: GateReport) -> str:
    """The answer, as a sentence without a full stop."""
    return _HEADINGS[report.end]


def counts(report: GateReport) -> Iterator[tuple[str, int]]:
    """Yield the verdicts that occur, with how many tests have each."""
    for verdict, one, many in COUNTED:
        if number := len(report.with_verdict(verdict)):
            yield (one if number == 1 else many), number


def title(test: Judged) -> str:
    """``regression (timeout)``."""
    plain = test.manner in {Manner.NONE, Manner.FAILURE}
    return str(test.verdict) if plain else f"{test.verdict} ({test.manner})"


def place(test: Judged, folder: str) -> Place:
    """The changed line, else where it failed, else the file of the test; the project is in ``folder``."""
    failure = test.failure
    failed = failure.site if failure is not None and failure.failing else None
    site = test.site or failed
    if site is not None:
        return _place(folder, site.path, site.line)
    return _place(folder, test.node_id.partition("::")[0], 1)


def place_of(finding: Finding, folder: str) -> Place:
    """Where a finding is; of one about everything the root of the project, which is in ``folder``."""
    return _place(folder, finding.path or ".", finding.line)


def _place(folder: str, path: str, line: int) -> Place:
    return Place(normpath(f"{folder}/{path}") if folder else path, max(1, line))


def said(test: Judged) -> str:
    """What the failure said, shortened; empty without one."""
    failure = test.failure
    return shortened(failure.message) if failure is not None and failure.failing else ""


def sentence(test: Judged) -> str:
    """How it was decided, and why the test was run; plain text of several lines."""
    parts = [test.note, said(test)]
    parts += [f"because {reason}" for reason in test.because[:1]]
    return "\n".join(part for part in parts if part)


def shortened(text: str, longest: int = LONGEST) -> str:
    """The beginning of a long text."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def printable(text: str, keep: str = "") -> str:
    r"""The text without what moves cursors, hides or turns round other text; ``keep`` are control characters that stay.

    Control and format characters (bidirectional ones among them) and halves of surrogate pairs become ``\x1b``.
    """
    if text.isprintable():
        return text
    return "".join(
        char
        if char in keep or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        else char.encode("unicode_escape", "backslashreplace").decode("ascii")
        for char in text
    )


def one_line(text: str) -> str:
    """The text on one line."""
    return printable(" ".join(text.split()))


def fingerprint(*parts: str) -> str:
    """What identifies a finding from run to run: a digest of names, never of lines."""
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def noteworthy(tests: Sequence[Judged]) -> list[Judged]:
    """The tests that do not fail the gate and that a person should see."""
    quiet = {Verdict.UNCHANGED, Verdict.STILL_FAILING, Verdict.NEW_PASSING, Verdict.NOT_RUN}
    return [test for test in tests if not test.fails_gate and test.verdict not in quiet]


def groups(tests: Sequence[Judged]) -> list[list[Judged]]:
    """Tests that are shown as one: parameter sets of one function, and all of a file that cannot be collected."""
    found: dict[tuple[str, ...], list[Judged]] = {}
    for test in tests:
        separator = "::" if test.manner is Manner.COLLECTION else "["
        key = (test.node_id.partition(separator)[0], str(test.verdict), str(test.manner))
        found.setdefault(key, []).append(test)
    return list(found.values())


def more(group: Sequence[Judged]) -> str:
    """``and 3 more of its parameter sets``; empty for a test that stands for itself."""
    if len(group) == 1:
        return ""
    of = "tests of that file" if group[0].manner is Manner.COLLECTION else "of its parameter sets"
    return f"and {len(group) - 1:,} more {of}"


def basis(report: GateReport) -> str:
    """What the answer rests on, on one line."""
    chosen = report.chosen
    partial = ", partial: the budget was over" if chosen.partial else ""
    return (
        f"{words.count(chosen.ran, 'test')} of {chosen.total:,} ran ({chosen.by}{partial}),"
        f" {words.count(report.baseline_ran, 'test')} on the baseline, {words.count(report.reruns, 'rerun')};"
        f" {report.baseline.called} → {report.head.called};"
        f" {words.seconds(report.seconds)}"
    )


def by_weight(findings: Sequence[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Findings that fail the gate, and warnings."""
    failing = [finding for finding in findings if finding.level is Level.FAIL]
    return failing, [finding for finding in findings if finding.level is not Level.FAIL]

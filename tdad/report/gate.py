"""The answer of ``tdad gate`` for a terminal: verdict, what it rests on, the tests that matter, what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tdad.answers_gate import GateEnd, GateReport
from tdad.facts_gate import Finding, Judged, Level, Manner, Verdict
from tdad.report import words
from tdad.report.lines import BLANK, Line, line, prose

_BASES = {"static": "by the code alone", "recorded map": "by the recorded map"}
_SHOWN = 20
_DETAIL = 4
"""Lines of what a finding quotes."""
_STYLES = {
    GateEnd.PASSED: "bold green",
    GateEnd.REGRESSION: "bold red",
    GateEnd.POLICY: "bold yellow",
    GateEnd.UNDECIDED: "bold magenta",
}
_MARKS = {
    Verdict.REGRESSION: "bold red",
    Verdict.NEW_FAILING: "bold red",
    Verdict.UNDECIDED: "bold magenta",
    Verdict.FIXED: "green",
    Verdict.FLAKY: "yellow",
    Verdict.NEW_FLAKY: "yellow",
}
_QUIET = frozenset(
    {Verdict.UNCHANGED, Verdict.STILL_FAILING, Verdict.NEW_PASSING, Verdict.NOT_RUN}
)
"""Said as numbers only."""


def gate_lines(report: GateReport) -> Iterator[Line]:
    """The whole text."""
    yield line((f"{report.end}", _STYLES[report.end]), f": {_headline(report)}")
    for text in report.undecided:
        yield prose((_plain(text), ""), indent=2)
    yield from _uncollected(report)
    yield from _tests(report)
    yield from _findings(report.findings)
    for suggestion in report.suggestions:
        yield BLANK
        yield prose(
            (
                f"suggestion for {words.count(len(suggestion.tests), 'regression')}: {suggestion.why}",
                "bold",
            )
        )
        for text in suggestion.patch.splitlines():
            yield line((text, _diff_style(text)))
    yield BLANK
    yield from _basis(report)


def _headline(report: GateReport) -> str:
    numbers = [(len(report.gating), "test that fails the gate", "tests that fail the gate")]
    numbers += [
        (len(report.with_verdict(verdict)), one, many)
        for verdict, one, many in (
            (Verdict.FIXED, "fixed", "fixed"),
            (Verdict.FLAKY, "flaky", "flaky"),
            (Verdict.STILL_FAILING, "failed before", "failed before"),
            (Verdict.NEW_PASSING, "new test", "new tests"),
            (Verdict.REMOVED, "removed test", "removed tests"),
        )
    ]
    said = [words.count(number, one, many) for number, one, many in numbers if number]
    ran = f"{words.count(report.chosen.ran, 'test')} ran"
    partial = " (partial: the budget was over)" if report.chosen.partial else ""
    return ", ".join([*said, ran]) + partial


def _uncollected(report: GateReport) -> Iterator[Line]:
    for each in report.uncollected:
        if not each.before:
            yield prose(
                (
                    f"{_plain(each.path)} cannot be collected{' any more' if each.tests else ''}",
                    "bold red",
                ),
                f" ({words.count(each.tests, 'test')}): {_plain(each.message)}",
                indent=2,
            )


def _tests(report: GateReport) -> Iterator[Line]:
    groups: dict[tuple[str, ...], list[Judged]] = {}
    for test in report.tests:
        if test.fails_gate or test.verdict not in _QUIET:
            groups.setdefault(_alike(test), []).append(test)
    shown = list(groups.values())[:_SHOWN]
    for tests in shown:
        yield BLANK
        yield from _test(tests[0])
        if len(tests) > 1:
            what = (
                "tests of that file"
                if tests[0].manner is Manner.COLLECTION
                else "of its parameter sets"
            )
            yield line(f"and {len(tests) - 1:,} more {what}", indent=4)
    left = sum(len(tests) for tests in list(groups.values())[_SHOWN:])
    if left:
        yield BLANK
        yield line(f"… and {words.count(left, 'more test')}; all of them: --json")


def _alike(test: Judged) -> tuple[str, ...]:
    """Tests that are shown as one: parameter sets of one function, and all of a file that cannot be collected."""
    separator = "::" if test.manner is Manner.COLLECTION else "["
    return (test.node_id.partition(separator)[0], str(test.verdict), str(test.manner))


def _test(test: Judged) -> Iterator[Line]:
    how = f" ({test.manner})" if test.manner not in {Manner.NONE, Manner.FAILURE} else ""
    yield line(
        (f"{test.verdict}{how}", _MARKS.get(test.verdict, "bold")), f"  {_plain(test.node_id)}"
    )
    if test.old_id:
        yield line(f"was {_plain(test.old_id)}", indent=4)
    if test.note:
        yield prose(_plain(test.note), indent=4)
    failure = test.failure
    if failure is not None and failure.failing and failure.message:
        where = f" at {failure.site.path}:{failure.site.line}" if failure.site else ""
        yield prose((_plain(failure.message) + where, ""), indent=4)
    for reason in test.because[:1]:
        yield prose((f"because {_plain(reason)}", "dim"), indent=4)


def _findings(findings: Sequence[Finding]) -> Iterator[Line]:
    for finding in findings:
        style = "bold red" if finding.level is Level.FAIL else "yellow"
        place = f"{finding.path}:{finding.line}" if finding.line else finding.path
        yield BLANK
        yield line((f"{finding.kind} ({finding.level})", style), f"  {place}")
        if finding.test:
            yield line(_plain(finding.test), indent=4)
        yield prose(_plain(finding.message), indent=4)
        for text in finding.detail.splitlines()[:_DETAIL]:
            yield line((_plain(text), _diff_style(text)), indent=4)


def _basis(report: GateReport) -> Iterator[Line]:
    chosen = report.chosen
    share = (
        f", {chosen.time_share:.0%} of the suite's time" if chosen.time_share is not None else ""
    )
    by = _BASES.get(chosen.by, chosen.by)
    yield prose(
        f"{words.count(chosen.selected, 'test')} of {chosen.total:,} selected ({by}){share};"
        f" {words.count(report.changes, 'change')};"
        f" {words.count(report.baseline_ran, 'test run', 'tests run')} on the baseline,"
        f" {words.count(report.reruns, 'rerun')}"
    )
    late = sum(each.sampled and each.verdict is Verdict.NOT_RUN for each in report.tests)
    if chosen.shadow or chosen.sampled or late:
        missed = len(chosen.missed)
        style = "bold red" if missed else ""
        rest = f" ({late:,} had no turn)" if late else ""
        watched = words.count(chosen.sampled, "unselected test")
        yield line(
            (f"{watched} ran to watch the selection{rest}:", ""),
            (f" {words.count(missed, 'regression')} among them", style),
        )
    if chosen.not_run:
        yield line(
            f"not run: {', '.join(chosen.not_run[:5])}{' …' if len(chosen.not_run) > 5 else ''}"
        )
    for note in report.notes:
        yield prose((f"note: {note}", "dim"))
    yield line(
        f"{report.baseline.called} → {report.head.called},"
        f" {words.seconds(report.seconds)}; {report.sandbox}"
    )


def _plain(text: str) -> str:
    """The first line of what the project says; it can neither move the cursor nor give orders to a CI runner."""
    first = "".join(c if c.isprintable() else " " for c in text.partition("\n")[0]).strip()
    return f"'{first}" if first.startswith(("::", "##[")) else first


def _diff_style(text: str) -> str:
    if text.startswith("+") and not text.startswith("+++"):
        return "green"
    return "red" if text.startswith("-") and not text.startswith("---") else ""

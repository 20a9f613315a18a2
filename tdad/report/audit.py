"""The answer of ``tdad audit``: how safe, how early, how many; and what was missed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from tdad.answers_audit import AuditReport, Figures
from tdad.facts_faults import Judged
from tdad.report import words
from tdad.report.documents import Document, dumps
from tdad.report.lines import BLANK, Line, line, print_lines, prose

_MISSED_TESTS = 5
_LABEL = 26

Place = Callable[[str], str]


def print_audit(report: AuditReport, *, as_json: bool) -> None:
    """Write the answer to standard output."""
    if as_json:
        sys.stdout.write(dumps(audit_document(report)))
    else:
        print_lines(audit_lines(report))


def audit_lines(report: AuditReport) -> Iterator[Line]:
    """The whole text."""
    yield from _summary(report)
    if report.judged:
        yield BLANK
        yield from _figures(report.figures)
        for title, groups in report.groups:
            if len(groups) > 1:
                yield BLANK
                yield from _table(title, groups)
    yield from _misses(report)
    yield from _skipped(report)
    yield BLANK
    yield from _ending(report)


def _summary(report: AuditReport) -> Iterator[Line]:
    noun = "fault" if report.subject == "faults" else "commit"
    found = report.figures
    asked = "the static index" if report.source == "static" else "the recorded map"
    yield line(
        (f"{words.count(found.tried, noun)} tried against {asked}", "bold"),
        f", {found.failing:,} of them fail something",
    )
    total = len(report.baseline.durations)
    text = f"{words.count(total, 'test')}, {words.seconds(sum(report.baseline.durations.values()))} in tests"
    if report.baseline.set_aside:
        aside = words.count(len(report.baseline.set_aside), "more is", "more are")
        text += f"; {aside} set aside: they fail without a fault, or not always"
    yield prose((text, "dim"), indent=2)


def _figures(found: Figures) -> Iterator[Line]:
    if found.failing:
        yield _row("safe", found.safe, found.failing, "every failing test was selected")
        yield _row("detected", found.detected, found.failing, "at least one was")
        for most, number in found.early:
            yield _row(f"early, first {most}", number, found.failing, "one was among them")
        tests = found.failing_tests
        yield _row("failing tests selected", tests - found.missed_tests, tests, "")
    yield _line(
        "tests selected",
        f"{percent(found.selected_mean)} on average, median {percent(found.selected_median)}",
    )
    saved = None if found.time_share is None else 1 - found.time_share
    yield _line("time saved", percent(saved))
    yield _line("with a precaution", f"{found.precautions:,} of {found.tried:,}")
    if found.cut_short:
        yield _line("cut short", f"{found.cut_short:,}; tests that had no turn are not counted")


def _row(label: str, part: int, whole: int, meaning: str) -> Line:
    style = "bold green" if part == whole else "bold yellow"
    text = f"{percent(part / whole):>7}"
    rest = f"  {part:,} of {whole:,}" + (f": {meaning}" if meaning else "")
    return line(f"{label:<{_LABEL}}", (text, style), (rest, "dim"), indent=2)


def _line(label: str, text: str) -> Line:
    return line(f"{label:<{_LABEL}}", f" {text}", indent=2)


def percent(share: float | None) -> str:
    """``98.3 %``; nothing is rounded up to 100."""
    if share is None:
        return "-"
    if share in {0.0, 1.0}:
        return f"{share * 100:.0f} %"
    return f"{min(max(share * 100, 0.1), 99.9):.1f} %"


def _table(title: str, groups: tuple[tuple[str, Figures], ...]) -> Iterator[Line]:
    wide = max(len(title), *(len(name) for name, _ in groups))
    yield line((f"{title:<{wide}}  tried  fail  safe  first 5  selected", "dim"), indent=2)
    for name, found in groups:
        early = dict(found.early)[5]
        text = f"  {found.tried:>5}  {found.failing:>4}  {found.safe:>4}  {early:>7}  {percent(found.selected_mean):>8}"
        style = "" if found.safe == found.failing else "bold red"
        yield line(f"{name:<{wide}}", (text, style), indent=2)


def _misses(report: AuditReport) -> Iterator[Line]:
    missed = [one for one in report.judged if one.missed]
    if not missed:
        return
    yield BLANK
    yield line(("Missed", "bold red"))
    for one in missed:
        yield from _miss(one)


def _miss(one: Judged) -> Iterator[Line]:
    fault = one.trial.fault
    where = f"{one.trial.name}, line {fault.line}" if fault else one.trial.name
    what = f"  {fault.kind}: {fault.detail}" if fault else ""
    yield line((where, "bold"), (what, "dim"), indent=2)
    for unit in one.missed[:_MISSED_TESTS]:
        yield line(unit, indent=4)
    if len(one.missed) > _MISSED_TESTS:
        yield line((f"… and {len(one.missed) - _MISSED_TESTS:,} more", "dim"), indent=4)


def _skipped(report: AuditReport) -> Iterator[Line]:
    if report.skipped:
        yield BLANK
        yield line(("No result", "bold"))
    for name, why in report.skipped:
        yield prose(name, (f"  {why}", "dim"), indent=2)


def _ending(report: AuditReport) -> Iterator[Line]:
    if report.cases:
        files = words.count(len(report.cases), "case file")
        yield line(f"{files} of the misses in {report.folder}/cases")
    if report.interrupted:
        left = report.planned - len(report.judged) - len(report.skipped)
        yield prose(
            (f"{left:,} of {report.planned:,} are left; the same command goes on.", "yellow")
        )
    yield prose((f"Results: {report.folder}", "dim"))


# -------------------------------------------------------------------------------------------------------------- JSON


def audit_document(report: AuditReport) -> Document:
    """``tdad.audit/1``."""
    return {
        "schema": "tdad.audit/1",
        "source": report.source,
        "subject": report.subject,
        "seed": report.seed,
        "planned": report.planned,
        "interrupted": report.interrupted,
        "tests": len(report.baseline.durations),
        "set_aside": sorted(report.baseline.set_aside),
        "figures": figures_document(report.figures),
        "groups": {
            title: {name: figures_document(found) for name, found in groups}
            for title, groups in report.groups
        },
        "trials": [_trial(one) for one in report.judged],
        "skipped": [{"name": name, "because": why} for name, why in report.skipped],
        "folder": report.folder,
        "cases": list(report.cases),
    }


def figures_document(found: Figures) -> Document:
    """Counts and shares."""
    return {
        "tried": found.tried,
        "failing": found.failing,
        "safe": found.safe,
        "safe_share": _rounded(found.safe_share),
        "detected": found.detected,
        "early": {str(most): number for most, number in found.early},
        "failing_tests": found.failing_tests,
        "missed_tests": found.missed_tests,
        "recall": _rounded(found.recall),
        "selected_mean": _rounded(found.selected_mean),
        "selected_median": _rounded(found.selected_median),
        "selected_mean_failing": _rounded(found.selected_mean_failing),
        "time_share": _rounded(found.time_share),
        "precautions": found.precautions,
        "unselected": found.unselected,
        "cut_short": found.cut_short,
    }


def _trial(one: Judged) -> Document:
    trial, fault = one.trial, one.trial.fault
    return {
        "number": trial.number,
        "name": trial.name,
        "kind": str(fault.kind) if fault else "commit",
        "level": str(fault.level) if fault else "commit",
        "line": fault.line if fault else None,
        "detail": fault.detail if fault else "",
        "failing": list(trial.broken),
        "missed": list(one.missed),
        "first": one.first,
        "selected": one.selected,
        "selected_share": _rounded(one.selected_share),
        "time_share": _rounded(one.time_share),
        "precautions": list(trial.precautions),
        "cut_short": trial.cut_short,
        "ask_s": round(trial.ask_s, 3),
        "run_s": round(trial.run_s, 3),
    }


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)

"""The answer of ``tdad fix``: what was repaired, what broke, how much was tried; as text and as JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict

from tdad.answers_fix import FixEnd, FixPatch, FixReport
from tdad.facts_fix import Arm, AttemptEnd, AttemptFacts, Measured
from tdad.report import words
from tdad.report.documents import Document, dumps
from tdad.report.lines import BLANK, Line, line, print_lines, prose

_SHOWN = 5
_LABEL = 22
_STYLES = {FixEnd.FIXED: "bold green", FixEnd.BROKE_OTHERS: "bold yellow"}


def print_fix(report: FixReport, *, as_json: bool) -> None:
    """Write the answer to standard output."""
    if as_json:
        sys.stdout.write(dumps(fix_document(report)))
    else:
        print_lines(fix_lines(report))


def fix_document(report: FixReport) -> Document:
    """``tdad.fix/1``."""
    patch = report.patch
    return {
        "schema": "tdad.fix/1",
        "end": str(report.end),
        "run": report.run,
        "engine": report.engine,
        "arm": report.arm,
        "seed": report.seed,
        "targets": list(report.targets),
        "held_back": list(report.held_back),
        "flaky": list(report.flaky),
        "total_tests": report.total_tests,
        "suspects": [
            {"definition": definition, "score": score, "because": because}
            for definition, score, because in report.suspects
        ],
        "candidates": report.tally.candidates,
        "pruned": report.tally.pruned,
        "overfitted": report.tally.overfitted,
        "regressing": report.tally.regressing,
        "notes": list(report.tally.notes),
        "tests_run": report.tests_run,
        "seconds": report.seconds,
        "sandbox": {"layer": report.sandbox, "not_covered": list(report.not_covered)},
        "patch": None if patch is None else _patch_document(patch),
        "delivered": report.delivered,
        "attempts": [{**asdict(each), "end": str(each.end)} for each in report.attempts],
        "steps": report.steps,
        "tokens": report.tokens,
        "first_prompt": {"tokens": report.prompt[0], "counted_by": report.prompt[1]},
        "reproduction": report.reproduction,
        "server_error": report.server_error,
    }


def _patch_document(patch: FixPatch) -> Document:
    measured = patch.measured
    return {
        "arm": patch.arm,
        "why": patch.why,
        "files": list(patch.files),
        "lines": patch.lines,
        "overfits": patch.overfits,
        "diff": patch.text,
        "measured": None if measured is None else asdict(measured),
    }


def fix_lines(report: FixReport) -> Iterator[Line]:
    """The whole text."""
    targets = words.count(len(report.targets), "failing test")
    yield line((f"{report.end}", _STYLES.get(report.end, "bold red")), f": {targets}")
    if report.patch is not None:
        yield prose((report.patch.why, ""), indent=2)
        yield BLANK
        yield from _measured(report, report.patch)
    yield from _tally(report)
    for note in report.tally.notes:
        yield prose((note, "dim"), indent=2)
    if report.patch is not None:
        yield BLANK
        for text in report.patch.text.splitlines():
            yield line((text, _style(text)))
    yield BLANK
    yield from _ending(report)


def _measured(report: FixReport, patch: FixPatch) -> Iterator[Line]:
    found = patch.measured
    if found is None:
        yield _row("verified", "no")
        return
    total = len(report.targets)
    yield _row("fail to pass", f"{len(found.fixed)} of {total}")
    yield _row("pass to pass broken", _names(found.broken))
    if found.flaky:
        yield _row("flaky, set aside", _names(found.flaky))
    if found.catastrophic:
        yield _row("catastrophic", "yes: nearly nothing passes any more")
    yield _row("verified with", _scope(found))
    if report.held_back and patch.arm != str(Arm.REVERT):  # a revert is searched with all
        yield _row(
            "held back",
            f"{len(report.held_back)} of {total}; {'' if patch.overfits else 'not '}overfitted",
        )


def _scope(found: Measured) -> str:
    if found.whole_suite:
        return f"the whole suite, {words.count(found.ran, 'test')}"
    return f"{found.ran:,} of {words.count(found.total, 'test')}: those at risk"


def _tally(report: FixReport) -> Iterator[Line]:
    for each in report.attempts:
        yield _row(f"attempt {each.number}", _attempt(each))
        if each.end is AttemptEnd.CONTEXT and each.why and each.why != report.server_error:
            yield _row("", each.why)
    if report.attempts:
        yield _row("tokens", f"{report.tokens:,} in {words.count(report.steps, 'step')}")
    if "search" in report.engine:
        yield _row("candidates", _candidates(report))
    yield _row("tests run", f"{report.tests_run:,} in {words.seconds(report.seconds)}")


def _attempt(each: AttemptFacts) -> str:
    """One attempt in a line."""
    text = (
        f"{each.end}: {words.count(each.steps, 'step')}, {words.count(each.edits, 'edit')},"
        f" {each.tokens:,} tokens, {words.seconds(each.seconds)}"
    )
    return f"{text} ({each.model}, seed {each.seed})"


def _candidates(report: FixReport) -> str:
    tally = report.tally
    text = f"{tally.candidates:,} tried, {tally.pruned:,} left out"
    for number, what in ((tally.overfitted, "overfitted"), (tally.regressing, "broke others")):
        if number:
            text += f", {number:,} {what}"
    return text


def _names(names: tuple[str, ...]) -> str:
    if not names:
        return "none"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{len(names)}: {', '.join(names[:_SHOWN])}{more}"


def _row(label: str, text: str) -> Line:
    return line(f"  {label:<{_LABEL}}", text)


def _style(text: str) -> str:
    if text.startswith(("+++", "---", "diff ")):
        return "bold"
    return {"+": "green", "-": "red", "@": "cyan"}.get(text[:1], "")


def _ending(report: FixReport) -> Iterator[Line]:
    patch = f"{report.folder}/best.patch"
    if report.delivered:
        yield line(report.delivered)
    elif report.patch is not None:
        yield line(f"The patch is kept. Apply it: git apply {patch}")
    elif report.end is FixEnd.NOT_FIXED:
        yield line("No repair was found. What is most suspicious:")
        for definition, score, because in report.suspects[:_SHOWN]:
            yield prose((f"{score:.2f} {definition}", ""), (f"  {because}", "dim"), indent=2)
    if report.server_error:
        yield prose((report.server_error, "bold red"))
    if report.reproduction:
        yield line(f"The test that reproduces the issue: {report.reproduction}")
    if report.end in {FixEnd.SERVER, FixEnd.BUDGET, FixEnd.INTERRUPTED}:
        more = f" --attempts {len(report.attempts) + 3}" if _needs_more(report) else ""
        yield line(f"Go on: tdad fix --resume {report.run}{more}")


def _needs_more(report: FixReport) -> bool:
    """Tell whether all attempts of a model were used."""
    return report.end is FixEnd.BUDGET and bool(report.attempts)

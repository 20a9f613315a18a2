"""The answer of ``tdad gate`` as a JSON document."""

from __future__ import annotations

from dataclasses import asdict

from tdad.answers_gate import GateReport, Version
from tdad.facts_flaky import Flakes
from tdad.facts_gate import Attempt, Judged, Verdict
from tdad.report.documents import Document


def gate_document(report: GateReport) -> Document:
    """``tdad.gate/1``."""
    chosen = report.chosen
    return {
        "schema": "tdad.gate/1",
        "end": str(report.end),
        "baseline": _version(report.baseline),
        "head": _version(report.head),
        "counts": {str(v): len(report.with_verdict(v)) for v in Verdict},
        "test_regression_rate": report.test_regression_rate,
        "catastrophic": report.catastrophic,
        "undecided": list(report.undecided),
        "notes": list(report.notes),
        "dirty": report.dirty,
        "selection": {
            "asked": chosen.asked,
            "by": chosen.by,
            "total": chosen.total,
            "selected": chosen.selected,
            "ran": chosen.ran,
            "partial": chosen.partial,
            "not_run": list(chosen.not_run),
            "sampled": chosen.sampled,
            "missed": list(chosen.missed),
            "shadow": chosen.shadow,
            "time_share": chosen.time_share,
        },
        "tests": [_test(test) for test in report.tests],
        "uncollected": [asdict(one) for one in report.uncollected],
        "findings": [
            {**asdict(one), "kind": str(one.kind), "level": str(one.level)}
            for one in report.findings
        ],
        "suggestions": [
            {
                "tests": list(one.tests),
                "why": one.why,
                "patch": one.patch,
                "breaks": list(one.breaks),
            }
            for one in report.suggestions
        ],
        "author": None
        if report.author is None
        else {**asdict(report.author), "evidence": list(report.author.evidence)},
        "folder": report.folder,
        "changes": report.changes,
        "baseline_ran": report.baseline_ran,
        "reruns": report.reruns,
        "known_flaky": report.known_flaky,
        "sandbox": report.sandbox,
        "seconds": report.seconds,
    }


def _version(version: Version) -> Document:
    return {"name": version.name, "commit": version.commit, "python": version.python}


def _test(test: Judged) -> Document:
    return {
        "id": test.node_id,
        "verdict": str(test.verdict),
        "row": test.row,
        "manner": str(test.manner),
        "fails_gate": test.fails_gate,
        "note": test.note,
        "because": list(test.because),
        "old_id": test.old_id,
        "rate": test.rate,
        "site": None if test.site is None else asdict(test.site),
        "sampled": test.sampled,
        "history": _history(test.flakes),
        "baseline": [_attempt(one) for one in test.baseline],
        "head": [_attempt(one) for one in test.head],
    }


def _history(flakes: Flakes | None) -> Document | None:
    if flakes is None:
        return None
    return {"gates": len(flakes.samples), "asked": flakes.asked, "failed": flakes.failed}


def _attempt(attempt: Attempt) -> Document:
    return {
        "status": str(attempt.status),
        "seconds": round(attempt.duration_s, 4),
        "message": attempt.message,
        "phase": str(attempt.phase),
        "setting": str(attempt.setting),
        "site": None if attempt.site is None else asdict(attempt.site),
    }

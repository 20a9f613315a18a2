"""The answer of ``tdad gate`` as a code quality report of GitLab: a list of issues."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tdad.answers_gate import GateReport
from tdad.facts_gate import Finding, Judged, Level
from tdad.report.documents import Document
from tdad.report.gate_words import (
    fingerprint,
    key_of,
    noteworthy,
    one_line,
    place,
    place_of,
    rule_of,
    said,
    shortened,
    title,
)


def gitlab_text(report: GateReport) -> str:
    """Return the report; fingerprints are unique, as GitLab drops repeated ones."""
    issues: dict[str, Document] = {}
    for issue in _issues(report):
        issues.setdefault(issue["fingerprint"], issue)
    return json.dumps(list(issues.values()), indent=2) + "\n"


def _issues(report: GateReport) -> Iterator[Document]:
    for test in report.gating:
        yield _of_test(test, "critical", report.folder)
    for finding in report.findings:
        yield _of_finding(finding, report.folder)
    for test in noteworthy(report.tests):
        yield _of_test(test, "info", report.folder)


def _of_test(test: Judged, severity: str, folder: str) -> Document:
    where = place(test, folder)
    text = f"{title(test)}: {test.node_id}. {test.note}. {said(test)}"
    key = _key(folder, test.node_id)
    return _issue(rule_of(test.verdict), text, severity, (where.path, where.line), key)


def _of_finding(finding: Finding, folder: str) -> Document:
    where = place_of(finding, folder)
    about = f"{finding.test}: " if finding.test else ""
    severity = "major" if finding.level is Level.FAIL else "minor"
    return _issue(
        f"policy-{finding.kind}",
        about + finding.message,
        severity,
        (where.path, where.line),
        _key(folder, key_of(finding)),
    )


def _key(folder: str, key: str) -> str:
    """What tells an issue of one project of a repository from those of its other projects."""
    return f"{folder}/{key}" if folder else key


def _issue(name: str, text: str, severity: str, where: tuple[str, int], key: str) -> Document:
    return {
        "description": shortened(one_line(text), 1000),
        "check_name": f"tdad-gate-{name}",
        "fingerprint": fingerprint(name, key),
        "severity": severity,
        "location": {"path": one_line(where[0]), "lines": {"begin": where[1]}},
    }

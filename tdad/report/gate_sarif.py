"""The answer of ``tdad gate`` as SARIF 2.1.0, for code scanning.

GitHub shows 5,000 results of a run and refuses more than 25,000. A fingerprint is made of names, never of lines, so
that an alert stays the same one when code moves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import tdad
from tdad.answers_gate import GateEnd, GateReport
from tdad.facts_gate import POLICIES, Finding, Judged, Level
from tdad.report.documents import Document, dumps
from tdad.report.gate_words import (
    COUNTED,
    Place,
    fingerprint,
    key_of,
    noteworthy,
    place,
    place_of,
    printable,
    rule_of,
    sentence,
    title,
)

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_MOST = 5000


def sarif_text(report: GateReport) -> str:
    """Return the report."""
    results = list(_results(report))[:_MOST]
    used = {result["ruleId"] for result in results}
    rules = [rule for rule in _rules() if rule["id"] in used]
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    for result in results:
        result["ruleIndex"] = index[result["ruleId"]]
    run: Document = {
        "tool": {
            "driver": {
                "name": "tdad gate",
                "semanticVersion": tdad.__version__,
                "rules": rules,
            }
        },
        "automationDetails": {"id": _category(report.folder)},
        "invocations": [
            {
                "executionSuccessful": report.end is not GateEnd.UNDECIDED,
                "toolExecutionNotifications": [
                    {"level": "error", "message": {"text": _plain(text)}}
                    for text in report.undecided
                ],
            }
        ],
        "columnKind": "utf16CodeUnits",
        "results": results,
    }
    return dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _category(folder: str) -> str:
    """Reports of one category take each other's place: each project of a repository has its own."""
    return f"tdad-gate/{_uri(folder)}/" if folder else "tdad-gate/"


def _rules() -> Iterator[Document]:
    for verdict, one, _many in COUNTED:
        yield {"id": rule_of(verdict), "shortDescription": {"text": f"Test: {one}"}}
    for kind, rule in POLICIES.items():
        yield {"id": f"policy-{kind}", "shortDescription": {"text": rule.meaning}}


def _results(report: GateReport) -> Iterator[dict[str, Any]]:
    for test in report.gating:
        yield _of_test(test, "error", report.folder)
    for finding in report.findings:
        yield _of_finding(finding, report.folder)
    for test in noteworthy(report.tests):
        yield _of_test(test, "note", report.folder)


def _of_test(test: Judged, level: str, folder: str) -> dict[str, Any]:
    text = f"{title(test)}: {test.node_id}\n{sentence(test)}".strip()
    return _result(rule_of(test.verdict), level, text, place(test, folder), test.node_id)


def _of_finding(finding: Finding, folder: str) -> dict[str, Any]:
    level = "error" if finding.level is Level.FAIL else "warning"
    about = f"{finding.test}: " if finding.test else ""
    text = f"{about}{finding.message}\n{finding.detail}".strip()
    where = place_of(finding, folder)
    return _result(f"policy-{finding.kind}", level, text, where, key_of(finding))


def _result(rule: str, level: str, text: str, where: Place, key: str) -> dict[str, Any]:
    return {
        "ruleId": rule,
        "ruleIndex": 0,
        "level": level,
        "message": {"text": _plain(text)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(where.path)},
                    "region": {"startLine": where.line},
                }
            }
        ],
        "partialFingerprints": {"tdadGate/v1": fingerprint(rule, key)},
    }


def _uri(path: str) -> str:
    """A relative reference: percent-encoded, and never taken for a scheme."""
    try:
        data = path.encode("utf-8", "surrogateescape")  # bytes of a name that are no characters
    except UnicodeEncodeError:
        data = path.encode("utf-8", "surrogatepass")
    return quote(data, safe="/-_.~")


def _plain(text: str) -> str:
    """What a viewer shows as it is: brackets would make links (section 3.11.6 of the specification)."""
    return (
        printable(text, keep="\n\t").replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    )

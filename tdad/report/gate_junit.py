"""The answer of ``tdad gate`` as JUnit XML: one case for each test that was run, one for each violated policy."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from tdad.answers_gate import GateReport
from tdad.facts_gate import Finding, Judged, Level, Verdict
from tdad.report.gate_words import one_line, place, place_of, printable, said, sentence, title

_GOOD = frozenset({Verdict.UNCHANGED, Verdict.FIXED, Verdict.NEW_PASSING})
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not have, not even as entities."""


def junit_text(report: GateReport, *, places: bool = True) -> str:
    """Return the report.

    Args:
        report: The answer.
        places: Give cases the attributes ``file`` and ``line``: GitLab wants them, the schema of Jenkins has none.
    """
    root = ET.Element("testsuites", name="tdad gate")
    folder = report.folder if places else None
    tests = [test for test in report.tests if test.head or test.fails_gate]
    _suite(root, "tdad gate", [_case(test, folder) for test in tests])
    failing = [each for each in report.findings if each.level is Level.FAIL]
    if failing:
        _suite(root, "tdad policies", [_policy(each, folder) for each in failing])
    if report.undecided:
        case = ET.Element("testcase", classname="tdad.gate", name="decision", time="0")
        error = ET.SubElement(
            case, "error", type="undecided", message=_attribute(report.undecided[0])
        )
        error.text = _text("\n".join(report.undecided))
        _suite(root, "tdad decision", [case])
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    root.set("time", f"{report.seconds:.3f}")
    ET.indent(root)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"
    )


def _suite(root: ET.Element, name: str, cases: list[ET.Element]) -> None:
    suite = ET.SubElement(root, "testsuite", name=name, tests=str(len(cases)))
    for plural, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(plural, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")
    suite.extend(cases)


def _case(test: Judged, folder: str | None) -> ET.Element:
    path, _, names = test.node_id.partition("::")
    scope, _, name = names.partition("[")[0].rpartition("::")
    parameters = names[len(names.partition("[")[0]) :]
    module = path.removesuffix(".py").replace("/", ".")
    case = ET.Element(
        "testcase",
        classname=_attribute(
            ".".join(part for part in (module, scope.replace("::", ".")) if part)
        ),
        name=_attribute((name or path) + parameters),
        time=f"{test.head[0].duration_s if test.head else 0:.3f}",
    )
    if folder is not None:
        where = place(test, folder)
        case.set("file", _attribute(where.path))
        case.set("line", str(where.line))
    if test.fails_gate:
        result = ET.SubElement(case, "failure", type=title(test), message=_attribute(test.note))
        result.text = _text(sentence(test))
    elif test.verdict not in _GOOD:
        note = f"{title(test)}: {test.note or said(test)}"
        ET.SubElement(case, "skipped", message=_attribute(note))
    return case


def _policy(finding: Finding, folder: str | None) -> ET.Element:
    where = place_of(finding, folder or "")
    case = ET.Element(
        "testcase",
        classname=f"tdad.policy.{finding.kind}",
        name=_attribute(finding.test or finding.path or "project"),
        time="0",
    )
    if folder is not None:
        case.set("file", _attribute(where.path))
        case.set("line", str(where.line))
    failure = ET.SubElement(
        case, "failure", type=str(finding.kind), message=_attribute(finding.message)
    )
    failure.text = _text(f"{where.path}:{where.line}\n{finding.detail}".strip())
    return case


def _attribute(text: str) -> str:
    return _FORBIDDEN.sub("?", one_line(text))[:1000]


def _text(text: str) -> str:
    return _FORBIDDEN.sub("?", printable(text, keep="\n\t"))

"""What is published of the formats that CI systems read, as far as the gate writes them; nothing else may occur.

* JUNIT: element → attributes, needed attributes, elements inside. After junit-10.xsd of the xUnit plugin of Jenkins.
* SARIF: the parts of SARIF 2.1.0 (OASIS standard, errata 01, sections 3.13 to 3.49) that the gate writes.
* CODE_QUALITY: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from typing import Any

_NUMBERS = {"tests", "failures", "errors"}
JUNIT: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": ({"name", "time"} | _NUMBERS, set(), {"testsuite"}),
    "testsuite": ({"name", "time", "skipped"} | _NUMBERS, {"name"} | _NUMBERS, {"testcase"}),
    "testcase": ({"name", "time", "classname"}, {"name"}, {"failure", "error", "skipped"}),
    "failure": ({"type", "message"}, set(), set()),
    "error": ({"type", "message"}, set(), set()),
    "skipped": ({"type", "message"}, set(), set()),
}


def _object(needed: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": needed.split(),
        "properties": properties,
    }


def _array(items: dict[str, Any], least: int = 0, *, unique: bool = False) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least, "uniqueItems": unique}


_TEXT = {"type": "string", "minLength": 1}
_MESSAGE = _object("text", text={"type": "string"})
_LEVEL = {"enum": ["none", "note", "warning", "error"]}
_LOCATION = _object(
    "physicalLocation",
    physicalLocation=_object(
        "artifactLocation region",
        artifactLocation=_object("uri", uri={"type": "string", "format": "uri-reference"}),
        region=_object("startLine", startLine={"type": "integer", "minimum": 1}),
    ),
)
_RESULT = _object(
    "message",
    ruleId=_TEXT,
    ruleIndex={"type": "integer", "minimum": -1},
    level=_LEVEL,
    message=_MESSAGE,
    locations=_array(_LOCATION),
    partialFingerprints={"type": "object", "additionalProperties": {"type": "string"}},
)
_DRIVER = _object(
    "name",
    name=_TEXT,
    semanticVersion=_TEXT,
    rules=_array(_object("id", id=_TEXT, shortDescription=_MESSAGE), unique=True),
)
_INVOCATION = _object(
    "executionSuccessful",
    executionSuccessful={"type": "boolean"},
    toolExecutionNotifications=_array(_object("message", level=_LEVEL, message=_MESSAGE)),
)
_RUN = _object(
    "tool",
    tool=_object("driver", driver=_DRIVER),
    automationDetails=_object("", id={"type": "string"}),
    invocations=_array(_INVOCATION),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results=_array(_RESULT),
)
SARIF = _object(
    "version runs",
    **{"$schema": {"type": "string", "format": "uri"}},
    version={"const": "2.1.0"},
    runs=_array(_RUN),
)
CODE_QUALITY = _array(
    _object(
        "description check_name fingerprint location severity",
        description=_TEXT,
        check_name=_TEXT,
        fingerprint=_TEXT,
        severity={"enum": ["info", "minor", "major", "critical", "blocker"]},
        location=_object(
            "path lines",
            path=_TEXT,
            lines=_object("begin", begin={"type": "integer", "minimum": 1}),
        ),
    )
)

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tdad.answers import IndexSummary, MapEntry, MapState
from tdad.report import documents
from tests.unit.report.answers import EXPLANATION, FAILED, SAFE, STATS, TOTAL, VAT, report

SCHEMAS = Path(__file__).parents[3] / "docs" / "reference" / "schemas"
STATIC = MapState("static", None, ".tdad/map.sqlite3", "", 0)
ENTRY = MapEntry("test", "t.py::test_a", {"status": "passed"}, {"executes": ("a.py::f",)})
SUMMARY = IndexSummary(3, 2, 30, 60, (("bad.py", "line 3: invalid syntax"),), 0.123456)

DOCUMENTS = {
    "impact": documents.impact_document(
        report(TOTAL, VAT, FAILED, safe={"a.py::f": "comments only"}, unreached=("a.py::g",)), None
    ),
    "impact-static": documents.impact_document(report(state=STATIC), 3),
    "explain": documents.explanation_document(EXPLANATION),
    "explain-safe": documents.explanation_document(SAFE),
    "index": documents.index_document(SUMMARY),
    "map-stats": documents.stats_document(STATS),
    "map-entry": documents.entry_document(ENTRY),
}


def check(document: dict[str, Any]) -> None:
    name = document["schema"].removeprefix("tdad.").replace("/", "-")
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_keep_to_their_schema(name):
    check(json.loads(documents.dumps(DOCUMENTS[name])))


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.json")), ids=lambda path: path.name)
def test_schemas_are_schemas(path):
    jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))


def test_a_missing_field_is_noticed():
    document = dict(DOCUMENTS["impact"])
    del document["map"]
    with pytest.raises(jsonschema.ValidationError, match="map"):
        check(document)


def test_the_limit_cuts_tests_but_not_the_count():
    document = documents.impact_document(report(TOTAL, VAT, FAILED), 1)
    assert [test["node_id"] for test in document["tests"]] == [TOTAL.node_id]
    assert document["at_risk"] == 3


def test_a_test_that_is_included_for_itself_has_no_change():
    assert documents.impact_document(report(FAILED), None)["tests"][0]["change"] is None


def test_names_that_are_no_text_survive():
    entry = MapEntry("file", b"caf\xe9.py".decode("utf-8", "surrogateescape"))
    printed = documents.dumps(documents.entry_document(entry))
    assert printed.isascii()
    assert json.loads(printed)["name"] == entry.name

"""SARIF and JUnit against the published schemas, where the machine has them; ``published.py`` is their stand-in.

The schemas are other people's files and not part of this repository:

    export TDAD_SARIF_SCHEMA=sarif-schema-2.1.0.json TDAD_JUNIT_SCHEMA=junit-10.xsd
    pytest tests/unit/report/test_published_schemas.py

* ``sarif-schema-2.1.0.json``: https://github.com/oasis-tcs/sarif-spec, folder ``sarif-2.1/schema``.
* ``junit-10.xsd``: of Jenkins' xUnit plugin; the source distribution of pytest has it in ``testing/example_scripts``.
  It needs ``pip install xmlschema``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema
import pytest

from tdad.report.gate_junit import junit_text
from tdad.report.gate_sarif import sarif_text
from tests.unit.report.gates import ALL

each = pytest.mark.parametrize("name", ALL)


def _schema(variable: str) -> Path:
    if variable not in os.environ:
        pytest.skip(f"{variable} does not say where the schema is")
    return Path(os.environ[variable])


@each
def test_sarif(name):
    schema = json.loads(_schema("TDAD_SARIF_SCHEMA").read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert not list(validator.iter_errors(json.loads(sarif_text(ALL[name]))))


@each
def test_junit(name):
    path = _schema("TDAD_JUNIT_SCHEMA")
    xmlschema = pytest.importorskip("xmlschema")
    errors = list(xmlschema.XMLSchema(str(path)).iter_errors(junit_text(ALL[name], places=False)))
    assert not errors

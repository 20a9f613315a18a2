"""The whole command with a real small model: it can repair nothing, and must end as documented all the same."""

from __future__ import annotations

import json
import time
from pathlib import Path

import jsonschema
import pytest

from tests.e2e.fix_project import BROKEN, make_shop

pytestmark = pytest.mark.model

SCHEMAS = Path(__file__).parents[2] / "docs/reference/schemas"
DOCUMENTED = {0: "fixed", 1: "not fixed", 5: "fixed, broke others", 6: "budget ended"}


def test_a_repair_ends_within_its_budget(model_url, tmp_path):
    shop = make_shop(tmp_path)
    shop.edit(BROKEN)
    shop.commit("broken")
    before = shop.snapshot()
    began = time.monotonic()
    done = shop.fix(
        *("--engine", "model", "--base-url", model_url, "--json"),
        *("--attempts", "2", "--steps", "4", "--time", "30s", "--tokens", "60000"),
    )
    assert time.monotonic() - began < 2 * 30 + 150  # the start and a verification come on top
    document = done.document
    assert document["end"] == DOCUMENTED[done.code], done.err
    rules = json.loads((SCHEMAS / "fix-1.schema.json").read_text())
    jsonschema.Draft202012Validator(rules).validate(document)
    assert document["tokens"] < 60_000
    if not document["tokens"]:  # on a busy machine its first answer may take longer than that
        assert {each["end"] for each in document["attempts"]} == {"time"}
    assert {each["model"] for each in document["attempts"]} == {"qwen3.6-test"}
    assert document["first_prompt"]["counted_by"] == "server"
    (run,) = shop.runs
    rules = json.loads((SCHEMAS / "trajectory-1.schema.json").read_text())
    kinds = []
    for line in (run / "trajectory.jsonl").read_text().splitlines():
        jsonschema.Draft202012Validator(rules).validate(json.loads(line))
        kinds.append(json.loads(line)["kind"])
    assert kinds.count("attempt") == kinds.count("end") == len(document["attempts"])
    assert shop.snapshot() == before
    shop.assert_nothing_left()

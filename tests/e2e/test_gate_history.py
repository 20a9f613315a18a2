"""What one gate finds out about a flaky test, the next one knows; it looks more often, and hides nothing."""

from __future__ import annotations

import json
import sys
import time

import pytest

from tdad.facts_flaky import Sample
from tdad.facts_gate import Verdict
from tdad.report.gate_json import gate_document
from tdad.store import open_map
from tdad.workflows.gate import gate
from tdad.workflows.gate_options import GateOptions
from tdad.workflows.maps import stats
from tdad.workflows.project import open_project
from tests.e2e.gate_project import COUNTING, commit, repository

pytestmark = pytest.mark.slow

LIB = f"{COUNTING}\ndef total(): return 1\ndef name(): return turn('name') > 0\n"
TESTS = (
    "import lib\ndef test_total(): assert lib.total() == 1\ndef test_name(): assert lib.name()\n"
)
FLAKY, TOTAL = "test_lib.py::test_name", "test_lib.py::test_total"
OPTIONS = GateOptions(base="main", reruns=1, python=sys.executable, select="all")


def test_what_a_gate_finds_out_the_next_one_knows(tmp_path):
    harmless = LIB.replace("return 1", "return 2 - 1")
    root = repository(
        tmp_path / "shop",
        {"lib.py": LIB, "test_lib.py": TESTS},
        {"lib.py": harmless, "test_lib.py": TESTS},
    )
    project = open_project(root)
    with open_map(project.map_path, mode="write"):
        pass
    first = _tests(gate(project, OPTIONS))

    assert first[FLAKY].verdict is Verdict.FLAKY
    assert first[FLAKY].flakes is None
    with open_map(project.map_path, mode="read") as store:
        (known,) = store.flakes().items()
    assert known[0] == FLAKY
    assert (known[1].asked, known[1].failed) == (2, 1), "once more, as it failed there as well"
    assert stats(project).flaky == 1

    broken = harmless.replace("turn('name') > 0", "0").replace("2 - 1", "3")
    commit(root, {"lib.py": broken}, "broken")
    _steady(project, TOTAL)
    report = gate(project, OPTIONS)
    second = _tests(report)

    # it passed on the baseline now and then, so head's failures are not the change's doing for sure
    assert second[FLAKY].verdict is Verdict.FLAKY
    assert "failed 1 of 2 times before, on the baseline" in second[FLAKY].note
    # failed every time, passed every time before: a regression, whatever the history says; asked more often
    assert second[TOTAL].verdict is Verdict.REGRESSION
    assert len(second[TOTAL].head) == len(second[TOTAL].baseline) == 7
    assert "known to be flaky: failed 4 of 8 times" in second[TOTAL].note
    document = json.loads(json.dumps(gate_document(report)))
    assert document["known_flaky"] == 2
    ones = {one["id"]: one["history"] for one in document["tests"]}
    assert ones[TOTAL] == {"gates": 1, "asked": 8, "failed": 4}
    with open_map(project.map_path, mode="read") as store:
        found = store.flakes()
    assert len(found[FLAKY].samples) == 2
    assert found[TOTAL].samples[0].asked > 0


def _steady(project, name):
    """A history for a test that is not flaky."""
    with open_map(project.map_path, mode="write") as store:
        store.add_flakes({name: Sample(time.time() - 3600, 8, 4, flaky=True)})


def _tests(report):
    return {test.node_id: test for test in report.tests}

"""Every row of the decision table happens in one repository, and is decided as the table says."""

from __future__ import annotations

import sys

import pytest

from tdad.answers_gate import GateEnd
from tdad.facts_gate import Manner, Verdict
from tdad.gate.rows import BY_NUMBER
from tdad.workflows.gate import gate
from tdad.workflows.gate_options import GateOptions
from tdad.workflows.project import open_project
from tests.e2e.gate_project import every_row, repository

pytestmark = pytest.mark.slow

V = Verdict
ROWS = {
    "test_unchanged": (1, V.UNCHANGED),
    "test_always_skipped": (1, V.UNCHANGED),
    "test_after_the_death": (1, V.UNCHANGED),
    "test_broken": (2, V.REGRESSION),
    "test_setup": (2, V.REGRESSION),
    "test_hidden": (2, V.REGRESSION),
    "test_flaky": (3, V.FLAKY),
    "test_flaky_before": (4, V.FLAKY),
    "test_old_failure": (5, V.STILL_FAILING),
    "test_other_failure": (6, V.STILL_FAILING),
    "test_fixed": (7, V.FIXED),
    "test_lucky": (8, V.FLAKY),
    "test_failing_then_skipped": (9, V.SILENCED),
    "test_failing_then_gone": (9, V.REMOVED),
    "test_skipped_now": (10, V.SILENCED),
    "test_mark_gone": (11, V.FIXED),
    "test_mark_stale": (11, V.STALE_XFAIL),
    "test_mark_strict": (11, V.STALE_XFAIL),
    "test_excused": (12, V.EXCUSED),
    "test_new": (13, V.NEW_PASSING),
    "test_new_failing": (14, V.NEW_FAILING),
    "test_new_flaky": (15, V.NEW_FLAKY),
    "test_removed": (16, V.REMOVED),
    "test_new_name": (17, V.UNCHANGED),
    "test_ids[first]": (18, V.UNCHANGED),
    "test_ids[second]": (18, V.UNCHANGED),
    "tests/test_import.py::test_a": (19, V.REGRESSION),
    "tests/test_import.py::test_b": (19, V.REGRESSION),
    "tests/test_never.py": (20, V.STILL_FAILING),
    "test_dies": (21, V.REGRESSION),
    "test_hangs": (22, V.REGRESSION),
    "test_slow": (22, V.SLOW),
    "test_after_the_leak": (23, V.REGRESSION),
    "test_after_the_spoiling": (23, V.ORDER_DEPENDENT),
    "test_mark_gone_still_failing": (28, V.REGRESSION),
    "test_held_back": (30, V.SILENCED),
    "test_hollow": (31, V.SILENCED),
}
GATES = {
    "test_broken", "test_setup", "test_hidden", "test_mark_strict", "test_new_failing", "test_dies", "test_hangs",
    "test_after_the_leak", "test_mark_gone_still_failing", "tests/test_import.py::test_a",
    "tests/test_import.py::test_b",
}  # fmt: skip
MANNERS = {
    "test_setup": Manner.ERROR,
    "test_dies": Manner.CRASH,
    "test_hangs": Manner.TIMEOUT,
    "test_after_the_leak": Manner.ORDER,
    "tests/test_import.py::test_a": Manner.COLLECTION,
}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    root = repository(tmp_path_factory.mktemp("rows") / "shop", *every_row())
    options = GateOptions(
        base="main", select="all", ask_all=True, reruns=1, test_limit_s=0.2, python=sys.executable
    )
    return gate(open_project(root), options)


def found(report, name):
    whole = name if "/" in name else f"tests/test_rows.py::{name}"
    return {test.node_id: test for test in report.tests}[whole]


@pytest.mark.parametrize("name", ROWS)
def test_a_row_is_decided_as_the_table_says(report, name):
    number, verdict = ROWS[name]
    test = found(report, name)
    assert (test.row, test.verdict) == (number, verdict), test
    assert test.fails_gate == (name in GATES)
    assert test.manner is MANNERS.get(name, test.manner)


def test_nothing_else_is_said(report):
    others = {test.node_id.removeprefix("tests/test_rows.py::") for test in report.tests} - {*ROWS}
    assert {found(report, name).verdict for name in others} <= {V.UNCHANGED}, others


def test_the_end_is_a_regression(report):
    assert report.end is GateEnd.REGRESSION
    assert not report.undecided


def test_every_row_that_one_test_decides_happens_here(report):
    elsewhere = {24, 25, 26, 27, 29}
    assert {number for number, _ in ROWS.values()} == BY_NUMBER.keys() - elsewhere


def test_rates_and_names(report):
    assert found(report, "test_flaky").rate == pytest.approx(1 / 3)
    assert found(report, "test_new_name").old_id == "tests/test_rows.py::test_old_name"
    assert found(report, "test_ids[first]").old_id == "tests/test_rows.py::test_ids[one]"
    assert "turned this failure into a pass" in found(report, "test_hidden").failure.message

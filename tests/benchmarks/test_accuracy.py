"""The parts of the accuracy benchmark that need no hours: figures, history, what a run says of its tests."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

from accuracy_figures import figures, ratio
from accuracy_history import parts
from accuracy_results import Result, Way
from accuracy_run import Suite, failing

from tests.lean import LEAN

TOOLS = Path(__file__).parents[2] / "tools"


def result(failing_tests: int, **ways: Way) -> Result:
    return Result("p", "k", "function body", "a.py::f", "x", 10, failing_tests, ways)


def test_figures_over_two_trials() -> None:
    found = figures(
        [
            result(2, w=Way(selected=5, missed=0, first=1, time=0.5)),
            result(2, w=Way(selected=1, missed=1, first=7, time=0.1)),
        ],
        "w",
    )
    assert found is not None
    assert (found.trials, found.safe, found.recall) == (2, 0.5, 0.75)
    assert round(found.selected, 9) == 0.3
    assert round(found.time, 9) == 0.3
    assert found.early == (0.5, 1.0, 1.0)


def test_a_strategy_that_finds_no_failing_test_is_never_early() -> None:
    found = figures([result(3, w=Way(selected=0, missed=3, first=None, time=0.0))], "w")
    assert found is not None
    assert found.early == (0.0, 0.0, 0.0)
    assert found.recall == 0


def test_the_ratio_counts_only_trials_that_have_both() -> None:
    one, four = Way(1, 0, 1, 0.1), Way(4, 0, 1, 0.4)
    assert ratio([result(1, a=one, b=four), result(1, a=four)], "a", "b") == 0.25
    assert ratio([result(1, a=one)], "a", "b") is None


# ------------------------------------------------------------------------------------------------------------ history

BEFORE = """\
import os

LIMIT = 1


def first():
    return 1


class C:
    def method(self):
        return 1

    def same(self):
        return 0
"""
NOW = BEFORE.replace("LIMIT = 1", "LIMIT = 2").replace("return 1", "return 2")


def test_each_part_of_a_difference_is_put_back_alone() -> None:
    found = dict(parts(BEFORE, NOW))
    assert found["the file"] == BEFORE
    assert found["lines 3-3"] == NOW.replace("LIMIT = 2", "LIMIT = 1")
    assert found["first"] == NOW.replace(
        "def first():\n    return 2", "def first():\n    return 1"
    )
    assert "LIMIT = 2" in found["C.method"]
    assert "def method(self):\n        return 1" in found["C.method"]
    for text in found.values():
        ast.parse(text)


def test_the_same_file_has_no_parts() -> None:
    assert list(parts(NOW, NOW)) == []


# ---------------------------------------------------------------------------------------------------------- outcomes


def run(folder: Path, text: str) -> Suite:
    (folder / "test_it.py").write_text(text, encoding="utf-8")
    outcomes = folder / "outcomes.json"
    plugin = ["-p", "accuracy_outcomes", "-p", "no:cacheprovider", *LEAN]
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugin, "--continue-on-collection-errors"],
        cwd=folder,
        env=os.environ
        | {
            "PYTHONPATH": str(TOOLS),
            "ACCURACY_OUTCOMES": str(outcomes),
            "ACCURACY_LIMIT_S": "0.5",
        },
        capture_output=True,
        check=False,
        timeout=60,
    )
    found = json.loads(outcomes.read_text(encoding="utf-8"))
    uncollected = tuple(found["uncollected"])
    return Suite(found["exit"], found["ends"], found["seconds"], uncollected, found["hung"], 0.0)


SUITE = """\
import pytest

def test_good(): pass
def test_bad(): assert False
def test_loop():
    while VALUE: pass
@pytest.fixture
def broken(): raise ValueError
def test_error(broken): pass
@pytest.mark.skip
def test_skipped(): pass
@pytest.mark.xfail
def test_expected(): assert False

VALUE = 0
"""


def test_how_each_test_ended_and_what_fails_after_a_change(tmp_path: Path) -> None:
    before = run(tmp_path, SUITE)
    ends = {node_id.partition("::")[2]: end for node_id, end in before.ends.items()}
    assert ends == {
        "test_good": "passed",
        "test_bad": "failed",
        "test_loop": "passed",
        "test_error": "error",
        "test_skipped": "skipped",
        "test_expected": "xfailed",
    }
    after = run(tmp_path, SUITE.replace("VALUE = 0", "VALUE = 1"))
    assert after.hung == 1
    assert failing(before, after) == {"test_it.py::test_loop"}


def test_a_file_that_cannot_be_collected_fails_all_its_tests(tmp_path: Path) -> None:
    before = run(tmp_path, SUITE)
    after = run(tmp_path, SUITE.replace("VALUE = 0", "VALUE = nothing"))
    assert after.uncollected == ("test_it.py",)
    assert failing(before, after) == {
        "test_it.py::test_good",
        "test_it.py::test_loop",
        "test_it.py::test_expected",
    }


def test_a_test_that_is_gone_does_not_fail(tmp_path: Path) -> None:
    before = run(tmp_path, SUITE)
    after = run(tmp_path, SUITE.replace("def test_good(): pass", ""))
    assert failing(before, after) == frozenset()

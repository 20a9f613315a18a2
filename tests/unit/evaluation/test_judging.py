"""One trial, judged; many trials, summed up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tdad.evaluation.figures import figures, grouped
from tdad.evaluation.trials import judge
from tdad.facts_faults import EVERYTHING
from tests.unit.evaluation.builders import BASELINE, trial


def test_every_failing_test_selected_is_safe():
    judged = judge(trial("t.py::b", "t.py::a", failing=("t.py::a",)), BASELINE)
    assert judged.fails
    assert judged.safe
    assert judged.detected
    assert judged.first == 2
    assert judged.selected == 2
    assert judged.selected_share == 0.5
    assert judged.time_share == pytest.approx(0.3)


def test_one_of_two_selected_is_detected_and_not_safe():
    judged = judge(trial("t.py::a", failing=("t.py::a", "u.py::c")), BASELINE)
    assert judged.missed == ("u.py::c",)
    assert judged.detected
    assert not judged.safe


def test_none_selected_is_not_detected():
    judged = judge(trial("t.py::b", failing=("t.py::a",)), BASELINE)
    assert judged.first is None
    assert not judged.detected


def test_nothing_fails():
    judged = judge(trial("t.py::b"), BASELINE)
    assert not judged.fails
    assert judged.safe


def test_a_function_selects_its_instances():
    judged = judge(trial("t.py::p", failing=("t.py::p[1]",)), BASELINE)
    assert judged.safe
    assert judged.selected == 1


def test_an_instance_that_did_not_exist_runs_with_its_function():
    assert judge(trial("t.py::p[1]", failing=("t.py::p[2]",)), BASELINE).safe
    assert judge(trial("t.py::a", failing=("t.py::p[2]",)), BASELINE).missed == ("t.py::p[2]",)


def test_another_instance_does_not_stand_for_a_known_one():
    baseline = replace(BASELINE, durations={**BASELINE.durations, "t.py::p[2]": 1.0})
    judged = judge(trial("t.py::p[1]", failing=("t.py::p[2]",)), baseline)
    assert judged.missed == ("t.py::p[2]",)


def test_a_file_that_cannot_be_collected_shows_when_any_of_its_tests_is_run():
    assert judge(trial("u.py::c", uncollected=("u.py",)), BASELINE).safe
    assert judge(trial("t.py::a", uncollected=("u.py",)), BASELINE).missed == ("u.py",)


def test_a_file_that_cannot_be_collected_and_had_no_test_does_not_fail():
    judged = judge(trial("u.py::c", uncollected=("examples/app.py", "u.py")), BASELINE)
    assert judged.safe
    assert judged.trial.broken == ("u.py",)
    assert not judge(trial(uncollected=("examples/app.py",)), BASELINE).fails


def test_when_nothing_can_be_run_any_selected_test_shows_it():
    judged = judge(trial("u.py::c", nothing_ran=True), BASELINE)
    assert judged.safe
    assert judged.first == 1
    assert judge(trial(nothing_ran=True), BASELINE).missed == (EVERYTHING,)


def test_a_precaution_is_counted():
    judged = judge(replace(trial("t.py::a"), evidence=("precaution",)), BASELINE)
    assert judged.by_precaution
    assert figures([judged]).precautions == 1


def test_figures():
    rank6 = tuple(f"t.py::x{n}" for n in range(5))
    judged = [
        judge(trial("t.py::a", failing=("t.py::a",)), BASELINE),
        judge(trial(*rank6, "t.py::b", failing=("t.py::b",)), BASELINE),
        judge(trial("t.py::a", failing=("t.py::a", "u.py::c", "t.py::b")), BASELINE),
        judge(trial(failing=("u.py::c",)), BASELINE),
        judge(trial(), BASELINE),
    ]
    found = figures(judged)
    assert (found.tried, found.failing, found.safe, found.detected) == (5, 4, 2, 3)
    assert found.early == ((5, 2), (10, 3), (20, 3))
    assert (found.failing_tests, found.missed_tests) == (6, 3)
    assert found.safe_share == 0.5
    assert found.recall == 0.5
    assert found.selected_mean == pytest.approx(3 / 4 / 5)
    assert found.selected_median == 0.25
    assert found.time_share == pytest.approx((0.1 + 0.2 + 0.1) / 5)
    assert found.unselected == 2


def test_figures_of_nothing():
    found = figures([])
    assert found.safe_share is None
    assert found.recall is None
    assert found.selected_mean is None


def test_groups_are_sorted():
    judged = [judge(trial("t.py::a"), BASELINE), judge(trial(), BASELINE)]
    names = [name for name, _ in grouped(judged, lambda one: str(one.selected))]
    assert names == ["0", "1"]

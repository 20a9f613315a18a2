"""A run under a budget, in portions."""

from __future__ import annotations

import time

from tdad.facts import Status
from tdad.facts_gate import Attempt
from tdad.runner.witness_read import Witnessed
from tdad.runner.witnessed import Wanted
from tdad.workflows.gate_portions import by_files, in_portions

NAMES = tuple(f"test_{n:03}.py::test_{each}" for each in "ab" for n in range(120))
FILES = tuple(sorted({name.partition("::")[0] for name in NAMES}))
WANTED = Wanted(ids=NAMES, look_into=("edited_test.py", *FILES), budget_s=0.2)


def ran(part, left_s):
    return Witnessed(
        attempts={name: Attempt(Status.PASSED) for name in part.ids}, chosen=part.ids, exit_code=0
    )


def test_each_file_is_in_one_portion_and_all_its_tests_with_it():
    parts = list(by_files(WANTED, FILES))
    assert [len(part.look_into) for part in parts] == [21, 80, 20]
    assert sorted(name for part in parts for name in part.ids) == sorted(NAMES)
    for part in parts:
        assert {name.partition("::")[0] for name in part.ids} == {*part.look_into} - {
            "edited_test.py"
        }


def test_what_was_edited_is_looked_into_first():
    first, *others = by_files(WANTED, FILES)
    assert "edited_test.py" in first.look_into
    assert not any("edited_test.py" in part.look_into for part in others)


def test_with_time_enough_all_run_and_nothing_is_late():
    run = in_portions(WANTED, by_files(WANTED, FILES), 10.0, ran)
    assert set(run.attempts) == set(run.chosen) == set(NAMES)
    assert not run.cut_short


def test_when_the_budget_is_over_the_rest_is_chosen_and_has_no_outcome():
    def slow(part, left_s):
        time.sleep(0.25)
        return ran(part, left_s)

    run = in_portions(WANTED, by_files(WANTED, FILES), 10.0, slow)
    assert len(run.attempts) == 40
    assert set(run.chosen) == set(NAMES)
    assert run.cut_short


def test_a_portion_that_was_still_looking_for_its_tests_has_run_none_of_them():
    def never(part, left_s):
        return Witnessed(uncollected={"test_000.py": "no"}, cut_short=True)

    run = in_portions(WANTED, by_files(WANTED, FILES), 10.0, never)
    assert not run.attempts
    assert set(run.chosen) == set(NAMES)
    assert run.cut_short


def test_after_a_death_the_rest_may_still_be_run():
    def dies(part, left_s):
        return Witnessed(chosen=part.ids, attempts={part.ids[0]: Attempt(Status.FAILED)})

    run = in_portions(WANTED, by_files(WANTED, FILES), 10.0, dies)
    assert not run.cut_short
    assert set(run.chosen) == set(NAMES)

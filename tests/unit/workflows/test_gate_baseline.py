from __future__ import annotations

from tdad.facts import Status
from tdad.facts_gate import Attempt
from tdad.workflows.gate_baseline import BaselineRun
from tdad.workflows.gate_cache import Known
from tdad.workflows.gate_select import other_python


def test_what_another_tree_said_is_not_kept_as_the_baselines():
    assert BaselineRun().believed
    assert not BaselineRun(foreign=("django (/home/me/django)",)).believed
    assert not BaselineRun(forged=True).believed


def test_what_this_gate_found_out_is_told_from_what_earlier_ones_did(tmp_path):
    passed, failed = Attempt(Status.PASSED), Attempt(Status.FAILED)
    first = Known.load(tmp_path, "commit", "environment")
    first.add({"a": passed, "b": passed})
    first.save()
    known = Known.load(tmp_path, "commit", "environment")
    assert known.of("a") == (passed,)
    assert known.fresh() == {}
    known.add({"a": failed, "c": passed})
    assert known.of("a") == (passed, failed)
    assert known.fresh() == {"a": (failed,), "c": (passed,)}


def test_another_python_than_the_recordings_is_said():
    assert list(other_python("", (3, 13, 0))) == []
    assert list(other_python("cpython 3.13.0", (3, 13, 0))) == []
    assert list(other_python("cpython 3.14.0b1", (3, 14, 0))) == []
    (note,) = other_python("cpython 3.13.1", (3, 13, 10))
    assert note.startswith(
        "the map was recorded with cpython 3.13.1, and the tests ran with Python 3.13.10"
    )

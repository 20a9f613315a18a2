from __future__ import annotations

from tdad.facts import Status
from tdad.facts_gate import Attempt
from tdad.workflows.gate_baseline import BaselineRun
from tdad.workflows.gate_cache import Known


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

from __future__ import annotations

from tdad.workflows.gate_baseline import BaselineRun


def test_what_another_tree_said_is_not_kept_as_the_baselines():
    assert BaselineRun().believed
    assert not BaselineRun(foreign=("django (/home/me/django)",)).believed
    assert not BaselineRun(forged=True).believed

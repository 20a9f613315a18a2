from __future__ import annotations

import pytest

from tdad.facts import Status
from tdad.facts_flaky import Flakes, Sample
from tdad.facts_gate import Attempt, Judged, Verdict
from tdad.gate.history import CHANCE, MOST, reruns_for, said, samples

P, F = Attempt(Status.PASSED), Attempt(Status.FAILED)
V = Verdict


def flakes(asked: int, failed: int) -> Flakes:
    return Flakes((Sample(1.0, asked, failed, flaky=True),))


def test_without_a_history_reruns_are_what_was_asked_for():
    assert reruns_for(3, None) == 3
    assert reruns_for(3, None, shaky=True) == 6


@pytest.mark.parametrize(("asked", "failed"), [(20, 10), (30, 10), (30, 20), (8, 4), (40, 10)])
def test_a_test_of_the_known_rate_hardly_ends_alike_every_time(asked, failed):
    runs = reruns_for(3, flakes(asked, failed)) + 1
    rate = failed / asked
    assert max(rate**runs, (1 - rate) ** runs) <= 1.5 * CHANCE
    assert runs <= MOST


def test_reruns_are_bounded():
    assert reruns_for(3, flakes(100, 0)) == MOST - 1
    assert reruns_for(3, flakes(0, 0)) == 6, (
        "twice as often, when nothing is known but that it is flaky"
    )
    assert reruns_for(3, flakes(100, 0), duration_s=10) == 6, (
        "sixty seconds, but twice as often at least"
    )
    assert reruns_for(3, flakes(100, 0), duration_s=6) == 10
    assert reruns_for(0, flakes(20, 10)) == 0, "nobody wants reruns"
    assert reruns_for(30, flakes(20, 10)) == 60


def test_a_flaky_test_begins_a_history_with_all_that_is_known_of_the_baseline():
    tests = [
        Judged("new", V.FLAKY, 3, baseline=(P, F, P)),
        Judged("head", V.NEW_FLAKY, 15),
        Judged("order", V.ORDER_DEPENDENT, 23, baseline=(P, F, F)),
        Judged("steady", V.REGRESSION, 2, baseline=(P, P)),
    ]
    assert samples(tests, {}, {"new": (P,)}, at=5.0) == {
        "new": Sample(5.0, 3, 1, flaky=True),
        "head": Sample(5.0, 0, 0, flaky=True),
        "order": Sample(5.0, 3, 2, flaky=True),
    }


def test_a_known_test_adds_what_this_gate_found_out_only():
    known = {"a": flakes(9, 1), "b": flakes(9, 1), "c": flakes(9, 1), "was": flakes(9, 1)}
    tests = [
        Judged("a", V.REGRESSION, 2, baseline=(P, P, P)),
        Judged("b", V.UNCHANGED, 1),
        Judged("c", V.FLAKY, 3, baseline=(P,)),
        Judged("is", V.FLAKY, 4, baseline=(F, P), old_id="was"),
    ]
    assert samples(tests, known, {"a": (P, P), "was": (F,)}, at=5.0) == {
        "a": Sample(5.0, 2, 0, flaky=False),
        "c": Sample(5.0, 0, 0, flaky=True),
        "was": Sample(5.0, 1, 1, flaky=True),
    }


def test_what_is_said_beside_a_verdict():
    assert said(flakes(41, 3), V.FLAKY) == (
        "known to be flaky: failed 3 of 41 times before, on the baseline"
    )
    assert "never failed in 9 runs" in said(flakes(9, 0), V.REGRESSION)
    assert said(flakes(0, 0), V.FLAKY) == "known to be flaky"
    assert said(flakes(41, 3), V.UNCHANGED) == ""
    assert said(None, V.FLAKY) == ""

from __future__ import annotations

import pytest

from tdad.facts import Status
from tdad.facts_gate import Attempt, Body, Phase, Setting, Verdict
from tdad.gate.judge import Evidence, Presence, judge
from tdad.gate.rows import BY_NUMBER, ROWS

P = Attempt(Status.PASSED)
F = Attempt(Status.FAILED, message="AssertionError: no")
E = Attempt(Status.ERROR, message="ValueError: no", phase=Phase.SETUP)
S = Attempt(Status.SKIPPED)
X = Attempt(Status.XFAILED)
NEVER = Attempt(Status.PASSED, body=Body.NEVER)
BEGUN = Attempt(Status.PASSED, body=Body.BEGUN)
ENDED = Attempt(Status.PASSED, body=Body.ENDED)
RAISED = Attempt(Status.FAILED, body=Body.BEGUN)
PF = Attempt(Status.FAILED, setting=Setting.PREFIX)
PP = Attempt(Status.PASSED, setting=Setting.PREFIX)
CASES = [
    ("P", "P", 1, Verdict.UNCHANGED),
    ("PPPP", "FFFF", 2, Verdict.REGRESSION),
    ("P", "FPFF", 3, Verdict.FLAKY),
    ("PF", "FFFF", 4, Verdict.FLAKY),
    ("F", "F", 5, Verdict.STILL_FAILING),
    ("F", "E", 6, Verdict.STILL_FAILING),
    ("FF", "PP", 7, Verdict.FIXED),
    ("FP", "P", 8, Verdict.FLAKY),
    ("F", "S", 9, Verdict.SILENCED),
    ("F", "X", 9, Verdict.EXCUSED),
    ("P", "S", 10, Verdict.SILENCED),
    ("X", "P", 11, Verdict.FIXED),
    ("P", "X", 12, Verdict.EXCUSED),
    ("S", "P", 13, Verdict.NEW_PASSING),
    ("S", "FF", 14, Verdict.NEW_FAILING),
    ("X", "FF", 28, Verdict.REGRESSION),
    ("S", "X", 1, Verdict.UNCHANGED),
]


def attempts(text: str) -> tuple[Attempt, ...]:
    return tuple({"P": P, "F": F, "E": E, "S": S, "X": X}[letter] for letter in text)


@pytest.mark.parametrize(("before", "now", "row", "verdict"), CASES)
def test_outcomes_are_judged(before, now, row, verdict):
    decision = judge(Evidence("t", attempts(before), attempts(now)))
    assert (decision.row, decision.verdict) == (row, verdict)


def test_a_regression_is_not_hidden_by_one_more_failure_or_less():
    """Whatever the numbers: always failing on head and never before is a regression."""
    for before in range(1, 6):
        for now in range(1, 6):
            decision = judge(Evidence("t", (P,) * before, (F,) * now))
            assert decision.verdict is Verdict.REGRESSION


def test_without_a_baseline_nothing_is_decided():
    for presence in (Presence.UNKNOWN, Presence.UNRUNNABLE):
        assert judge(Evidence("t", (), (F,), presence)).verdict is Verdict.UNDECIDED
    assert judge(Evidence("t", (), (), Presence.THERE)).verdict is Verdict.UNDECIDED


def test_only_what_ran_before_is_lost_with_its_module():
    def lost(*before):
        return judge(Evidence("t", before, on_head=Presence.UNCOLLECTED)).verdict

    assert lost(P) is Verdict.REGRESSION
    assert lost() is Verdict.REGRESSION
    assert lost(F) is Verdict.STILL_FAILING
    assert lost(S) is Verdict.UNCHANGED


def test_what_is_kept_from_running_is_no_removed_test():
    def held(*before):
        return judge(Evidence("t", before, on_head=Presence.HELD_BACK))

    assert (held(P).row, held(P).verdict) == (30, Verdict.SILENCED)
    assert (held(F).row, held(F).verdict) == (9, Verdict.SILENCED)
    assert held(S).verdict is Verdict.UNCHANGED


@pytest.mark.parametrize("now", [NEVER, BEGUN])
def test_a_pass_without_the_function_is_one_only_if_it_always_was(now):
    def hollow(*before):
        decision = judge(Evidence("t", before, (now,)))
        return decision.row, decision.verdict

    assert hollow(ENDED) == (31, Verdict.SILENCED)
    assert hollow(now, now) == (1, Verdict.UNCHANGED), "a plugin runs it elsewhere"
    assert hollow(P) == (1, Verdict.UNCHANGED), "it cannot be told"
    assert hollow(RAISED, RAISED) == (9, Verdict.SILENCED)
    assert judge(Evidence("t", (now,), (ENDED,))).verdict is Verdict.UNCHANGED


def test_order_is_a_regression_only_if_the_baseline_keeps_the_order():
    head = (F, P, P, PF, PF)
    assert judge(Evidence("t", (P, PP, PP), head)).verdict is Verdict.REGRESSION
    assert judge(Evidence("t", (P, PF), head)).verdict is Verdict.ORDER_DEPENDENT
    assert judge(Evidence("t", (P,), head)).verdict is Verdict.FLAKY
    assert judge(Evidence("t", (P, PP), (F, P, PF, PP))).verdict is Verdict.FLAKY


def test_rows_are_numbered_without_gaps():
    assert sorted(BY_NUMBER) == list(range(1, len(ROWS) + 1))

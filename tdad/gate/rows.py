"""The decision table: what each combination of outcomes means. The documentation is generated from here."""

from __future__ import annotations

from dataclasses import dataclass

from tdad.facts_gate import Verdict

ALWAYS, NEVER, POLICY, UNDECIDED = "yes", "no", "policy", "exit 3"


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """One row. ``P`` passed, ``F`` failed or error, ``S`` skipped, ``X`` failed as expected."""

    number: int
    baseline: str
    head: str
    reruns: str
    verdict: Verdict | None
    """``None``: a statement about the whole change."""
    gates: str
    says: str


ROWS = (
    Row(1, "same", "same", "none", Verdict.UNCHANGED, NEVER, "Nothing changed."),
    Row(2, "P, every time", "F", "F every time", Verdict.REGRESSION, ALWAYS,
        "Both sides were asked equally often, and each always said the same."),
    Row(3, "P", "F", "P at least once", Verdict.FLAKY, NEVER,
        "Flaky on head, with its rate; what the baseline said stands beside it."),
    Row(4, "F at least once, and P", "F or P", "on both sides", Verdict.FLAKY, NEVER,
        "Flaky before the change as well."),
    Row(5, "F", "F", "none", Verdict.STILL_FAILING, NEVER, "The same failure as before."),
    Row(6, "F", "F, another exception or line", "none", Verdict.STILL_FAILING, NEVER,
        "It failed before, in another way; said, because a repair may have made it worse."),
    Row(7, "F, every time", "P", "P every time", Verdict.FIXED, NEVER, "Fail to pass."),
    Row(8, "F", "P", "P on the baseline at least once, or F on head", Verdict.FLAKY, NEVER,
        "Not fixed: it passes now and then."),
    Row(9, "F", "S, or not there", "none", Verdict.SILENCED, POLICY,
        "A test that stopped running is no fix (`removed test` where it is not there any more)."),
    Row(10, "P", "S", "none", Verdict.SILENCED, POLICY, "It ran, and is skipped now."),
    Row(11, "X", "P", "none", Verdict.FIXED, NEVER,
        "The mark is gone: fixed. The mark is still there: `passes though expected to fail`, which"
        " fails the gate where the mark is strict, since the suite fails."),
    Row(12, "P", "X", "none", Verdict.EXCUSED, POLICY, "It is marked as an expected failure now."),
    Row(13, "not there, or S", "P", "none", Verdict.NEW_PASSING, NEVER, "New."),
    Row(14, "not there, or S", "F", "F every time", Verdict.NEW_FAILING, ALWAYS,
        "New and failing: a class of its own, nothing was broken."),
    Row(15, "not there", "F", "P at least once", Verdict.NEW_FLAKY, NEVER, "New and flaky."),
    Row(16, "P", "not there", "none", Verdict.REMOVED, POLICY,
        "The test is gone, and nothing that is new looks like it."),
    Row(17, "P, by another name", "any", "by the new name", Verdict.UNCHANGED, "by outcome",
        "Renamed or moved: same body. Compared by the new name; broken, it is a regression."),
    Row(18, "P, with another parameter id", "any", "by the new id", Verdict.UNCHANGED, "by outcome",
        "Same function, as many parameter sets: compared in their order. Otherwise removed and new."),
    Row(19, "P", "cannot be collected", "once more", Verdict.REGRESSION, ALWAYS,
        "All tests of the module that passed: one cause, many tests."),
    Row(20, "cannot be collected", "cannot be collected", "none", Verdict.STILL_FAILING, NEVER,
        "Broken before."),
    Row(21, "P", "the process dies", "alone: dies, or fails", Verdict.REGRESSION, ALWAYS,
        "Tests that had no turn because of it are run without it."),
    Row(22, "P", "over its time limit", "with twice the limit: again", Verdict.REGRESSION, ALWAYS,
        "The limit is ten seconds, or five times what it took before if that is more."
        " Passes with more time: `slow once`."),
    Row(23, "P", "F in the suite, P alone", "after the same tests, F every time", Verdict.REGRESSION,
        ALWAYS, "The baseline passes after the same tests: a regression. It fails as well:"
        " `order-dependent`, which does not gate."),
    Row(24, "cannot be run", "F", "none", Verdict.UNDECIDED, UNDECIDED,
        "There is no baseline to compare with."),
    Row(25, "any", "pytest reports failure and no test failed", "none", None, UNDECIDED,
        "The run is not trusted, unless the baseline ends the same way. Nor is a run that spoke"
        " with a wrong seal, or in which process after process died."),
    Row(26, "P", "F, more than half of what ran", "one, all together", Verdict.REGRESSION, ALWAYS,
        "Catastrophic: one cause is looked for, not one a test."),
    Row(27, "the old test fails with the new code", "P, the test was edited", "none", None, POLICY,
        "The change edited code and expectation together."),
    Row(28, "X", "F", "F every time", Verdict.REGRESSION, ALWAYS,
        "The suite was green with the mark and is not any more."),
    Row(29, "any", "no turn", "none", Verdict.NOT_RUN, NEVER,
        "The budget was over. The answer says that it is partial."),
    Row(30, "P", "still there, and not collected", "none", Verdict.SILENCED, POLICY,
        "Settings, a hook, a name or `__test__` keep it from running. If no test at risk is left that runs, the gate"
        " cannot decide."),
    Row(31, "P", "P, and its function is not run to its end", "none", Verdict.SILENCED, POLICY,
        "A hook or a decorator does not call it, or drops what it raises. On the baseline it ran to its end. If no test"
        " at risk is left that runs, the gate cannot decide."),
)  # fmt: skip

HELD_BACK, HOLLOW = 30, 31
"""The rows of tests that are there, and are not collected or not called."""
BY_NUMBER = {row.number: row for row in ROWS}

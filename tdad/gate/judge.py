"""How a test ended on both sides, as often as it was asked → the verdict. A pure function; ``rows`` is its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, unique

from tdad.facts import Status
from tdad.facts_gate import Attempt, Body, Manner, Phase, Setting, Verdict


@unique
class Presence(StrEnum):
    """Whether a version has the test."""

    THERE = "there"
    ABSENT = "absent"
    HELD_BACK = "held back"
    """Its text is there, and it is not collected."""
    UNCOLLECTED = "uncollected"
    """Its module cannot be collected."""
    UNKNOWN = "unknown"
    """Nobody asked, and nothing depends on it."""
    UNRUNNABLE = "unrunnable"
    """That version's tests cannot be run at all."""
    LATE = "late"
    """There was no time left to run it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known about one test."""

    node_id: str
    baseline: tuple[Attempt, ...] = ()
    head: tuple[Attempt, ...] = ()
    on_baseline: Presence = Presence.THERE
    on_head: Presence = Presence.THERE
    old_id: str = ""
    error: str = ""
    """Why it cannot be collected on head."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict and how it came about."""

    row: int
    verdict: Verdict
    manner: Manner = Manner.NONE
    note: str = ""
    strict: bool = False
    """``STALE_XFAIL`` of a strict mark: the suite fails because of it."""


def judge(evidence: Evidence) -> Decision:
    """Return the first row of the table that fits."""
    match evidence.on_head:
        case Presence.UNCOLLECTED:
            return _uncollected(evidence)
        case Presence.ABSENT | Presence.HELD_BACK:
            return _absent(evidence)
        case Presence.LATE:
            return Decision(29, Verdict.NOT_RUN, note="no time was left")
        case Presence.UNRUNNABLE | Presence.UNKNOWN:
            return Decision(25, Verdict.UNDECIDED, note=evidence.error or "it has no outcome")
        case Presence.THERE:
            pass
    if not evidence.head:
        return Decision(25, Verdict.UNDECIDED, note="it was chosen and has no outcome")
    return _run(evidence)


def _run(evidence: Evidence) -> Decision:
    head = evidence.head
    if any(attempt.failing for attempt in head):
        if evidence.on_baseline is Presence.ABSENT:
            return _new(head)
        return _failing(evidence)
    if evidence.on_baseline is Presence.ABSENT:
        return Decision(13, Verdict.NEW_PASSING)
    return _good(evidence)


def _new(head: Sequence[Attempt]) -> Decision:
    if _steady(head):
        return Decision(14, Verdict.NEW_FAILING, manner_of(head[0]), _said("head", head))
    return Decision(15, Verdict.NEW_FLAKY, note=_said("head", head))


def _failing(evidence: Evidence) -> Decision:
    """It failed on head at least once, and the baseline has it."""
    head, baseline = evidence.head, evidence.baseline
    note = f"{_said('the baseline', baseline)}, {_said('head', head)}"
    if evidence.on_baseline is Presence.UNCOLLECTED:
        return Decision(
            14, Verdict.NEW_FAILING, manner_of(head[0]), f"could not be collected before; {note}"
        )
    if not baseline:
        return Decision(24, Verdict.UNDECIDED, note="the baseline could not be asked")
    if any(attempt.setting is Setting.PREFIX for attempt in head):
        ordered = _ordered(evidence)
        if ordered is not None:
            return ordered
    if not _steady(head):
        if head[0].status is Status.TIMEOUT and not any(a.failing for a in head[1:]):
            return Decision(22, Verdict.SLOW, note=note)
        return Decision(4 if any(a.failing for a in baseline) else 3, Verdict.FLAKY, note=note)
    return _always_failing(evidence, note)


def _always_failing(evidence: Evidence, note: str) -> Decision:
    """It failed on head every time."""
    head, baseline = evidence.head, evidence.baseline
    if any(attempt.failing for attempt in baseline):
        if not _steady(baseline):
            return Decision(4, Verdict.FLAKY, note=note)
        if _alike(baseline[0], head[0]):
            return Decision(5, Verdict.STILL_FAILING, note="failed before in the same way")
        was = f"failed before in another way: {_line(baseline[0])}"
        return Decision(6, Verdict.STILL_FAILING, note=was)
    before = baseline[0].status
    if "[XPASS(strict)]" in head[0].message:
        return Decision(11, Verdict.STALE_XFAIL, Manner.FAILURE, note, strict=True)
    if before is Status.SKIPPED:
        return Decision(14, Verdict.NEW_FAILING, manner_of(head[0]), f"skipped before; {note}")
    manner = manner_of(head[0])
    row = {Manner.CRASH: 21, Manner.TIMEOUT: 22}.get(manner, 2)
    return Decision(28 if before is Status.XFAILED else row, Verdict.REGRESSION, manner, note)


def _ordered(evidence: Evidence) -> Decision | None:
    """It failed in the suite and passed apart: does it fail after the same tests every time, on head and before?"""
    head = [a for a in evidence.head if a.setting is Setting.PREFIX]
    before = [a for a in evidence.baseline if a.setting is Setting.PREFIX]
    apart = [a for a in evidence.head if a.setting not in {Setting.PREFIX, Setting.SUITE}]
    if not head or not all(a.failing for a in head) or any(a.failing for a in apart):
        return None
    if not before:
        return None
    note = f"after the tests before it: {_said('the baseline', before)}, {_said('head', head)}; passes without them"
    if any(a.failing for a in before):
        return Decision(23, Verdict.ORDER_DEPENDENT, note=note)
    return Decision(23, Verdict.REGRESSION, Manner.ORDER, note)


def _good(evidence: Evidence) -> Decision:
    """It did not fail on head, and the baseline has it (or nobody asked)."""
    baseline = evidence.baseline
    if not baseline:
        if evidence.on_baseline is Presence.UNCOLLECTED:
            return Decision(7, Verdict.FIXED, note="could not be collected before")
        return _same(evidence)
    match evidence.head[0].status:
        case Status.SKIPPED:
            return _hushed(evidence, Verdict.SILENCED, 10)
        case Status.XFAILED:
            return _hushed(evidence, Verdict.EXCUSED, 12)
        case _:
            return _hollow(evidence) or _passing(evidence)


def _hushed(evidence: Evidence, verdict: Verdict, row: int) -> Decision:
    """It is skipped or excused on head: was it before?"""
    baseline = evidence.baseline
    if any(attempt.failing for attempt in baseline):
        return Decision(9, verdict, note="failed before; a test that is not run is not fixed")
    if baseline[0].status in {Status.SKIPPED, evidence.head[0].status}:
        return _same(evidence)
    return Decision(row, verdict, note=_reason(evidence))


def _passing(evidence: Evidence) -> Decision:
    baseline, now = evidence.baseline, evidence.head[0].status
    if any(attempt.failing for attempt in baseline):
        note = f"{_said('the baseline', baseline)}, {_said('head', evidence.head)}"
        if not _steady(baseline):
            return Decision(8, Verdict.FLAKY, note=note)
        return Decision(7, Verdict.FIXED, note=note)
    before = baseline[0].status
    if before is Status.XFAILED:
        if now is Status.XPASSED:
            return Decision(11, Verdict.STALE_XFAIL, note="the mark may go")
        return Decision(11, Verdict.FIXED, note="an expected failure before; its mark is gone")
    if before is Status.SKIPPED:
        return Decision(13, Verdict.NEW_PASSING, note="skipped before")
    return _same(evidence)


def _hollow(evidence: Evidence) -> Decision | None:
    """It passes although its function did not come to its end, and did on the baseline.

    What plugins do to a test they do on both sides, so only the difference says anything.
    """
    head, baseline = evidence.head[0], evidence.baseline
    if not head.hollow:
        return None
    note = _HOLLOW[head.body]
    if any(attempt.failing and attempt.body is Body.BEGUN for attempt in baseline):
        return Decision(9, Verdict.SILENCED, note=f"failed before; {note}")
    if any(attempt.body is Body.ENDED for attempt in baseline):
        return Decision(31, Verdict.SILENCED, note=note)
    return None


_HOLLOW = {
    Body.NEVER: "it passes, and its function is not run any more: a hook or a decorator does not call it",
    Body.BEGUN: "it passes, and an exception ends its function: a hook or a decorator makes a pass of it",
}


def _same(evidence: Evidence) -> Decision:
    if not evidence.old_id:
        return Decision(1, Verdict.UNCHANGED)
    same_function = evidence.old_id.partition("[")[0] == evidence.node_id.partition("[")[0]
    return Decision(18 if same_function else 17, Verdict.UNCHANGED, note=f"was {evidence.old_id}")


def _uncollected(evidence: Evidence) -> Decision:
    if evidence.on_baseline is Presence.UNCOLLECTED:
        return Decision(20, Verdict.STILL_FAILING, note="could not be collected before, either")
    if evidence.on_baseline is Presence.ABSENT:
        return Decision(14, Verdict.NEW_FAILING, Manner.COLLECTION, evidence.error)
    if evidence.on_baseline is not Presence.THERE:
        return Decision(24, Verdict.UNDECIDED, note="the baseline could not be asked")
    if evidence.baseline and all(attempt.failing for attempt in evidence.baseline):
        return Decision(6, Verdict.STILL_FAILING, note="failed before; cannot be collected now")
    if evidence.baseline and all(one.status is Status.SKIPPED for one in evidence.baseline):
        return Decision(1, Verdict.UNCHANGED, note="skipped before; cannot be collected now")
    return Decision(19, Verdict.REGRESSION, Manner.COLLECTION, evidence.error)


def _absent(evidence: Evidence) -> Decision:
    if evidence.on_head is Presence.HELD_BACK:
        return _held_back(evidence)
    if any(attempt.failing for attempt in evidence.baseline):
        return Decision(9, Verdict.REMOVED, note="failed before; a test that is gone is not fixed")
    return Decision(16, Verdict.REMOVED)


def _held_back(evidence: Evidence) -> Decision:
    """The test is where it was, and something keeps it from running."""
    if any(attempt.failing for attempt in evidence.baseline):
        return Decision(9, Verdict.SILENCED, note=f"failed before; {_HELD_BACK}")
    if evidence.baseline and all(one.status is Status.SKIPPED for one in evidence.baseline):
        return Decision(1, Verdict.UNCHANGED, note=f"skipped before; {_HELD_BACK}")
    return Decision(30, Verdict.SILENCED, note=_HELD_BACK)


_HELD_BACK = "it is still there, and is not collected any more"


def manner_of(attempt: Attempt) -> Manner:
    """How a failure shows."""
    if attempt.status is Status.CRASHED:
        return Manner.CRASH
    if attempt.status is Status.TIMEOUT:
        return Manner.TIMEOUT
    if attempt.phase is Phase.COLLECT:
        return Manner.COLLECTION
    return Manner.ERROR if attempt.status is Status.ERROR else Manner.FAILURE


def _steady(attempts: Sequence[Attempt]) -> bool:
    """All failed, or none."""
    return len({attempt.failing for attempt in attempts}) < 2


def _alike(before: Attempt, now: Attempt) -> bool:
    """The same kind of failure: status, phase, and the exception's type; texts hold addresses and times."""
    return (before.status, before.phase, _kind(before)) == (now.status, now.phase, _kind(now))


def _kind(attempt: Attempt) -> str:
    first = attempt.message.partition("\n")[0]
    word = first.partition(":")[0]
    return word if word.replace(".", "").isidentifier() else first.partition(" ")[0]


def _line(attempt: Attempt) -> str:
    return attempt.message.partition("\n")[0][:120]


def _reason(evidence: Evidence) -> str:
    text = _line(evidence.head[0])
    return text.removeprefix("Skipped: ")


def _said(who: str, attempts: Sequence[Attempt]) -> str:
    if not attempts:
        return f"{who} was not asked"
    failed = sum(attempt.failing for attempt in attempts)
    total = len(attempts)
    passed = total - failed
    if failed == total:
        return f"{who} failed {failed} of {total}"
    return f"{who} passed {passed} of {total}"

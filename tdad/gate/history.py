"""The history of flaky tests: what a gate adds to it, how many reruns follow from it, what is said. Pure functions.

A history makes a gate look more often. It never decides: the verdict is ``judge``'s, who does not see it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from tdad.facts_flaky import Flakes, History, Sample
from tdad.facts_gate import Attempt, Judged, Verdict

FLAKY = frozenset({Verdict.FLAKY, Verdict.NEW_FLAKY, Verdict.ORDER_DEPENDENT})
"""Verdicts that begin a history."""
_SAID = FLAKY | {
    Verdict.REGRESSION,
    Verdict.NEW_FAILING,
    Verdict.STILL_FAILING,
    Verdict.FIXED,
    Verdict.SLOW,
    Verdict.UNDECIDED,
}
"""Verdicts beside which a history is worth a word."""
CHANCE = 0.01
"""A test of the known rate ends alike every time in so many gates, on each side."""
MOST = 20
"""Runs of one test on one side, the first one included, if it takes next to no time."""
MOST_S = 60.0
"""Seconds that the reruns of one test on one side may take because of its history."""


def reruns_for(
    usual: int, flakes: Flakes | None, *, shaky: bool = False, duration_s: float = 0.0
) -> int:
    """Return how often a test is run again before it is believed that it always fails on head, and never before.

    So often that a test of the known rate would hardly fail every time, nor pass every time: the two sides of a false
    regression. At least twice as often as usual; 0 stays 0, since nobody wants reruns then.

    Args:
        usual: What ``--reruns`` says.
        flakes: Its history; ``None``: it has none.
        shaky: It passed and failed in recordings.
        duration_s: What it took the last time.
    """
    if flakes is None:
        return 2 * usual if shaky else usual
    wanted = _runs(flakes) - 1 if usual else 0
    if duration_s > 0:
        wanted = min(wanted, int(MOST_S / duration_s))
    return max(2 * usual, wanted)


def _runs(flakes: Flakes) -> int:
    """Runs in which a test of this rate ends alike every time with the chance ``CHANCE`` at most."""
    # One failure and one pass more than were seen: what was never seen to fail is not said to never fail.
    rate = (flakes.failed + 1) / (flakes.asked + 2)
    steadier = max(rate, 1 - rate)
    return min(MOST, math.ceil(math.log(CHANCE) / math.log(steadier)))


def samples(
    judged: Iterable[Judged],
    known: History,
    fresh: Mapping[str, Sequence[Attempt]],
    *,
    at: float,
) -> dict[str, Sample]:
    """Return what a gate adds to the history, by the baseline's node ids.

    A test whose history begins brings all that is known about this baseline; one that has a history brings what this
    gate found out, since what earlier ones did is in it already.

    Args:
        judged: All tests of the gate.
        known: The history so far.
        fresh: Node id on the baseline → attempts of this gate, those after certain other tests included.
        at: When the gate began.
    """
    found: dict[str, Sample] = {}
    for test in judged:
        name = test.old_id or test.node_id
        flaky = test.verdict in FLAKY
        if name not in known and not flaky:
            continue
        attempts = fresh.get(name, ()) if name in known else test.baseline
        if attempts or flaky:
            failed = sum(attempt.failing for attempt in attempts)
            found[name] = Sample(at, len(attempts), failed, flaky)
    return found


def said(flakes: Flakes | None, verdict: Verdict) -> str:
    """Return what stands beside a verdict; empty: nothing is known, or it does not matter here."""
    if flakes is None or verdict not in _SAID:
        return ""
    if not flakes.asked:
        return "known to be flaky"
    if not flakes.failed:
        return f"known to be flaky: never failed in {flakes.asked} runs before, on the baseline"
    return f"known to be flaky: failed {flakes.failed} of {flakes.asked} times before, on the baseline"

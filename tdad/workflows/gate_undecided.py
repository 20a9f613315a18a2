"""Why a gate cannot decide: outcomes that cannot be trusted, or that there are none."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from tdad.facts import Status
from tdad.facts_gate import Judged, Verdict
from tdad.gate.rows import HELD_BACK, HOLLOW
from tdad.workflows.gate_verdicts import Heard

_NEVER_COLLECTED = 20


def undecided_of(
    heard: Heard, tests: Sequence[Judged], changed: Collection[str]
) -> tuple[str, ...]:
    """Why there is no trustworthy answer; empty: there is one.

    Args:
        heard: Everything that was heard.
        tests: What was made of it.
        changed: Paths of the files that differ.
    """
    head, baseline = heard.head, heard.baseline
    found = []
    for name, run in (("head", head), ("the baseline", baseline)):
        if run.forged:
            found.append(
                f"on {name} something other than the runner reported outcomes: they are not believed from there on"
            )
        if run.trouble:
            found.append(f"on {name} an outcome could not be taken down: {run.trouble[0]}")
        if run.foreign:
            found.append(
                f"on {name} the tests imported {run.foreign[0]} instead of the version under test;"
                " install the project so that PYTHONPATH goes first (pip install -e .)"
            )
    if head.cut_short and not head.attempts:
        found.append("the budget was over before a test ran; give more: --budget 5m")
    held = [
        test
        for test in tests
        if test.row in {HELD_BACK, HOLLOW} and test.node_id.partition("::")[0] not in changed
    ]
    hollow = {test.node_id for test in held if test.row == HOLLOW}
    if held and not (head.attempts.keys() - hollow):
        found.append(
            f"none of the {len(held)} tests at risk runs any more, though the text of head still has them; see"
            " addopts, testpaths and the conftest files"
        )
    before = [test for test in tests if test.row == _NEVER_COLLECTED]
    if before and not head.collected:
        found.append(
            "nothing can be collected, on the baseline neither, so nothing was run; the first is"
            f" {before[0].node_id}: {head.uncollected.get(before[0].node_id, '')}"
        )
    if head.died:
        found.append(
            "the processes of head's tests died again and again before all had their turn"
            if not head.withheld
            else "a hook or plugin of head keeps tests from running that are collected and chosen"
        )
    if not baseline.runnable:
        found.append(f"the baseline's tests cannot be run: {last_line(baseline.said)}")
    if head.unexplained and baseline.process_code != head.process_code:
        found.append(f"pytest says that head failed, and no test did: {last_line(head.said)}")
    unclear = [test for test in tests if test.verdict is Verdict.UNDECIDED]
    if unclear:
        number = f"{len(unclear)} tests have" if len(unclear) > 1 else "1 test has"
        found.append(f"{number} no verdict, the first is {unclear[0].node_id}: {unclear[0].note}")
    return tuple(found)


def skipped_here(tests: Sequence[Judged], before: Mapping[str, Status]) -> Iterator[str]:
    """A note about tests that passed when the map was recorded and are skipped on both sides: they judge nothing.

    Args:
        tests: Judged.
        before: Test → how it ended in the recording of the baseline.
    """
    skipped = [
        test
        for test in tests
        if test.verdict is Verdict.UNCHANGED
        and before.get(test.old_id or test.node_id) is Status.PASSED
        and {one.status for one in (*test.head, *test.baseline)} == {Status.SKIPPED}
    ]
    if skipped:
        why = skipped[0].head[0].message.partition("\n")[0].removeprefix("Skipped: ")
        yield (
            f"{len(skipped)} tests that ran when the map was recorded are skipped in the worktrees of the gate, on both"
            f" sides ({why}), and say nothing about the change; files that git ignores are not there"
        )


def last_line(said: str) -> str:
    """What a run said last, or the last error that it named."""
    lines = [line for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if "Error" in line]
    return " ".join((errors or lines or ["it printed nothing"])[-1].split())[:200]

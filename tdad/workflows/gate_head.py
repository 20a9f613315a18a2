"""The first run on head: what was selected, to its end, whatever the tests do to their process."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tdad.facts_gate import Attempt
from tdad.runner.witness_read import Witnessed
from tdad.runner.witnessed import Wanted
from tdad.workflows.gate_ground import Side
from tdad.workflows.gate_options import GateOptions
from tdad.workflows.gate_portions import by_files, in_portions
from tdad.workflows.gate_select import ALL, Selected
from tdad.workflows.gate_spots import spots_of

_START_S = 60.0
_STARTS = 25
"""So many processes may die under a run before the rest is given up."""
_WORKER = re.compile(r"gw\d+")
"""What xdist cannot collect when a worker's tests are not the first one's."""
_SLOWER = 5.0
"""A test may take so many times as long as before."""


@dataclass
class HeadRun:
    """What is known about head after its first run."""

    attempts: dict[str, Attempt] = field(default_factory=dict)
    """In the order in which the tests began."""
    processes: list[tuple[str, ...]] = field(default_factory=list)
    """The tests of each process, in that order."""
    collected: dict[str, int] = field(default_factory=dict)
    """Node id → line, of the files that were looked into."""
    chosen: tuple[str, ...] = ()
    sampled: frozenset[str] = frozenset()
    uncollected: dict[str, str] = field(default_factory=dict)
    late: tuple[str, ...] = ()
    """Chosen, and the budget was over."""
    foreign: tuple[str, ...] = ()
    strayed: dict[str, str] = field(default_factory=dict)
    """Package of the project → file of another folder of it that was imported instead."""
    forged: bool = False
    trouble: tuple[str, ...] = ()
    """What the witness could not take down: an outcome may be missing."""
    died: bool = False
    """Processes died until the rest was given up."""
    withheld: bool = False
    """No: they came to their end, and left tests out that were chosen."""
    cut_short: bool = False
    """The budget was over before the run was."""
    exit_code: int | None = None
    process_code: int = 0
    """As the operating system has it: a hook may have changed it after pytest had its say."""
    said: str = ""
    notes: list[str] = field(default_factory=list)
    looked_into: tuple[str, ...] = ()
    """Files; empty: wherever the suite is configured to look."""
    nowhere: bool = False
    """Nothing is at risk, and no test file differs: it was looked into none."""

    @property
    def everywhere(self) -> bool:
        """What it did not collect is not there."""
        return not self.looked_into and not self.nowhere

    @property
    def began(self) -> bool:
        """Pytest came as far as collecting."""
        return bool(self.collected or self.uncollected or self.exit_code in {0, 1, 5})

    @property
    def unexplained(self) -> bool:
        """It ended as failed runs do, and nothing failed."""
        nothing = not self.failing and not self.uncollected and not self.died and not self.late
        return nothing and self.process_code not in {0, 5}

    @property
    def failing(self) -> list[str]:
        """Tests that failed, in the order in which they ran."""
        return [name for name, attempt in self.attempts.items() if attempt.failing]


def run_head(
    side: Side, options: GateOptions, selected: Selected, edited: Sequence[str]
) -> HeadRun:
    """Run what was selected, and what chance or the shadow adds.

    Args:
        side: Head.
        options: The gate's.
        selected: What is at risk.
        edited: Test files that differ: what they hold is looked at, even if nothing in them is at risk.

    Raises:
        TdadError: it cannot be run at all.
    """
    everything = options.select == "all" or options.shadow or selected.by == ALL
    look_into = () if everything or options.sample else files_of(side, [*selected.ids, *edited])
    if not everything and not options.sample and not look_into:
        return HeadRun(exit_code=5, nowhere=True)
    wanted = Wanted(
        ids=_within(options, selected) if not everything else selected.ids,
        everything=everything,
        sample=0.0 if everything else options.sample,
        seed=side.commit,
        order="ranked" if options.budget_s is not None else "collected",
        budget_s=options.budget_s,
        look_into=look_into,
        limits=limits_of(selected, options),
        loose=True,
    )
    if (
        options.runner and not everything
    ):  # it runs what it is told, and nothing is collected besides
        wanted = replace(wanted, files=tuple(edited), look_into=())
    head = HeadRun(looked_into=look_into)
    run = _first_run(side, options, wanted, head)
    _take(head, run)
    _go_on(head, run, side, wanted)
    if run.cut_short and look_into:
        found = {name.partition("::")[0] for name in [*head.collected, *head.uncollected]}
        head.looked_into = tuple(path for path in look_into if path in found)
        head.nowhere = not head.looked_into
    if run.cut_short and not run.chosen:  # it was still looking for them
        head.late = selected.ids
    if not everything:
        _collect_the_rest(head, side, wanted)
    _collect_again(head, side, wanted)
    if everything and selected.by != ALL and options.select != "all":
        chosen = Choice(selected.ids)
        drawn = [name for name in (*head.attempts, *head.chosen) if name not in chosen]
        head.sampled = frozenset(drawn)
    return head


def _first_run(side: Side, options: GateOptions, wanted: Wanted, head: HeadRun) -> Witnessed:
    """All at once; with a budget the riskiest first, and only they have to be found before they run."""

    def run(part: Wanted, timeout_s: float | None) -> Witnessed:
        found = side.run(part, timeout_s=timeout_s, workers=options.workers)
        if not any(_WORKER.fullmatch(name) for name in found.uncollected):
            return found
        head.notes.append(
            "the workers collected different tests (parameter ids that are others in each process), so they were"
            " not shared out"
        )
        return side.run(part, timeout_s=timeout_s)

    whole = wanted.everything or wanted.sample or options.runner
    if options.budget_s is None or whole or not wanted.ids:
        return run(wanted, wanted_time(options))
    parts = by_files(wanted, files_of(side, wanted.ids))
    return in_portions(wanted, parts, wanted_time(options), run)


def _go_on(head: HeadRun, run: Witnessed, side: Side, wanted: Wanted) -> None:
    """A process died under the run: the tests that had no turn get one in another."""
    for _ in range(_STARTS):
        left = [name for name in head.chosen if name not in head.attempts]
        if not left or head.forged:
            return
        over = wanted.budget_s is not None and run.exit_code is not None
        if run.cut_short or over:
            head.late = tuple(left)
            return
        again = replace(wanted, everything=False, ids=tuple(left), sample=0.0, order="collected")
        again = replace(again, look_into=files_of(side, left) or wanted.look_into)
        again = replace(again, spots=spots_of(left, head.collected), loose=False)
        run = side.run(again, timeout_s=wanted_time(side.options))
        run = replace(run, attempts=run.as_asked())
        ended = run.exit_code is not None and not run.cut_short
        if side.options.runner and ended:  # what it was told and did not run is not there
            head.chosen = tuple({**head.attempts, **run.attempts})
        if not run.attempts:
            head.withheld = ended
            break
        _take(head, run)
    head.died = any(name not in head.attempts for name in head.chosen)


def _collect_the_rest(head: HeadRun, side: Side, wanted: Wanted) -> None:
    """Where a file cannot be collected, others may not be either: all that import the same module."""
    if not head.uncollected or head.forged or head.cut_short or side.options.runner:
        return
    nothing = replace(
        wanted, ids=(), everything=False, sample=0.0, files=(), beside=(), look_into=()
    )
    run = side.run(nothing, timeout_s=wanted_time(side.options))
    if run.began:
        _take(head, replace(run, attempts={}, process_code=head.process_code))


def _collect_again(head: HeadRun, side: Side, wanted: Wanted) -> None:
    """What cannot be collected is tried once more in a new process: it may have been chance."""
    paths = tuple(name for name in head.uncollected if (side.root / name).is_file())
    if not paths or head.forged or side.options.runner:
        return
    once_more = replace(
        wanted, ids=(), everything=False, sample=0.0, files=paths, beside=(), look_into=paths
    )
    run = side.run(once_more, timeout_s=wanted_time(side.options))
    for path in paths:
        if run.began and path not in run.uncollected:
            del head.uncollected[path]
    if not head.cut_short:  # with no time left, what runs by the way is no choice of the gate's
        _take(head, replace(run, uncollected={}))


def wanted_time(options: GateOptions) -> float | None:
    """Seconds for one run: the budget is for tests, and they also have to be collected."""
    return None if options.budget_s is None else options.budget_s + _START_S


def _take(head: HeadRun, run: Witnessed) -> None:
    head.processes.append(tuple(run.attempts))
    for name, attempt in run.attempts.items():
        head.attempts.setdefault(name, attempt)
    head.collected |= {
        name: line for name, line in run.collected.items() if name not in head.collected
    }
    head.chosen = head.chosen or run.chosen
    head.sampled |= run.sampled
    head.uncollected |= dict(run.uncollected)
    head.foreign = head.foreign or run.foreign
    head.strayed |= run.strayed
    head.forged |= run.forged
    head.trouble += run.trouble
    head.cut_short |= run.cut_short
    head.exit_code = run.exit_code if head.exit_code is None else head.exit_code
    head.process_code = run.process_code
    head.said = head.said or run.said


def _within(options: GateOptions, selected: Selected) -> tuple[str, ...]:
    """As many of the riskiest tests as the budget has time for, by what they took before."""
    if options.budget_s is None:
        return selected.ids
    known = sorted(selected.durations.values())
    typical = known[len(known) // 2] if known else 0.0
    left = options.budget_s * max(1, options.workers)
    chosen: list[str] = []
    for name in selected.ids:
        left -= selected.durations.get(name, typical)
        if left < 0 and chosen:
            break
        chosen.append(name)
    return tuple(chosen)


def over_budget(options: GateOptions, selected: Selected) -> tuple[str, ...]:
    """Selected tests for which there is no time, riskiest first."""
    if options.select == "all" or options.shadow:
        return ()
    return selected.ids[len(_within(options, selected)) :]


def files_of(side: Side, ids: Sequence[str]) -> tuple[str, ...]:
    """The test files of some tests that this side has, in the order in which pytest finds them.

    The order decides which module is the first to import a package, and a circular import fails for the first only.
    """
    files = {name.partition("::")[0] for name in ids}
    return tuple(sorted(path for path in files if os.path.lexists(side.root / path)))


def limits_of(selected: Selected, options: GateOptions) -> dict[str, float]:
    """Node id → how long the test may take."""
    return {
        name: max(options.test_limit_s, _SLOWER * seconds)
        for name, seconds in selected.durations.items()
    }


class Choice:
    """Tells whether a test is one of those that were selected."""

    def __init__(self, ids: Sequence[str]) -> None:
        self._ids = frozenset(ids)

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        return (
            name in self._ids
            or name.partition("[")[0] in self._ids
            or name.partition("::")[0] in self._ids
        )

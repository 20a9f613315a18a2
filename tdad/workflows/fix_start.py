"""The suite as the project is: recorded line by line, its failures looked at twice."""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tdad.errors import FixBaselineUnusable, FixNothingToFix, FixTestUnknown, TdadError
from tdad.facts import FAILING, PASSING, Status
from tdad.facts_fix import Failure, Start
from tdad.runner.confined import ConfinedRun
from tdad.runner.suite import SuiteOptions, SuiteRun
from tdad.store.copies import copy_map
from tdad.trace.probe.inherit import INJECT
from tdad.workflows.audit_copy import in_copy
from tdad.workflows.fix_ground import Ground
from tdad.workflows.fix_seats import Seats
from tdad.workflows.fix_unstarted import unstarted
from tdad.workflows.record_outside import PROBE_ARGUMENTS, ProbeSettings, probe_for
from tdad.workflows.recording import prepare_folder, take_in

_SECOND_CHANCES = 3
"""So many tests that took too long are given more time: where more do, something common to them is stuck."""


@dataclass(frozen=True, slots=True)
class Begun:
    """The start, what shall be repaired, and the map of it."""

    start: Start
    targets: tuple[str, ...]
    """Node ids of the failing tests; files that cannot be collected by their path; sorted."""
    map_path: Path
    again_s: float
    """How long a run of the targets took."""
    unsteady: frozenset[str] = frozenset()
    """Targets that fail for another reason when they run without the rest of the suite: no search can go by them."""

    @property
    def steady(self) -> tuple[str, ...]:
        """Targets that a run of a few tests can tell about; all, if there is none such."""
        found = tuple(name for name in self.targets if name not in self.unsteady)
        return found or self.targets


def passes(run: ConfinedRun, target: str) -> bool:
    """Tell whether a target passes in that run; skipping is not passing."""
    outcomes = run.suite.outcomes
    if "::" in target:
        outcome = outcomes.get(target)
        return outcome is not None and outcome.status in PASSING
    inside = [out.status for name, out in outcomes.items() if name.partition("::")[0] == target]
    return (
        target not in run.suite.uncollected
        and bool(inside)
        and not any(status in FAILING for status in inside)
    )


def begin(seats: Seats, wanted: Sequence[str], map_path: Path, timeout_s: float) -> Begun:
    """Run and record the suite, then what failed once more.

    Args:
        seats: Where to run.
        wanted: Repair these tests; none: all that fail.
        map_path: Where the map is kept.
        timeout_s: For the whole run.

    Raises:
        FixBaselineUnusable: no test runs, or not all within the time.
        FixNothingToFix: nothing fails, or nothing fails twice.
        FixTestUnknown: a wanted test is not in the suite.
    """
    run = _recorded(seats, map_path, timeout_s)
    suite = run.suite
    ground = seats.ground
    if not (suite.cut_short or suite.outcomes or suite.uncollected):
        run = _blamed(ground, run)
        suite = run.suite
    if suite.cut_short or not (suite.outcomes or suite.uncollected):
        said = f"not done after {timeout_s:.0f} s" if suite.cut_short else last_error(suite.said)
        raise FixBaselineUnusable(ground.python.path, said)
    if missing := _not_installed(run):
        raise FixBaselineUnusable(ground.python.path, missing)
    failing = sorted(suite.failing | set(suite.uncollected))
    known = {*suite.outcomes, *suite.uncollected}
    targets = _chosen(wanted, known, failing)
    again, flaky = _again(seats, suite, failing, timeout_s)
    left = tuple(name for name in targets if name not in flaky)
    if not left:
        noun = "test" if len(flaky) == 1 else "tests"
        raise FixNothingToFix(
            f"{len(flaky)} {noun} failed once and passed alone right after (flaky, or dependent on the order)"
        )
    start = Start(
        statuses={name: out.status for name, out in suite.outcomes.items()},
        durations={name: out.duration_s for name, out in suite.outcomes.items()},
        uncollected=suite.uncollected,
        failures={**run.failures, **again.failures},
        flaky=flaky,
        wall_s=suite.wall_s,
    )
    unsteady = frozenset(
        name
        for name in left
        if name in run.failures
        and name in again.failures
        and _kind(run.failures[name]) != _kind(again.failures[name])
    )
    return Begun(start, left, map_path, again.suite.wall_s, unsteady)


def _again(
    seats: Seats, suite: SuiteRun, failing: Sequence[str], timeout_s: float
) -> tuple[ConfinedRun, frozenset[str]]:
    """What failed once more: (that run, what passed in it).

    Tests that took too long get twice the time, for they may be slow, not stuck; a few of them first. Where those are
    stuck, so is something that the others have in common with them, and they are not run again.
    """
    ends = suite.outcomes
    late = sorted(name for name, out in ends.items() if out.status is Status.TIMEOUT)
    usual = {
        name: out.duration_s for name, out in ends.items() if out.status is not Status.TIMEOUT
    }
    few, others = set(late[:_SECOND_CHANCES]), set(late[_SECOND_CHANCES:])
    seats.limit(usual, dict.fromkeys(late, 2 * seats.unknown_s))
    again = seats.run({}, [name for name in failing if name not in others], timeout_s=timeout_s)
    passing = {name for name in failing if passes(again, name)}
    if others and passing & few:
        rest = seats.run({}, sorted(others), timeout_s=timeout_s)
        passing |= {name for name in others if passes(rest, name)}
    seats.limit(usual)
    return again, frozenset(passing)


def _blamed(ground: Ground, run: ConfinedRun) -> ConfinedRun:
    """A run in which pytest did not start because of the project's code: no test file could be collected."""
    found = unstarted(ground, run.suite.said)
    uncollected = {path: failure.message for path, failure in found.items()}
    return replace(run, suite=replace(run.suite, uncollected=uncollected), failures=found)


def _kind(failure: Failure) -> str:
    """``AssertionError`` of ``AssertionError: assert 1 == 2``: what is said after it may have an address in it."""
    return failure.message.partition("\n")[0].partition(":")[0].strip()


def _not_installed(run: ConfinedRun) -> str:
    """What is missing when no test could be collected for want of a module: the environment, not the code, is wrong."""
    if run.suite.outcomes:
        return ""
    messages = {failure.message.partition("\n")[0] for failure in run.failures.values()}
    alike = messages and all(text.startswith("ModuleNotFoundError") for text in messages)
    return min(messages).partition(": ")[2] if alike else ""


def _chosen(wanted: Sequence[str], known: set[str], failing: Sequence[str]) -> list[str]:
    """The targets among what fails."""
    if not wanted:
        if not failing:
            raise FixNothingToFix("all tests pass")
        return list(failing)
    found: list[str] = []
    for name in wanted:
        matching = [
            one for one in known if one == name or one.startswith((f"{name}::", f"{name}["))
        ]
        if not matching and name.partition("::")[0] in known:  # its file cannot be collected
            matching = [name.partition("::")[0]]
        if not matching:
            near = difflib.get_close_matches(name, known, 1)
            raise FixTestUnknown(name, near[0] if near else "")
        found += [one for one in matching if one in set(failing)]
    if not found:
        raise FixNothingToFix("the named tests pass")
    return sorted(set(found))


def last_error(said: str) -> str:
    """Return the last line of what pytest printed that is about an error."""
    lines = [line for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if "Error" in line]
    return " ".join((errors or lines or ["no output"])[-1].split())[:200]


def _recorded(seats: Seats, map_path: Path, timeout_s: float) -> ConfinedRun:
    """Run everything with the probe, lines included, and keep the map."""
    settings: list[ProbeSettings] = []
    ground = seats.ground

    def adapt(root: Path, options: SuiteOptions) -> SuiteOptions:
        project = in_copy(root, replace(ground.project.config, source=()))
        prepare_folder(project)
        _known_facts(ground, project.map_path)
        probe = probe_for(root, project.config, lines=True)
        settings.append(probe)
        return replace(
            options,
            front=(INJECT,),
            arguments=(*PROBE_ARGUMENTS, *options.arguments),
            environ={**options.environ, **probe.variables},
        )

    with seats.seat({}) as (folder, root):
        run = seats.run_in(folder, root, None, timeout_s=timeout_s, adapt=adapt)
        project = in_copy(root, replace(ground.project.config, source=()))
        take_in(project, ended=settings[0].spool.name)
        if project.map_path.exists():
            copy_map(project.map_path, map_path)
        shutil.rmtree(project.map_path.parent, ignore_errors=True)
    return run


def _known_facts(ground: Ground, map_path: Path) -> None:
    """Begin with a copy of the user's map, if there is one that can be read: what it knows is not parsed again."""
    if ground.project.map_path.exists():
        try:
            copy_map(ground.project.map_path, map_path)
        except TdadError:
            map_path.unlink(missing_ok=True)

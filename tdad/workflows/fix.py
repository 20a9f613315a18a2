"""``tdad fix``: what fails, is looked at twice; a patch is searched, measured, kept, and handed over as asked."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event

from tdad.answers_fix import FixEnd, FixReport
from tdad.errors import FixModelNotThere
from tdad.facts_fix import Engine, Found
from tdad.repo import changed_files
from tdad.repo.git import find
from tdad.workflows.audit_pool import interruptible
from tdad.workflows.fix_deliver import check_delivery, deliver
from tdad.workflows.fix_folder import RunFolder, new_run, old_run, state_of
from tdad.workflows.fix_ground import Ground, prepared
from tdad.workflows.fix_hunt import Hunt
from tdad.workflows.fix_map import Risk, suspicion
from tdad.workflows.fix_options import FixOptions
from tdad.workflows.fix_repair import repairs
from tdad.workflows.fix_report import Best, make_report
from tdad.workflows.fix_revert import check_revision, reverts
from tdad.workflows.fix_seats import Seats
from tdad.workflows.fix_start import Begun, begin
from tdad.workflows.fix_verify import Verifier
from tdad.workflows.project import Project

_RISK_S = 60.0
"""So long tests at risk take at most, before a candidate is verified."""
_BASELINE_S = 3600.0
"""Limit for a run of the whole suite, whatever the time for the search is."""


def fix(
    project: Project, options: FixOptions, *, say: Callable[[str], None] = lambda _text: None
) -> FixReport:
    """Repair the project without touching it; only the delivery that was asked for does.

    Raises:
        TdadError: nothing to fix, no baseline, no server, a wrong option, or the patch cannot be handed over.
        OSError: no room.
    """
    if options.engine is Engine.MODEL:
        raise FixModelNotThere
    began = time.monotonic()
    with interruptible(), prepared(project, options.python, options.strictness, say) as ground:
        check_delivery(ground, options.delivery)
        good = check_revision(ground, options.good) if options.good is not None else None
        if options.engine is Engine.AUTO:
            say("engine: search (this version has no model engine yet)")
        run, begun, seats = _begun(ground, options, say)
        hunt = _hunt(options, run, begun, seats, say)
        best = Best()
        try:
            _search(hunt, options, good, run, best)
        except KeyboardInterrupt:
            seats.stop.set()
            best.interrupted = True
        report = make_report(hunt, options, run, best, began)
        if best.found is not None and report.end in {FixEnd.FIXED, FixEnd.BROKE_OTHERS}:
            done = deliver(ground, run, best.found.patch, best.found.why, options.delivery)
            best.delivered = done
            report = make_report(hunt, options, run, best, began)
        return report


def _begun(
    ground: Ground, options: FixOptions, say: Callable[[str], None]
) -> tuple[RunFolder, Begun, Seats]:
    """The run's folder and what is known about the start, from an earlier run or by running the suite now."""
    folder = ground.project.map_path.parent / "fix"
    seats = Seats(ground, options.jobs or os.cpu_count() or 1, Event())
    state = state_of(ground)
    if options.resume is not None:
        run = old_run(folder, options.resume)
        begun = run.load_start(state)
        if begun is not None:
            say(f"going on with run {run.name}")
            seats.limit(begun.start.durations)
            return run, begun, seats
    run = new_run(folder)
    say(f"run {run.name}: running the tests once with the recorder, and what fails once more")
    try:
        begun = begin(seats, options.tests, run.map_path, _BASELINE_S)
    except BaseException:
        _drop(run)
        raise
    run.keep_start(begun, state)
    verb = "fails" if len(begun.targets) == 1 else "fail"
    say(f"{len(begun.targets)} of {len(begun.start.statuses)} tests {verb}")
    return run, begun, seats


def _drop(run: RunFolder) -> None:
    """A run that did not begin leaves nothing to resume."""
    shutil.rmtree(run.folder, ignore_errors=True)


def _hunt(
    options: FixOptions, run: RunFolder, begun: Begun, seats: Seats, say: Callable[[str], None]
) -> Hunt:
    ground = seats.ground
    tried = run.tried
    tried.load()
    suspicious = suspicion(
        ground, begun.map_path, begun.start, begun.targets, recent=_uncommitted(ground)
    )
    risk = Risk(seats, begun.map_path, begun.start, min(options.verify_s, _RISK_S))
    held = _held_back(begun.targets, options)
    return Hunt(
        seats=seats,
        start=begun.start,
        targets=begun.targets,
        held=held,
        suspicion=suspicious,
        risk=risk,
        tried=tried,
        deadline=time.monotonic() + options.time_s,
        again_s=begun.again_s,
        say=say,
    )


def _held_back(targets: Sequence[str], options: FixOptions) -> tuple[str, ...]:
    """Half of the failing tests, when there are at least two: drawn with the seed."""
    if "held-back" not in options.arms or len(targets) < 2:
        return ()
    chosen = random.Random(options.seed).sample(sorted(targets), len(targets) // 2)  # noqa: S311 - no secret
    return tuple(sorted(chosen))


def _uncommitted(ground: Ground) -> frozenset[str]:
    if find(ground.root) is None:
        return frozenset()
    project = ground.copied
    return frozenset(
        version.path for version in changed_files(project.root, config=project.config)
    )


def _search(hunt: Hunt, options: FixOptions, good: str | None, run: RunFolder, best: Best) -> None:
    """Let the engines propose, measure what they propose, stop at the first patch that is good."""
    ground = hunt.seats.ground
    everything = Risk(hunt.seats, run.map_path, hunt.start, options.verify_s)
    verifier = Verifier(
        ground, hunt.start, hunt.targets, everything, options.verify_s, hunt.seats.stop
    )
    verified = 0
    with _closing(_proposals(hunt, options, good), hunt.seats.stop) as proposals:
        for found in proposals:
            new = Best(found)
            if new.rank < best.rank or best.found is None:
                best.found, best.measured = found, None
                run.keep_patch(ground, found.patch)
            hunt.say(f"found: {found.why}{_but(found, len(hunt.targets))}")
            if found.broke or found.overfits:
                continue
            hunt.say("verifying in a new worktree")
            measured = verifier.measure(found.patch)
            verified += 1
            if Best(found, measured).rank <= best.rank or best.measured is None:
                best.found, best.measured = found, measured
                run.keep_patch(ground, found.patch)
            if measured.good or verified >= options.attempts:
                hunt.seats.stop.set()  # what is still being tried is not wanted any more
                return
    if best.found is not None and best.measured is None:
        best.measured = verifier.measure(best.found.patch)


@contextmanager
def _closing(proposals: Iterator[Found], stop: Event) -> Iterator[Iterator[Found]]:
    """End the engines' threads, whatever the end is."""
    try:
        yield proposals
    except BaseException:
        stop.set()
        raise
    finally:
        close = getattr(proposals, "close", None)
        if close is not None:
            close()


def _proposals(hunt: Hunt, options: FixOptions, good: str | None) -> Iterator[Found]:
    if "revert" in options.arms:
        yield from reverts(hunt, good)
    if "template" in options.arms:
        yield from repairs(hunt)


def _but(found: Found, targets: int) -> str:
    if found.overfits:
        return " (but the failing tests that were held back still fail)"
    if found.broke:
        return f" (but {found.broke} other tests fail with it)"
    return (
        "" if found.passing >= targets else f" ({found.passing} of {targets} failing tests pass)"
    )

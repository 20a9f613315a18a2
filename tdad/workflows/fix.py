"""``tdad fix``: what fails, is looked at twice; a patch is searched, measured, kept, and handed over as asked."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event

from tdad.agent.search.patch_text import changed_lines
from tdad.answers_fix import FixEnd, FixPatch, FixReport
from tdad.errors import FixModelNotThere
from tdad.facts_fix import Engine, Found, Measured, Patch
from tdad.repo import changed_files
from tdad.repo.git import find
from tdad.report.documents import dumps
from tdad.report.fix import fix_document
from tdad.runner.sandbox import Strictness
from tdad.workflows.audit_pool import _interruptible
from tdad.workflows.fix_deliver import Delivery, check_delivery, deliver
from tdad.workflows.fix_folder import RunFolder, new_run, old_run, state_of, write_whole
from tdad.workflows.fix_ground import Ground, prepared
from tdad.workflows.fix_hunt import Hunt
from tdad.workflows.fix_map import Risk, suspicion
from tdad.workflows.fix_repair import repairs
from tdad.workflows.fix_revert import check_revision, reverts
from tdad.workflows.fix_seats import Seats
from tdad.workflows.fix_start import Begun, begin
from tdad.workflows.fix_verify import Verifier
from tdad.workflows.project import Project

_SHOWN_SUSPECTS = 10
_BASELINE_S = 3600.0
"""Limit for a run of the whole suite, whatever the time for the search is."""


@dataclass(frozen=True, slots=True)
class FixOptions:
    """What to repair, and how."""

    tests: tuple[str, ...] = ()
    engine: Engine = Engine.AUTO
    good: str | None = None
    time_s: float = 900.0
    """For the search; the run at the start and the final verification come on top."""
    verify_s: float = 600.0
    attempts: int = 3
    """So many patches are verified at most."""
    jobs: int | None = None
    strictness: Strictness = Strictness.AUTO
    python: str | None = None
    resume: str | None = None
    arms: tuple[str, ...] = ("revert", "template", "held-back")
    seed: int = 1
    delivery: Delivery = field(default_factory=Delivery)


@dataclass
class _Best:
    """The best patch so far."""

    found: Found | None = None
    measured: Measured | None = None

    @property
    def rank(self) -> tuple[int, int, int]:
        """The smaller the better."""
        if self.found is None:
            return (1_000_000, 0, 0)
        if self.measured is not None:
            return (*self.measured.rank, 0)
        return (self.found.broke, -self.found.passing, 1)


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
    with _interruptible(), prepared(project, options.python, options.strictness, say) as ground:
        check_delivery(ground, options.delivery)
        good = check_revision(ground, options.good) if options.good is not None else None
        if options.engine is Engine.AUTO:
            say("engine: search (this version has no model engine yet)")
        run, begun, seats = _begun(ground, options, say)
        hunt = _hunt(ground, options, run, begun, seats, say)
        best, interrupted = _Best(), False
        try:
            _search(hunt, options, good, run, best)
        except KeyboardInterrupt:
            seats.stop.set()
            interrupted = True
        report = _report(hunt, options, run, best, interrupted=interrupted, began=began, done="")
        _keep(run, report)
        if best.found is not None and not interrupted and report.end is not FixEnd.NOT_FIXED:
            done = deliver(ground, run, best.found.patch, best.found.why, options.delivery)
            report = _report(hunt, options, run, best, interrupted=False, began=began, done=done)
            _keep(run, report)
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
    ground: Ground,
    options: FixOptions,
    run: RunFolder,
    begun: Begun,
    seats: Seats,
    say: Callable[[str], None],
) -> Hunt:
    tried = run.tried
    tried.load()
    suspicious = suspicion(
        ground, begun.map_path, begun.start, begun.targets, recent=_uncommitted(ground)
    )
    risk = Risk(seats, begun.map_path, begun.start, options.verify_s)
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


def _search(
    hunt: Hunt, options: FixOptions, good: str | None, run: RunFolder, best: _Best
) -> None:
    """Let the engines propose, measure what they propose, stop at the first patch that is good."""
    ground = hunt.seats.ground
    verifier = Verifier(
        ground, hunt.start, hunt.targets, hunt.risk, options.verify_s, hunt.seats.stop
    )
    verified = 0
    with _closing(_proposals(hunt, options, good), hunt.seats.stop) as proposals:
        for found in proposals:
            new = _Best(found)
            if new.rank < best.rank or best.found is None:
                best.found, best.measured = found, None
                run.keep_patch(ground, found.patch)
            hunt.say(f"found: {found.why}{_but(found, len(hunt.targets))}")
            if found.broke or found.overfits:
                continue
            hunt.say("verifying in a new worktree")
            measured = verifier.measure(found.patch)
            verified += 1
            if _Best(found, measured).rank <= best.rank or best.measured is None:
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


# ---------------------------------------------------------------------------------------------------------- the report


def _report(
    hunt: Hunt,
    options: FixOptions,
    run: RunFolder,
    best: _Best,
    *,
    interrupted: bool,
    began: float,
    done: str,
) -> FixReport:
    ground = hunt.seats.ground
    confinement = ground.cell.confinement
    return FixReport(
        end=_end(hunt, best, interrupted=interrupted),
        run=run.name,
        folder=str(run.folder),
        engine="search",
        arm="+".join(options.arms),
        seed=options.seed,
        targets=hunt.targets,
        held_back=hunt.held,
        flaky=tuple(sorted(hunt.start.flaky)),
        total_tests=len(hunt.start.statuses),
        suspects=tuple(
            (suspect.definition, suspect.score, "; ".join(suspect.reasons))
            for suspect in hunt.suspicion.suspects[:_SHOWN_SUSPECTS]
        ),
        tally=hunt.tally,
        tests_run=hunt.seats.ran,
        seconds=round(time.monotonic() - began, 3),
        sandbox=str(confinement.layer),
        not_covered=confinement.not_covered,
        patch=_patch(ground, run, best),
        delivered=done,
    )


def _end(hunt: Hunt, best: _Best, *, interrupted: bool) -> FixEnd:
    if interrupted:
        return FixEnd.INTERRUPTED
    if best.found is None:
        return FixEnd.BUDGET if hunt.over else FixEnd.NOT_FIXED
    measured = best.measured
    if measured is None or measured.failing:
        return FixEnd.NOT_FIXED
    return FixEnd.BROKE_OTHERS if measured.broken else FixEnd.FIXED


def _patch(ground: Ground, run: RunFolder, best: _Best) -> FixPatch | None:
    if best.found is None:
        return None
    patch: Patch = best.found.patch
    return FixPatch(
        arm=str(best.found.arm),
        why=best.found.why,
        files=tuple(sorted(patch)),
        lines=changed_lines({path: ground.read(path) for path in patch}, patch),
        text=run.patch_path.read_bytes().decode("utf-8", "replace"),
        overfits=best.found.overfits,
        measured=best.measured,
    )


def _keep(run: RunFolder, report: FixReport) -> None:

    write_whole(run.report_path, dumps(fix_document(report)).encode())

"""``tdad fix``: what fails, is looked at twice; a patch is searched, measured, kept, and handed over as asked."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable, Sequence
from threading import Event

from tdad.answers_fix import FixEnd, FixReport, Pulse
from tdad.errors import FixNotReproduced, ServerNotFound, TdadError, UsageError
from tdad.facts_fix import Engine
from tdad.graph.suspects import FORMULAS
from tdad.workflows.audit_pool import interruptible
from tdad.workflows.fix_deliver import check_delivery, deliver
from tdad.workflows.fix_folder import RunFolder, new_run, old_run, state_of
from tdad.workflows.fix_ground import Ground, prepared
from tdad.workflows.fix_hunt import Hunt
from tdad.workflows.fix_job import Job
from tdad.workflows.fix_map import Risk, suspicion
from tdad.workflows.fix_model import ModelEngine
from tdad.workflows.fix_model_export import export
from tdad.workflows.fix_model_issue import (
    kept_issue,
    kept_reproduction,
    put_back,
    reproduced,
    take_away,
)
from tdad.workflows.fix_model_servers import Servers, servers_of
from tdad.workflows.fix_options import FixOptions
from tdad.workflows.fix_recent import recently
from tdad.workflows.fix_report import Best
from tdad.workflows.fix_revert import check_revision
from tdad.workflows.fix_seats import Seats
from tdad.workflows.fix_start import Begun, begin
from tdad.workflows.project import Project

_RISK_S = 60.0
"""So long tests at risk take at most, before a candidate is verified."""
_BASELINE_S = 3600.0
"""Limit for a run of the whole suite, whatever the time for the search is."""


def fix(
    project: Project,
    options: FixOptions,
    *,
    say: Callable[[str], None] = lambda _text: None,
    pulse: Callable[[Pulse], None] = lambda _pulse: None,
) -> FixReport:
    """Repair the project without touching it; only the delivery that was asked for does.

    Args:
        project: The user's.
        options: What to repair, and how.
        say: Told what goes on, a line at a time.
        pulse: Told often where a model is, for somebody who watches.

    Raises:
        TdadError: nothing to fix, no baseline, no server, a wrong option, or the patch cannot be handed over.
        OSError: no room.
    """
    began = time.monotonic()
    servers = _servers(project, options, say)
    with interruptible(), prepared(project, options.python, options.strictness, say) as ground:
        check_delivery(ground, options.delivery)
        good = check_revision(ground, options.good) if options.good is not None else None
        run, begun, seats, test = _begun(ground, options, servers, say)
        hunt = _hunt(options, run, begun, seats, say)
        model = None
        if servers is not None:
            issue = options.issue or kept_issue(run)
            model = ModelEngine(hunt, begun, options, run, servers, pulse, issue)
        job = Job(hunt, options, run, Best(targets=len(hunt.targets)), began, model, good, test)
        try:
            job.search()
        except KeyboardInterrupt:
            seats.stop.set()
            job.interrupted()
        report = job.report()
        best = job.best
        if best.found is not None and report.end in {FixEnd.FIXED, FixEnd.BROKE_OTHERS}:
            if test:
                take_away(ground, test)
            done = deliver(ground, run, best.found.patch, best.found.why, options.delivery)
            best.delivered = done
            report = job.report()
        if model is not None:
            export(run, report, model.trail, options.instance or ground.project.root.name)
        return report


def _servers(project: Project, options: FixOptions, say: Callable[[str], None]) -> Servers | None:
    """The model's servers, the first of them asked before anything is run; ``None``: a search without a model.

    Raises:
        TdadError: a model is wanted, and none can be used.
    """
    if options.engine is Engine.SEARCH:
        return None
    must = options.engine is Engine.MODEL or options.issue is not None
    try:
        servers = servers_of(project.config, options.wanted, os.environ)
        if servers.for_attempt(0) is None and servers.error is not None:
            raise servers.error
    except UsageError:
        raise
    except TdadError as error:
        if must:
            raise
        why = "no model server answers" if isinstance(error, ServerNotFound) else str(error)
        say(f"engine: search ({why})")
        return None
    return servers


def _begun(
    ground: Ground, options: FixOptions, servers: Servers | None, say: Callable[[str], None]
) -> tuple[RunFolder, Begun, Seats, str]:
    """The run's folder and what is known about the start, from an earlier run or by running the suite now.

    Last comes the path of the test that reproduces an issue, empty without one.
    """
    folder = ground.project.map_path.parent / "fix"
    seats = Seats(ground, options.jobs or os.cpu_count() or 1, Event())
    state = state_of(ground)
    if options.resume is not None:
        run = old_run(folder, options.resume)
        begun = run.load_start(state)
        if begun is not None:
            say(f"going on with run {run.name}")
            kept = kept_reproduction(run)
            test = put_back(ground, run, kept) if kept is not None else ""
            seats.limit(begun.start.usual_s)
            return run, begun, seats, test
    run = new_run(folder)
    test, tests = "", options.tests
    try:
        if options.issue is not None and servers is not None:
            test = reproduced(ground, options, run, servers, say)
            tests = (*tests, test)
        say(f"run {run.name}: recording the tests, then what fails once more")
        begun = begin(seats, tests, run.map_path, _BASELINE_S)
    except FixNotReproduced:
        raise  # its trajectory stays
    except BaseException:
        _drop(run)
        raise
    run.keep_start(begun, state)
    verb = "fails" if len(begun.targets) == 1 else "fail"
    say(f"{len(begun.targets)} of {len(begun.start.statuses)} tests {verb}")
    if begun.unsteady:
        first = min(begun.unsteady)
        say(f"{len(begun.unsteady)} of them for another reason when run alone, such as {first}")
    return run, begun, seats, test


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
        ground,
        begun.map_path,
        begun.start,
        begun.targets,
        recent=recently(ground.copied),
        formula=FORMULAS[options.formula],
    )
    risk = Risk(seats, begun.map_path, begun.start, min(options.verify_s, _RISK_S))
    held = _held_back(begun.steady, options)
    return Hunt(
        seats=seats,
        start=begun.start,
        targets=begun.steady,
        every=begun.targets,
        held=held,
        suspicion=suspicious,
        risk=risk,
        tried=tried,
        deadline=time.monotonic() + options.time_s,
        again_s=begun.again_s,
        say=say,
        map_path=begun.map_path,
    )


def _held_back(targets: Sequence[str], options: FixOptions) -> tuple[str, ...]:
    """Half of the failing tests, when there are at least two: drawn with the seed."""
    if "held-back" not in options.arms or len(targets) < 2:
        return ()
    chosen = random.Random(options.seed).sample(sorted(targets), len(targets) // 2)  # noqa: S311 - no secret
    return tuple(sorted(chosen))

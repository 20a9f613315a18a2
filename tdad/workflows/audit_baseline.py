"""The suite without a fault: recorded if the user's map is not fresh, run twice, and timed."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

from tdad.errors import AuditNothingRan, AuditWrongTree, TdadError
from tdad.facts import FAILING
from tdad.facts_faults import Baseline
from tdad.repo.copies import put_back
from tdad.runner.interpreter import Interpreter
from tdad.runner.suite import SuiteOptions, SuiteRun, run_environment, run_suite
from tdad.store import open_map
from tdad.store.copies import copy_map
from tdad.trace.probe.inherit import INJECT
from tdad.workflows.audit_copy import Stage, in_copy
from tdad.workflows.audit_results import Kept, Shelf
from tdad.workflows.audit_trial import located
from tdad.workflows.impact import ChangeOptions, find_impacts
from tdad.workflows.index import build_index
from tdad.workflows.project import Project
from tdad.workflows.record_outside import PROBE_ARGUMENTS, probe_for
from tdad.workflows.recording import prepare_folder, take_in

_PAYS_S = 10.0
"""A suite that takes less than this is not worth the start of xdist's workers."""
_GAIN = 1.2


def make_baseline(
    project: Project,
    stage: Stage,
    suite: SuiteOptions,
    python: Interpreter,
    shelf: Shelf,
    *,
    workers: int,
) -> Kept:
    """Run the suite twice, record it unless the user's map is fresh, and keep the result in ``shelf``.

    Args:
        project: The user's project.
        stage: Its copy.
        suite: How to run it, without limits.
        python: What runs it.
        shelf: Where the map and the baseline are kept.
        workers: How many workers of xdist there may be; used if that is quicker.

    Raises:
        AuditNothingRan: no test runs.
        AuditWrongTree: the tests import the user's own tree.
        TdadError: it cannot be recorded.
    """
    copy = _baseline(stage)
    if not copy.exists():
        shutil.copytree(stage.pristine, copy, symlinks=True)
    here = in_copy(copy / stage.inside, project.config)
    scratch = _scratch(stage)
    options = located(suite, copy)
    recorded_here = False
    if is_fresh(project, python) and not suite.arguments:
        copy_map(project.map_path, shelf.map_path)
        first = run_suite(here.root, options, scratch)
    else:
        recorded_here = True
        first = _recorded(here, options, scratch)
    _check(first, stage, python.path)
    if recorded_here:
        copy_map(here.map_path, shelf.map_path)
    put_back(stage.pristine, copy)
    second = run_suite(here.root, options, scratch)
    runs, used = [first, second], 0
    if workers > 1 and stage.has_xdist and second.wall_s > _PAYS_S:
        put_back(stage.pristine, copy)
        spread = replace(options, arguments=(*options.arguments, "-n", str(workers)))
        third = run_suite(here.root, spread, scratch)
        if third.whole and third.wall_s * _GAIN < second.wall_s:
            runs, used = [*runs, third], workers
    put_back(stage.pristine, copy)
    kept = Kept(compare_runs(runs), recorded_here, used)
    shelf.save(kept)
    return kept


def recorded_in(stage: Stage, suite: SuiteOptions) -> dict[str, str]:
    """The environment that :func:`make_baseline` records the suite in."""
    return run_environment(located(suite, _baseline(stage)), _scratch(stage))


def _baseline(stage: Stage) -> Path:
    return stage.folder / "baseline"


def _scratch(stage: Stage) -> Path:
    """Home and temporary files of the runs without a fault."""
    return stage.folder / "baseline.out"


def is_fresh(project: Project, python: Interpreter) -> bool:
    """Tell whether the user's map says what a recording of now would say."""
    try:
        with open_map(project.map_path, mode="read") as store:
            recorded = store.recorded()
            whole = recorded.complete and bool(recorded.tests)
            environment = recorded.environment
        if not whole or environment is None:
            return False
        if ".".join(map(str, python.version)) not in environment.python:
            return False
        answer = find_impacts(project, ChangeOptions()).answer
    except TdadError:
        return False
    return not answer.changes and not answer.precautions


def index_only(stage: Stage, shelf: Shelf) -> None:
    """Make the map that knows the code and no run."""
    if shelf.static_path.exists():
        return
    project = stage.project
    shutil.rmtree(project.map_path.parent, ignore_errors=True)
    build_index(project)
    copy_map(project.map_path, shelf.static_path)
    shutil.rmtree(project.map_path.parent, ignore_errors=True)


def _recorded(project: Project, options: SuiteOptions, scratch: Path) -> SuiteRun:
    shutil.rmtree(project.map_path.parent, ignore_errors=True)
    prepare_folder(project)
    probe = probe_for(project.root, project.config, lines=False)
    recording = replace(
        options,
        front=(INJECT,),
        arguments=(*PROBE_ARGUMENTS, *options.arguments),
        environ={**options.environ, **probe.variables},
    )
    run = run_suite(project.root, recording, scratch)
    take_in(project, ended=probe.spool.name)
    return run


def _check(run: SuiteRun, stage: Stage, python: str) -> None:
    """Refuse a suite that does not run, or that runs code that is not the copy's."""
    copied = set(stage.files)
    for path in run.foreign:
        if path.replace(os.sep, "/") in copied:
            raise AuditWrongTree(path, "the project's own folder", python)
    if not run.outcomes:
        raise AuditNothingRan(python, " ".join(run.said.split("\n")[-1].split()) or "no output")


def compare_runs(runs: list[SuiteRun]) -> Baseline:
    """What passes every time counts; the times are those of the last run without xdist."""
    names = {name for run in runs for name in run.outcomes}
    aside = {
        name
        for name in names
        if len({run.outcomes[name].status if name in run.outcomes else None for run in runs}) > 1
        or runs[0].outcomes[name].status in FAILING
    }
    for run in runs:
        aside |= run.uncollected.keys()
    timed = runs[1]
    durations = {
        name: outcome.duration_s for name, outcome in timed.outcomes.items() if name not in aside
    }
    return Baseline(durations, frozenset(aside), runs[-1].wall_s)


def write_limits(path: Path, baseline: Baseline) -> None:
    """How long each test may take when a fault is in: ten times as long as without, and five seconds more."""
    limits = {name: round(5.0 + 10.0 * s, 1) for name, s in baseline.durations.items()}
    path.write_text(json.dumps(limits), encoding="utf-8")

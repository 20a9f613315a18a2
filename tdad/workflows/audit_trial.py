"""One fault, tried: broken in a copy, the map asked, the whole suite run.

Plain values go in and come out, so that the work can be done by a thread here or by a worker elsewhere.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Event

from tdad.config import Config
from tdad.errors import TdadError
from tdad.facts import FAILING, Answer, Environment, Recorded
from tdad.facts_faults import Fault, Trial
from tdad.repo.copies import put_back
from tdad.runner.suite import SuiteOptions, SuiteRun, run_suite
from tdad.workflows.audit_copy import in_copy
from tdad.workflows.environment import environment_there
from tdad.workflows.explain import explain
from tdad.workflows.faults import put_fault
from tdad.workflows.impact import ChangeOptions, find_impacts
from tdad.workflows.project import Project

_CONFIRMED = 300
"""So many tests fit on a command line; when more are missed, it is not by chance."""
_EXPLAINED = 3
"""Of the tests that one fault breaks and the map misses."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where and how trials are made."""

    folder: str
    """Holds ``pristine`` and ``map.sqlite3``, and the copies that are worked in."""
    inside: str
    """The project's root, relative to a copy."""
    config: Config
    suite: SuiteOptions
    """``pythonpath`` is relative to a copy."""
    asked_with: Mapping[str, str] | None
    """The environment that the map was recorded in, which tests may depend on; ``None``: whatever it is here."""
    set_aside: frozenset[str]


@dataclass(frozen=True, slots=True)
class Work:
    """One trial to make."""

    number: int
    fault: Fault


def try_fault(place: Place, work: Work, stop: Event | None = None) -> Trial:
    """Break one file of a copy, ask, run everything, and put the copy back.

    Raises:
        OSError: the copy cannot be made or changed.
    """
    copy = _copy(place)
    root = copy / place.inside
    put_fault(root, work.fault, turn=work.number + 1)
    trial = Trial(work.number, work.fault.definition, work.fault)
    try:
        trial = ask(place, in_copy(root, place.config), trial)
        trial = outcome_of(trial, run_copy(place, copy, stop), place.set_aside)
        trial = confirmed(place, copy, trial, stop)
        return with_reasons(place, in_copy(root, place.config), trial)
    finally:
        put_back(Path(place.folder) / "pristine", copy)


def ask(place: Place, project: Project, trial: Trial) -> Trial:
    """What the map says, asked with a fresh copy of the map."""
    shutil.rmtree(project.map_path.parent, ignore_errors=True)
    project.map_path.parent.mkdir(parents=True)
    shutil.copy2(Path(place.folder) / "map.sqlite3", project.map_path)
    began = time.monotonic()
    try:
        answer = _answer(place, project)
    except TdadError as error:
        return replace(trial, skipped=f"{error} [{error.slug}]")
    return replace(
        trial,
        ranked=tuple(impact.node_id for impact in answer.impacts),
        evidence=tuple(str(impact.evidence) for impact in answer.impacts),
        precautions=answer.precautions,
        ask_s=time.monotonic() - began,
    )


def confirmed(place: Place, copy: Path, trial: Trial, stop: Event | None) -> Trial:
    """The trial without failing tests that were missed and pass when they are run once more, with the fault still in.

    A test that fails now and then, or only on a busy machine, says nothing about the map.
    """
    missed = _missed(trial)
    if not missed or len(missed) > _CONFIRMED or (stop is not None and stop.is_set()):
        return trial
    options = located(place.suite, copy)
    options = replace(options, arguments=(*options.arguments, *missed))
    again = run_suite(copy / place.inside, options, copy.with_name(copy.name + ".out"), stop)
    steady = again.failing | {name for name in missed if name not in again.outcomes}
    unsteady = tuple(name for name in missed if name not in steady)
    failing = tuple(name for name in trial.failing if name not in unsteady)
    return replace(trial, failing=failing, unsteady=unsteady)


def _missed(trial: Trial) -> list[str]:
    """Failing tests that were not selected."""
    selected = frozenset(trial.ranked)
    return [
        name
        for name in trial.failing
        if name not in selected and name.partition("[")[0] not in selected
    ]


def with_reasons(place: Place, project: Project, trial: Trial) -> Trial:
    """The trial, with why the map takes some of the tests that it misses for safe."""
    missed = _missed(trial)
    if trial.skipped or not (missed or (trial.broken and not trial.ranked)):
        return trial
    why: dict[tuple[str, str], None] = {}
    for node_id in missed[:_EXPLAINED]:
        try:
            said = explain(project, node_id, ChangeOptions(), partial(_surroundings, place)).safe
        except TdadError as error:
            said = (("", str(error)),)
        why |= {(node_id, f"{change}: {reason}"): None for change, reason in said}
    if not missed:
        answer = _answer(place, project)
        why |= dict.fromkeys(sorted(answer.safe.items()))
        why |= {(name, "no test reaches it"): None for name in answer.unreached}
    return replace(trial, why=tuple(why))


def _answer(place: Place, project: Project) -> Answer:
    surroundings = partial(_surroundings, place)
    return find_impacts(project, ChangeOptions(), surroundings=surroundings).answer


def _surroundings(place: Place, recorded: Recorded | None) -> Environment | None:
    return environment_there(recorded, place.asked_with)


def run_copy(place: Place, copy: Path, stop: Event | None) -> SuiteRun:
    """Run the whole suite in a copy."""
    options = located(place.suite, copy)
    return run_suite(copy / place.inside, options, copy.with_name(copy.name + ".out"), stop)


def located(suite: SuiteOptions, copy: Path) -> SuiteOptions:
    """The options with the folders of one copy."""
    return replace(suite, pythonpath=tuple(str(copy / entry) for entry in suite.pythonpath))


def outcome_of(trial: Trial, run: SuiteRun, set_aside: frozenset[str]) -> Trial:
    """The trial with what the suite said."""
    outcomes = run.outcomes.values()
    failing = {one.node_id for one in outcomes if one.status in FAILING}
    broken = not run.outcomes and not run.cut_short
    uncollected = set(run.uncollected)
    if broken and run.uncollected:
        broken = False
    return replace(
        trial,
        failing=tuple(sorted(failing - set_aside)),
        uncollected=tuple(sorted(uncollected - set_aside)),
        nothing_ran=broken,
        cut_short=not run.whole and bool(run.outcomes),
        run_s=run.wall_s,
    )


def _copy(place: Place) -> Path:
    """This thread's own copy, made when it is first needed."""
    copy = Path(place.folder) / f"work-{os.getpid()}-{threading.get_ident()}"
    if not copy.exists():
        shutil.copytree(Path(place.folder) / "pristine", copy, symlinks=True)
    return copy

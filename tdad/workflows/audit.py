"""``tdad audit``: put faults into copies of the project, ask the map, run everything, compare."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from pathlib import Path

import tdad
from tdad.answers_audit import AuditReport
from tdad.errors import AuditNoFaults, AuditRunning
from tdad.evaluation.figures import figures, grouped
from tdad.evaluation.trials import judge
from tdad.facts import FACTS_VERSION
from tdad.facts_faults import Baseline, Fault, Judged, Trial
from tdad.repo import project_files
from tdad.runner.interpreter import Interpreter
from tdad.runner.sandbox import Strictness, chosen
from tdad.runner.suite import SuiteOptions
from tdad.store.copies import copy_map
from tdad.workflows.audit_baseline import index_only, make_baseline, recorded_in, write_limits
from tdad.workflows.audit_cases import write_cases
from tdad.workflows.audit_copy import Stage, stage
from tdad.workflows.audit_pool import Crew, End, interruptible, threads, work_through
from tdad.workflows.audit_results import Kept, Ledger, Shelf
from tdad.workflows.audit_trial import Place, Work, try_fault
from tdad.workflows.faults import plan_faults
from tdad.workflows.head import read_bytes
from tdad.workflows.private import only_one, private_folder, tenant
from tdad.workflows.project import Project
from tdad.workflows.recording import prepare_folder

_TIMEOUT_S = 120.0
_TIMEOUT_FACTOR = 10.0
_LIMIT_S = 30.0
"""For a test that the baseline does not know."""


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """What to audit, and how."""

    faults: int = 50
    seed: int = 1
    jobs: int | None = None
    """``None``: one per processor."""
    budget_s: float | None = None
    """Begin no further trial after so long."""
    python: str | None = None
    static: bool = False
    arguments: tuple[str, ...] = ()
    """For pytest."""
    sandbox: Strictness = Strictness.AUTO
    scheduler: str | None = None
    """Address of a Dask scheduler; ``None``: work here."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A copy of the project, and how its tests are run."""

    project: Project
    """The user's own."""
    options: AuditOptions
    python: Interpreter
    stage: Stage
    shelf: Shelf
    suite: SuiteOptions
    """Without limits."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Everything that trials need and that does not change between them."""

    bench: Bench
    kept: Kept
    place: Place


def audit(
    project: Project,
    options: AuditOptions,
    *,
    say: Callable[[str], None] = lambda _text: None,
    tick: Callable[[int, int], None] | None = None,
) -> AuditReport:
    """Try faults until there are enough, the time is over, or somebody interrupts; report on all that were tried.

    Args:
        project: The user's project; it is only read, but for ``.tdad``.
        options: What to do.
        say: Told what goes on.
        tick: Told how many trials are done, and of how many.

    Raises:
        TdadError: nothing can be measured, for a reason that the user can put right.
    """
    began = time.monotonic()
    with prepared(project, options, say) as setting:
        faults = plan_faults(setting.bench.stage.project, number=options.faults, seed=options.seed)
        if not faults:
            raise AuditNoFaults
        name = f"faults-{options.seed}{'-static' if options.static else ''}.jsonl"
        ledger = Ledger(setting.bench.shelf.folder / name)
        done = _known(ledger, faults)
        work = [Work(n, fault) for n, fault in enumerate(faults) if n not in done]
        deadline = None if options.budget_s is None else began + options.budget_s
        if done and work:
            say(f"{len(done)} of {len(faults)} faults were tried before")

        def keep(trial: Trial) -> None:
            ledger.append(trial)
            done[trial.number] = trial
            if tick is not None:
                tick(len(done), len(faults))

        with _crew(setting.place, options) as crew:
            end = work_through(crew, work, deadline=deadline, keep=keep)
        trials = [done[number] for number in sorted(done)]
        baseline = setting.kept.baseline
        return make_report(
            setting.bench,
            "faults",
            trials,
            planned=len(faults),
            end=end,
            baselines=lambda _number: baseline,
        )


def _crew(place: Place, options: AuditOptions) -> AbstractContextManager[Crew[Work]]:
    """Threads here, or the workers of a cluster."""
    if options.scheduler is not None:
        from tdad.workflows.audit_cluster import cluster

        return cluster(options.scheduler, place)
    return threads(partial(try_fault, place), jobs_of(options))


def _known(ledger: Ledger, faults: Sequence[Fault]) -> dict[int, Trial]:
    """Trials of an earlier run of the same faults."""
    return {
        number: trial
        for number, trial in ledger.load().items()
        if number < len(faults) and trial.fault == faults[number]
    }


def make_report(
    bench: Bench,
    subject: str,
    trials: Sequence[Trial],
    *,
    planned: int,
    end: End,
    baselines: Callable[[int], Baseline],
) -> AuditReport:
    """Judge the trials and sum up.

    Args:
        bench: Where they were made.
        subject: ``faults`` or ``history``.
        trials: All there are.
        planned: How many there were to be.
        end: How the work ended.
        baselines: Number of a trial → what it is compared with.
    """
    options, folder = bench.options, bench.shelf.folder
    judged = tuple(judge(trial, baselines(trial.number)) for trial in trials if not trial.skipped)
    root = bench.stage.project.root
    return AuditReport(
        source="static" if options.static else "record",
        subject=subject,
        seed=options.seed,
        judged=judged,
        skipped=tuple((trial.name, trial.skipped) for trial in trials if trial.skipped),
        planned=planned,
        baseline=baselines(trials[0].number if trials else 0),
        folder=str(folder),
        cases=write_cases(root, folder / "cases", judged, options.seed),
        interrupted=end is not End.DONE,
        stopped=end is End.STOPPED,
        figures=figures(judged),
        groups=(("level", grouped(judged, _level)), ("kind", grouped(judged, _kind))),
    )


def _level(judged: Judged) -> str:
    return str(judged.trial.fault.level) if judged.trial.fault else "commit"


def _kind(judged: Judged) -> str:
    return str(judged.trial.fault.kind) if judged.trial.fault else "commit"


# ----------------------------------------------------------------------------------------------------- preparation


@contextmanager
def prepared(
    project: Project, options: AuditOptions, say: Callable[[str], None]
) -> Iterator[Setting]:
    """A copy, its baseline, and everything else that trials need; what is not kept is removed afterwards.

    Raises:
        TdadError: nothing can be measured.
    """
    with opened(project, options) as bench:
        found, shelf = bench.stage, bench.shelf
        kept = shelf.load()
        if kept is None:
            say("running the tests twice without a fault")
            workers = max(1, (os.cpu_count() or 1) // jobs_of(options))
            kept = make_baseline(project, found, bench.suite, bench.python, shelf, workers=workers)
        if options.static:
            index_only(found, shelf)
        place = limited_place(found, shelf, kept, bench.suite, static=options.static)
        copy_map(shelf.map_path, found.project.map_path)
        yield Setting(bench, kept, place)


@contextmanager
def opened(project: Project, options: AuditOptions) -> Iterator[Bench]:
    """A copy that imports itself, and the folder where results are kept.

    Raises:
        AuditWrongTree, AuditRunning, SandboxUnavailable: see there.
        TdadError: no interpreter, or git does not answer.
    """
    confinement = chosen(options.sandbox)
    prepare_folder(project)
    folder = project.map_path.parent / "audit"
    folder.mkdir(exist_ok=True)
    with only_one(folder, AuditRunning), interruptible(), _scratch(project) as scratch:
        asked = tenant(project, options.python, confinement, scratch)
        python = asked.python
        found = stage(project, python.path, scratch, asked.confine)
        shelf = Shelf(folder / _key(project, found, python, options))
        shelf.folder.mkdir(exist_ok=True)
        suite = SuiteOptions(
            sandbox=options.sandbox,
            protected=(os.path.realpath(project.root),),
            python=python.path,
            pythonpath=found.pythonpath,
            arguments=options.arguments,
            foreign_root=os.path.realpath(project.root),
            pass_env=project.config.pass_env,
        )
        yield Bench(project, options, python, found, shelf, suite)


def limited_place(
    found: Stage, shelf: Shelf, kept: Kept, suite: SuiteOptions, *, static: bool
) -> Place:
    """Where trials are made: the folder of the copies, with the map and the limits beside them."""
    chosen = shelf.static_path if static else shelf.map_path
    shutil.copy2(chosen, found.folder / "map.sqlite3")
    limits = found.folder / "limits.json"
    write_limits(limits, kept.baseline)
    workers = ("-n", str(kept.workers)) if kept.workers else ()
    limited = replace(
        suite,
        arguments=(*suite.arguments, *workers),
        foreign_root="",
        timeout_s=_TIMEOUT_S + _TIMEOUT_FACTOR * kept.baseline.wall_s,
        limit_s=_LIMIT_S,
        limits=str(limits),
    )
    return Place(
        folder=str(found.folder),
        inside=found.inside,
        config=found.project.config,
        suite=limited,
        asked_with=recorded_in(found, suite) if kept.recorded_here else None,
        set_aside=kept.baseline.set_aside,
    )


def jobs_of(options: AuditOptions) -> int:
    """How many trials are made at once."""
    return options.jobs or os.cpu_count() or 1


@contextmanager
def _scratch(project: Project) -> Iterator[Path]:
    """A folder outside the project, the same for each audit of it: recorded paths stay what they are."""
    folder = private_folder(project, "audit")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _key(project: Project, found: Stage, python: Interpreter, options: AuditOptions) -> str:
    """Name of this version of the project, as far as results depend on it."""
    key = blake2b(digest_size=8)
    said: Mapping[str, object] = {
        "tdad": (tdad.__version__, FACTS_VERSION),
        "python": (python.path, python.version, python.pytest),
        "arguments": options.arguments,
        "sandbox": options.sandbox,
        "config": project.config,
    }
    key.update(repr(sorted(said.items())).encode())
    for path in project_files(found.project.root, found.project.config):
        data = read_bytes(found.project.root / path) or b""
        key.update(os.fsencode(path) + b"\0" + blake2b(data).digest())
    return key.hexdigest()

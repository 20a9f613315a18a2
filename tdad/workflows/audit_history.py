"""``tdad audit --history N``: real changes, put back. Under the old code, are the new tests that fail selected?"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from threading import Event

from tdad.answers_audit import AuditReport
from tdad.config.decisive import decides
from tdad.errors import AuditNoHistory, TdadError
from tdad.facts_faults import Baseline, Trial
from tdad.graph.tests_of import Patterns
from tdad.repo import project_files
from tdad.repo.copies import make_repository
from tdad.repo.git import Git, discover
from tdad.repo.history import Commit, blobs, check_out, commits
from tdad.workflows.audit import (
    AuditOptions,
    Bench,
    limited_place,
    make_report,
    opened,
)
from tdad.workflows.audit_baseline import make_baseline
from tdad.workflows.audit_copy import Stage, in_copy
from tdad.workflows.audit_pool import threads, work_through
from tdad.workflows.audit_results import Ledger, Shelf
from tdad.workflows.audit_trial import Place, ask, confirmed, outcome_of, run_copy, with_reasons
from tdad.workflows.faults import is_test_code
from tdad.workflows.impact import patterns
from tdad.workflows.project import Project

_LOOKED_AT = 40
"""Commits that are looked at for each that is wanted."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One commit to try."""

    number: int
    commit: Commit
    code: tuple[str, ...]
    """What is put back: changed files that are neither tests nor configuration."""

    @property
    def name(self) -> str:
        """Short id and subject."""
        return f"{self.commit.id[:10]} {self.commit.subject}"


def audit_history(
    project: Project,
    options: AuditOptions,
    *,
    number: int,
    say: Callable[[str], None] = lambda _text: None,
    tick: Callable[[int, int], None] | None = None,
) -> AuditReport:
    """Try the last ``number`` commits that touch code and tests.

    Raises:
        NotARepository: there is no git repository.
        AuditNoHistory: no commit touches both.
        TdadError: nothing can be measured.
    """
    began = time.monotonic()
    git = discover(project.root)
    with opened(project, options) as bench:
        found = patterns(project)
        revisions = list(_revisions(git, number, found))
        if not revisions:
            raise AuditNoHistory(number * _LOOKED_AT)
        shelf = bench.shelf.folder.parent / "history" / _key(bench)
        shelf.mkdir(parents=True, exist_ok=True)
        ledger = Ledger(shelf / "history.jsonl")
        names = {revision.name: revision.number for revision in revisions}
        done = {
            names[trial.name]: replace(trial, number=names[trial.name])
            for trial in ledger.load().values()
            if trial.name in names
        }

        def keep(trial: Trial) -> None:
            ledger.append(trial)
            done[trial.number] = trial
            if tick is not None:
                tick(len(done), len(revisions))

        def make(revision: Revision, stop: Event) -> Trial:
            return try_commit(bench, git, revision, shelf, stop)

        work = [revision for revision in revisions if revision.number not in done]
        deadline = None if options.budget_s is None else began + options.budget_s
        with threads(make, options.jobs or os.cpu_count() or 1) as crew:
            end = work_through(crew, work, deadline=deadline, keep=keep)
        trials = [done[key] for key in sorted(done)]
        shelves = {r.number: Shelf(shelf / r.commit.id).load() for r in revisions}
        baselines = {key: kept.baseline for key, kept in shelves.items() if kept is not None}
        say(f"{len(trials) - len(work)} of {len(revisions)} commits were tried before")
        empty = Baseline({})
        report = make_report(
            bench,
            "history",
            trials,
            planned=len(revisions),
            end=end,
            baselines=lambda n: baselines.get(n, empty),
        )
        return replace(report, folder=str(shelf))


def _revisions(git: Git, number: int, found: Patterns) -> Iterator[Revision]:
    """Commits that touch both code and tests, newest first."""
    position = 0
    for commit in commits(git, number * _LOOKED_AT):
        inside = [path for path in commit.changed if not path.startswith("../")]
        tests = [path for path in inside if path.endswith(".py") and is_test_code(path, found)]
        code = [path for path in inside if not is_test_code(path, found) and not decides(path)]
        if tests and any(path.endswith(".py") for path in code):
            yield Revision(position, commit, tuple(code))
            position += 1
        if position == number:
            return


def _key(bench: Bench) -> str:
    """Name of what results depend on beside the commit."""
    python = bench.python
    said = repr((python.path, python.version, python.pytest, bench.options.arguments))
    return blake2b(said.encode(), digest_size=6).hexdigest()


def try_commit(
    bench: Bench, git: Git, revision: Revision, folder: Path, stop: Event | None
) -> Trial:
    """Record the commit, put the old code back, ask, run everything.

    A commit whose tests do not run is a trial without a result.
    """
    trial = Trial(revision.number, revision.name, None)
    scratch = bench.stage.folder / f"commit-{revision.commit.id[:10]}-{threading.get_ident()}"
    shelf = Shelf(folder / revision.commit.id)
    shelf.folder.mkdir(exist_ok=True)
    try:
        found = _stage(bench, git, revision.commit, scratch)
        suite = replace(bench.suite, pythonpath=found.pythonpath)
        kept = make_baseline(found.project, found, suite, bench.python, shelf, workers=1)
        place = limited_place(found, shelf, kept, suite, static=False)
        old = blobs(git, revision.commit.parent, revision.code)
        return _put_back(place, old, trial, stop)
    except TdadError as error:
        return replace(trial, skipped=f"{error} [{error.slug}]")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _put_back(
    place: Place, old: Mapping[str, bytes | None], trial: Trial, stop: Event | None
) -> Trial:
    """Write the old code where the new was recorded, so that nothing but the code differs; ask, run everything."""
    copy = Path(place.folder) / "baseline"
    root = copy / place.inside
    for path, data in old.items():
        target = root / path
        if data is None:
            target.unlink(missing_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    project = in_copy(root, place.config)
    trial = ask(place, project, trial)
    trial = outcome_of(trial, run_copy(place, copy, stop), place.set_aside)
    return with_reasons(place, project, confirmed(place, copy, trial, stop))


def _stage(bench: Bench, git: Git, commit: Commit, scratch: Path) -> Stage:
    """The files of the commit, as :func:`tdad.workflows.audit_copy.stage` makes those of now."""
    now = bench.stage
    pristine = scratch / "pristine"
    check_out(git, commit.id, pristine)
    inside = git.prefix or "."
    root = pristine / inside
    if not root.is_dir():
        raise AuditNoHistory(1)
    for path in now.unlisted:
        target = root / path
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(now.project.root / path, target)
    make_repository(bench.project.root, root, now.unlisted)
    pythonpath = [os.path.relpath(entry, now.inside) for entry in now.pythonpath]
    project = in_copy(root, bench.project.config)
    return replace(
        now,
        folder=scratch,
        pristine=pristine,
        inside=inside,
        project=project,
        pythonpath=tuple(os.path.normpath(f"{inside}/{entry}") for entry in pythonpath),
        files=tuple(project_files(root, project.config)),
    )

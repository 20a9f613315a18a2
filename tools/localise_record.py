"""One fault at a time: the start of ``tdad fix`` on it, kept. Recording is the slow part and is done once per fault.

``.bench/localise/cases/SUBJECT/KEY/`` holds the map of the broken version (with lines), what is known about its tests
(``start.json``, as ``tdad fix`` keeps it), and the trial itself. A folder that is complete is not made again.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from accuracy_record import recorded
from accuracy_run import edited
from accuracy_setup import LIMIT_S, project, put_back, python
from accuracy_trials import FUNCTION, HISTORICAL, MODULE, Trial, historical, seeded
from bench_setup import BENCH, ROOT
from subjects import run

from tdad.errors import TdadError
from tdad.facts import FACTS_VERSION
from tdad.runner.sandbox import Strictness
from tdad.workflows.fix_folder import RunFolder
from tdad.workflows.fix_ground import prepared
from tdad.workflows.fix_seats import Seats
from tdad.workflows.fix_start import Begun, begin
from tdad.workflows.project import open_project

LOCALISE = BENCH / "localise"
KNOWN = ROOT / "docs" / "explanation" / "accuracy-results.jsonl"
PLANNED = 240
STATE = "localise"
SAID = "case.json"
NO_DEFINITION = "::the file"
"""Historical changes of a whole file have no definition to find."""


@dataclass(frozen=True, slots=True)
class Case:
    """One fault to record."""

    subject: str
    trial: Trial

    @property
    def folder(self) -> Path:
        """Where its recording is."""
        return LOCALISE / "cases" / self.subject / self.trial.key

    @property
    def recorded(self) -> bool:
        """Tell whether it is there, with facts that today's code reads."""
        return (self.folder / SAID).exists() and _readable(self.folder / SAID)


@dataclass(frozen=True, slots=True)
class Kept:
    """One fault that was recorded."""

    subject: str
    folder: Path
    past: bool
    """It really happened."""
    where: str
    path: str
    """The file that is wrong."""
    wrong: bytes
    right: bytes
    left_out: str
    """Why there is nothing to ask about; empty: there is."""

    @property
    def begun(self) -> Begun | None:
        """What ``tdad fix`` found out before it looks for a patch."""
        return RunFolder(self.folder).load_start(STATE)


def kept(name: str) -> Iterator[Kept]:
    """What was recorded of a subject by now."""
    for file in filter(_readable, sorted((LOCALISE / "cases" / name).glob(f"*/{SAID}"))):
        said = json.loads(file.read_text("utf-8"))
        yield Kept(
            name,
            file.parent,
            said["kind"] == HISTORICAL,
            said["where"],
            said["path"],
            said["wrong"].encode(),
            said["right"].encode(),
            said.get("left out", ""),
        )


def _readable(file: Path) -> bool:
    """Facts of another version are no facts to today's code: every definition would be missing from the lists."""
    return bool(json.loads(file.read_text("utf-8")).get("facts") == FACTS_VERSION)


def cases(name: str, faults: int, changes: int) -> Iterator[Case]:
    """Faults and historical changes that are known to fail a test, in turn; in an order that is always the same."""
    failing = _failing(name)
    seeds = [
        each
        for each in seeded(name, PLANNED)
        if each.key in failing and each.kind in {FUNCTION, MODULE}
    ]
    past = [
        each
        for each in historical(name)
        if each.key in failing and not each.where.endswith(NO_DEFINITION)
    ]
    waiting = [seeds[:faults], past[:changes]]
    while any(waiting):
        for trials in (waiting[0], waiting[0], waiting[1]):
            if trials:
                yield Case(name, trials.pop(0))


def _failing(name: str) -> frozenset[str]:
    """Keys of the trials that the accuracy benchmark saw failing tests of."""
    found = set()
    for line in KNOWN.read_text("utf-8").splitlines():
        entry = json.loads(line)
        if entry["subject"] == name and entry.get("failing"):
            found.add(entry["key"])
    return frozenset(found)


def record(case: Case) -> dict[str, Any]:
    """Break a copy of the subject, run ``tdad fix`` up to where it looks for a patch, keep what it knows."""
    shutil.rmtree(case.folder, ignore_errors=True)
    case.folder.mkdir(parents=True)
    path, wrong = next((p, d) for p, d in case.trial.files.items() if d is not None)
    said: dict[str, Any] = {
        "kind": case.trial.kind,
        "where": case.trial.where,
        "what": case.trial.what,
        "path": path,
        "facts": FACTS_VERSION,
        "wrong": wrong.decode(),
        "right": (project(case.subject) / path).read_text("utf-8"),
    }
    with edited(case.subject, case.trial.files):
        (project(case.subject) / ".tdad").mkdir(exist_ok=True)
        shutil.copy2(_index(case.subject), project(case.subject) / ".tdad/map.sqlite3")
        try:
            begun = _begun(case)
            said |= {"failing": len(begun.targets), "total": len(begun.start.statuses)}
        except TdadError as error:
            said["left out"] = f"{error} [{error.slug}]"
        shutil.rmtree(project(case.subject) / ".tdad", ignore_errors=True)
    file = case.folder / SAID
    file.write_text(json.dumps(said), encoding="utf-8")
    return said


def _begun(case: Case) -> Begun:
    root = open_project(project(case.subject))
    kept_in = RunFolder(case.folder)
    with prepared(root, str(python()), Strictness.AUTO, _say) as ground:
        seats = Seats(ground, 1, Event())
        begun = begin(seats, (), kept_in.map_path, LIMIT_S[case.subject] * 40.0)
        kept_in.keep_start(begun, STATE)
    return begun


def _say(text: str) -> None:
    print(f"  {text}", file=sys.stderr)


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """Hold a subject, which is changed in place; false: another process records it."""
    LOCALISE.mkdir(parents=True, exist_ok=True)
    with (LOCALISE / f"{name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"{name} is recorded by another process", file=sys.stderr)
            yield False
            return
        yield True


def ready(name: str) -> None:
    """Undo what a killed run left in a subject, and parse it once: each fault begins with that index."""
    recorded(name).folder.mkdir(parents=True, exist_ok=True)
    put_back(name)
    shutil.rmtree(project(name) / ".tdad", ignore_errors=True)
    if not _index(name).exists():
        run([sys.executable, "-m", "tdad", "index"], project(name))
        _index(name).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(project(name) / ".tdad/map.sqlite3", _index(name))
        shutil.rmtree(project(name) / ".tdad")


def _index(name: str) -> Path:
    return LOCALISE / "index" / f"{name}.sqlite3"

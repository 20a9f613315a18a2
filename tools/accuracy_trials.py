"""What is tried on a subject: faults that ``tdad audit`` would seed, and changes that really happened, put back."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from accuracy_history import history
from accuracy_record import MAP, recorded
from accuracy_setup import project
from bench_setup import ROOT

from tdad.evaluation.records import fault_document, read_fault
from tdad.facts_faults import Fault, FaultLevel
from tdad.source.mutations import break_file
from tdad.workflows.faults import plan_faults
from tdad.workflows.project import open_project

FUNCTION, MODULE, FIXTURE, DATA, HISTORICAL = (
    "function body",
    "module level",
    "fixture",
    "data file",
    "historical",
)
CLASSES = (FUNCTION, MODULE, FIXTURE, DATA, HISTORICAL)
LEVELS = {
    FaultLevel.FUNCTION: FUNCTION,
    FaultLevel.CLASS: MODULE,
    FaultLevel.MODULE: MODULE,
    FaultLevel.FIXTURE: FIXTURE,
    FaultLevel.DATA: DATA,
}
SEED = 1
PLANS = ROOT / "tools" / "accuracy_faults"
"""One file of faults per subject, as ``tdad audit`` planned them for its recorded map."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One change to measure."""

    key: str
    """Of its content: the same change has the same key in every clone."""
    kind: str
    """One of ``CLASSES``."""
    where: str
    what: str
    files: Mapping[str, bytes | None] = field(repr=False)
    """Path → content with the change."""


def seeded(name: str, number: int) -> Iterator[Trial]:
    """Up to ``number`` faults, spread as ``tdad audit`` spreads them. The subject must have been recorded."""
    root = project(name)
    for fault in _planned(name, number):
        content = break_file((root / fault.path).read_bytes(), fault)
        what = f"{fault.kind}: {fault.detail}"
        yield _trial(name, LEVELS[fault.level], _place(fault), what, {fault.path: content})


def _planned(name: str, number: int) -> Sequence[Fault]:
    """The plan. One that is kept in the repository is used, so that figures of all days are about the same faults."""
    file = PLANS / f"{name}.jsonl"
    if not file.exists():
        map_file = project(name) / MAP
        map_file.parent.mkdir(exist_ok=True)
        shutil.copy2(recorded(name).map, map_file)
        faults = plan_faults(open_project(project(name)), number=number, seed=SEED)
        lines = [json.dumps(fault_document(fault)) for fault in faults]
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    lines = file.read_text(encoding="utf-8").splitlines()
    return [read_fault(json.loads(line)) for line in lines[:number]]


def _place(fault: Fault) -> str:
    return f"{fault.definition} line {fault.line}" if fault.line else fault.definition


def historical(name: str) -> Iterator[Trial]:
    """Every change between earlier releases and the subject, put back one at a time."""
    for change in history(name):
        what = f"as in {change.release}"
        where = f"{change.path}::{change.what}"
        yield _trial(name, HISTORICAL, where, what, {change.path: change.content.encode()})


def _trial(
    name: str, kind: str, where: str, what: str, files: Mapping[str, bytes | None]
) -> Trial:
    content = hashlib.sha256()
    for path, data in sorted(files.items()):
        content.update(f"{name}\0{path}\0".encode() + (data if data is not None else b"\0gone"))
    return Trial(content.hexdigest()[:16], kind, where, what, files)

"""Bugs to repair: faults of the audit's operators, faults of others, and code of earlier releases put back.

Every bug fails at least one test of the subject's own suite. Which ones do was measured before: by ``make audit-full``
for those that it shares (``docs/explanation/accuracy-results.jsonl``), by ``repair_other.py`` for the others.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from accuracy_history import history
from accuracy_record import recorded
from accuracy_results import kept
from accuracy_trials import PLANS
from bench_setup import ROOT
from repair_setup import folder

from tdad.evaluation.records import read_fault
from tdad.facts_faults import FaultLevel
from tdad.source.mutations import break_file

SEEDED, OTHER, HISTORICAL = "seeded", "other", "historical"
KINDS = (SEEDED, OTHER, HISTORICAL)
OTHERS = ROOT / "tools" / "repair_faults"
"""One file of faults per subject, of operators that no template inverts; each fails a test."""
IN_CODE = frozenset({FaultLevel.FUNCTION, FaultLevel.CLASS, FaultLevel.MODULE})
"""A repair changes no tests, so that faults in fixtures and in tests' data are none to repair."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Lines of the release (from 0, ``last`` not included) and what stands there instead."""

    first: int
    last: int
    new: tuple[str, ...]

    def overlaps(self, other: Edit) -> bool:
        """Tell whether they touch or cover the same lines: only one of them can be made."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, slots=True)
class Bug:
    """One bug."""

    key: str
    """Of its content: the same bug has the same key in every clone."""
    kind: str
    path: str
    where: str
    what: str
    content: bytes = field(repr=False)
    """The file with the bug."""


def bugs(name: str, kind: str) -> Iterator[Bug]:
    """Every bug of a kind that fails a test, in a fixed order."""
    match kind:
        case "seeded":
            yield from _seeded(name)
        case "other":
            yield from _other(name)
        case _:
            yield from _historical(name)


def _failing(name: str) -> frozenset[str]:
    """Keys of the trials of the audit that fail a test."""
    return frozenset(each.key for each in kept()[1] if each.subject == name and each.failing)


def _seeded(name: str) -> Iterator[Bug]:
    known = _failing(name)
    for line in (PLANS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        fault = read_fault(json.loads(line))
        content = break_file(release(name, fault.path), fault)
        key = key_of(name, fault.path, content)
        if key in known and fault.level in IN_CODE:
            where = f"{fault.definition} line {fault.line}"
            yield Bug(key, SEEDED, fault.path, where, f"{fault.kind}: {fault.detail}", content)


def _other(name: str) -> Iterator[Bug]:
    file = OTHERS / f"{name}.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    for line in lines:
        said = json.loads(line)
        before = release(name, said["path"])
        content = before[: said["start"]] + said["text"].encode() + before[said["end"] :]
        key = key_of(name, said["path"], content)
        yield Bug(key, OTHER, said["path"], said["where"], said["what"], content)


def _historical(name: str) -> Iterator[Bug]:
    """One function, or one stretch of lines, as it was before; a whole file is no single bug."""
    recorded(name).folder.mkdir(parents=True, exist_ok=True)
    known = _failing(name)
    for change in history(name):
        content = change.content.encode()
        key = key_of(name, change.path, content)
        if key in known and change.what != "the file":
            where = f"{change.path}::{change.what}"
            yield Bug(key, HISTORICAL, change.path, where, f"as in {change.release}", content)


def release(name: str, path: str) -> bytes:
    """Return a file of the release; ``repair_setup.clean`` has put it back."""
    return (folder(name) / path).read_bytes()


def key_of(name: str, path: str, content: bytes) -> str:
    """The key that ``accuracy_trials`` gives the same change."""
    key = hashlib.sha256(f"{name}\0{path}\0".encode() + content)
    return key.hexdigest()[:16]


def edits(before: bytes, after: bytes) -> list[Edit]:
    """The lines that differ."""
    old = before.decode().splitlines(keepends=True)
    new = after.decode().splitlines(keepends=True)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return [
        Edit(i, j, tuple(new[k:m])) for tag, i, j, k, m in matcher.get_opcodes() if tag != "equal"
    ]


def edited(before: bytes, wanted: list[Edit]) -> bytes:
    """The text with edits made that do not overlap."""
    lines = before.decode().splitlines(keepends=True)
    for edit in sorted(wanted, key=lambda each: (each.first, each.last), reverse=True):
        lines[edit.first : edit.last] = edit.new
    return "".join(lines).encode()

"""A bug in a history: a good version, harmless commits, one that brings the bug among other changes, more commits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from repair_bugs import Bug, Edit, edited, edits
from repair_harmless import Harmless
from repair_setup import clean, folder
from subjects import run

STEPS = 6
"""Commits after the good one."""
FAULTY = 3
"""The one that brings the bug, from 1."""
IDENTITY = (
    "-c", "user.name=tdad", "-c", "user.email=tdad@localhost", "-c", "commit.gpgsign=false",
    "-c", "core.hooksPath=.no-hooks",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Story:
    """The history of one bug, checked out at its end."""

    good: str
    """The commit to go back to."""
    hunks: int
    """How many changes lie between it and now, the bug's own included."""


def tell(name: str, bug: Bug, harmless: Harmless) -> Story:
    """Make the history, in the subject's folder.

    Raises:
        SubjectError: git failed.
    """
    clean(name)
    root = folder(name)
    texts = {path: (root / path).read_bytes() for path in {bug.path, *harmless}}
    faulty = edits(texts[bug.path], bug.content)
    rest = _beside(bug.path, faulty, harmless)
    good = _commit(root, _texts(texts, rest, (bug.path, [])), "a good version")
    hunks = len(rest) + len(faulty)
    for step in range(1, STEPS + 1):
        left = [each for number, each in enumerate(rest) if number % STEPS >= step]
        own = (bug.path, faulty if step >= FAULTY else [])
        _commit(root, _texts(texts, left, own), f"changes {step}")
    return Story(good, hunks)


def _beside(path: str, faulty: list[Edit], harmless: Harmless) -> list[tuple[str, Edit]]:
    """The harmless edits that do not touch the bug's lines."""
    return [
        (where, edit)
        for where, found in sorted(harmless.items())
        for edit in found
        if where != path or not any(edit.overlaps(each) for each in faulty)
    ]


def _texts(
    texts: dict[str, bytes], left: list[tuple[str, Edit]], own: tuple[str, list[Edit]]
) -> dict[str, bytes]:
    """The files with the harmless edits that are left, and the bug's own."""
    made = {}
    for path, text in texts.items():
        wanted = [edit for where, edit in left if where == path]
        made[path] = edited(text, [*wanted, *(own[1] if path == own[0] else [])])
    return made


def _commit(root: Path, texts: dict[str, bytes], message: str) -> str:
    for path, text in texts.items():
        (root / path).write_bytes(text)
    options = ["--quiet", "--allow-empty", "--all", "--message", message]
    run(["git", *IDENTITY, "commit", *options], root)
    return run(["git", "rev-parse", "HEAD"], root).strip()

"""Changes that really happened and break nothing: what stands in a history beside the one that breaks something.

Pieces of earlier releases are put back into the subject, a few at a time, and kept while every test ends as before. The
version with all of them is the *good* one of each history; commits then bring them up to the release again.
"""

from __future__ import annotations

import json
import random
from dataclasses import asdict
from pathlib import Path

from accuracy_history import history
from accuracy_record import recorded
from repair_bugs import Edit, edited, edits, release
from repair_setup import REPAIR, baseline, clean, folder, suite

WANTED = 60
"""Lines of edits that are tried, for each subject."""
AT_ONCE = 12
SEED = 7

Harmless = dict[str, list[Edit]]
"""Path → edits from the release to the good version, none of which overlap."""


def harmless(name: str) -> Harmless:
    """Return the edits of a subject; found once and kept."""
    file = REPAIR / f"harmless-{name}.json"
    if not file.exists():
        found = [{"path": path, **asdict(edit)} for path, edit in _found(name)]
        file.write_text(json.dumps(found), encoding="utf-8")
    grouped: Harmless = {}
    for each in json.loads(file.read_text(encoding="utf-8")):
        edit = Edit(each["first"], each["last"], tuple(each["new"]))
        grouped.setdefault(each["path"], []).append(edit)
    return grouped


def _found(name: str) -> list[tuple[str, Edit]]:
    clean(name)
    kept: list[tuple[str, Edit]] = []
    candidates = _candidates(name)
    stack = [candidates[at : at + AT_ONCE] for at in range(0, len(candidates), AT_ONCE)]
    while stack:
        group = stack.pop()
        if _breaks_nothing(name, [*kept, *group]):
            kept += group
        elif len(group) > 1:
            half = len(group) // 2
            stack += [group[:half], group[half:]]
    clean(name)
    return sorted(kept, key=lambda each: (each[0], each[1].first))


def _candidates(name: str) -> list[tuple[str, Edit]]:
    """Edits that do not touch each other, in a random order that is always the same."""
    recorded(name).folder.mkdir(parents=True, exist_ok=True)
    found: list[tuple[str, Edit]] = []
    for change in history(name):
        if change.what == "the file":
            continue
        before = release(name, change.path)
        for edit in edits(before, change.content.encode()):
            near = [other for path, other in found if path == change.path]
            if not any(edit.overlaps(other) for other in near):
                found.append((change.path, edit))
    random.Random(SEED).shuffle(found)  # noqa: S311 - a sample, not a secret
    return found[:WANTED]


def _breaks_nothing(name: str, wanted: list[tuple[str, Edit]]) -> bool:
    before = {path: release(name, path) for path in {path for path, _ in wanted}}
    try:
        for path, text in before.items():
            new = edited(text, [edit for where, edit in wanted if where == path])
            Path(folder(name), path).write_bytes(new)
        after = suite(name)
    finally:
        for path, text in before.items():
            Path(folder(name), path).write_bytes(text)
    return after is not None and not after.broken_since(baseline(name))

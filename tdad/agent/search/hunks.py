"""Two versions of a file → hunks that can be undone one by one; hunks → the file with them undone. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping

from tdad.facts import FileVersion
from tdad.facts_fix import Undo

_BIGGEST = 20_000
"""Lines; files with more are undone as a whole."""


def undoable(version: FileVersion) -> Iterator[Undo]:
    """Yield the hunks of one file, from its old version to its new one."""
    old, new = version.old, version.new
    if version.old_path is not None:  # a renamed file stays where it is now, with what was in it
        old = version.old if version.old is not None else b""
    if old is None:
        yield Undo(version.path, 0, 1, 0, b"", whole=True, gone=True)
        return
    if new is None or b"\0" in old or b"\0" in new:
        yield Undo(version.path, 0, 1, 0, old, whole=True)
        return
    before, now = lines_of(old), lines_of(new)
    if max(len(before), len(now)) > _BIGGEST:
        yield Undo(version.path, 0, 1, len(now), old, whole=True)
        return
    matcher = difflib.SequenceMatcher(None, before, now, autojunk=False)
    number = 0
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            yield Undo(version.path, number, j1 + 1, j2, b"".join(before[i1:i2]))
            number += 1


def undone(present: Mapping[str, bytes | None], hunks: Iterable[Undo]) -> dict[str, bytes | None]:
    """Return the files that differ once ``hunks`` are undone: path → contents (``None``: no such file).

    ``present`` has the contents of each file that a hunk names.
    """
    by_path: dict[str, list[Undo]] = {}
    for hunk in hunks:
        by_path.setdefault(hunk.path, []).append(hunk)
    return {path: _file(present[path], found) for path, found in sorted(by_path.items())}


def _file(data: bytes | None, hunks: list[Undo]) -> bytes | None:
    for hunk in hunks:
        if hunk.whole:
            return None if hunk.gone else hunk.new
    lines = lines_of(data or b"")
    for hunk in sorted(hunks, key=lambda each: -each.number):
        lines[hunk.first - 1 : hunk.last] = [hunk.new]
    return b"".join(lines)


def lines_of(text: bytes) -> list[bytes]:
    """Lines with their ends; split at line feeds only."""
    parts = text.split(b"\n")
    last = parts.pop()
    return [part + b"\n" for part in parts] + ([last] if last else [])

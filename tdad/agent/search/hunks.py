"""Two versions of a file → hunks that can be undone one by one; hunks → the file with them undone. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping

from tdad.facts import FileVersion
from tdad.facts_fix import Undo

_MOST_PAIRS = 2500
"""Lines of the old text times lines of the new one, up to which a replacement is cut into smaller hunks."""
_LIKE = 0.6
"""Lines at least so alike are versions of each other."""
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
        if tag == "equal":
            continue
        for old_part, (first, last) in _pieces(before[i1:i2], now[j1:j2]):
            yield Undo(version.path, number, j1 + first + 1, j1 + last, b"".join(old_part))
            number += 1


def _pieces(old: list[bytes], new: list[bytes]) -> Iterator[tuple[list[bytes], tuple[int, int]]]:
    """Cut a replacement where lines are alike: (old lines, from and to of the new ones), in order.

    Lines that changed for different reasons often stand next to each other; each is a hunk of its own.
    """
    if not (old and new) or len(old) * len(new) > _MOST_PAIRS:
        yield old, (0, len(new))
        return
    at_old = at_new = 0
    for i, j in [*_alike(old, new), (len(old), len(new))]:
        if at_old < i or at_new < j:
            yield old[at_old:i], (at_new, j)
        if i < len(old) and old[i] != new[j]:
            yield [old[i]], (j, j + 1)
        at_old, at_new = i + 1, j + 1


def _alike(old: list[bytes], new: list[bytes]) -> list[tuple[int, int]]:
    """Pairs of lines that are versions of each other, both rising: those with the greatest likeness in all."""
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    likeness = [[_ratio(one, two) for two in new] for one in old]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            paired = likeness[i][j] + best[i + 1][j + 1] if likeness[i][j] else 0.0
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
    pairs, i, j = [], 0, 0
    while i < len(old) and j < len(new):
        if likeness[i][j] and best[i][j] == likeness[i][j] + best[i + 1][j + 1]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _ratio(one: bytes, two: bytes) -> float:
    """Likeness of two lines; 0: too small to call them versions of each other."""
    matcher = difflib.SequenceMatcher(None, one.strip(), two.strip(), autojunk=False)
    if matcher.real_quick_ratio() < _LIKE or matcher.quick_ratio() < _LIKE:
        return 0.0
    ratio = matcher.ratio()
    return ratio if ratio >= _LIKE else 0.0


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

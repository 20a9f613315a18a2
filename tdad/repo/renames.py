"""Renames that git was not told about: a deleted file and an untracked one that say the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tdad.facts import FileVersion

SIMILAR = 0.5
"""Share of common lines from which on two files are one, as in ``git diff -M``."""
MOST_PAIRS = 40_000
"""Beyond this many candidates only equal files are paired: the work is quadratic (git: diff.renameLimit)."""


def pair_renames(versions: Sequence[FileVersion]) -> list[FileVersion]:
    """Return ``versions`` with each deletion and addition of (nearly) the same text joined to one rename."""
    gone = [
        version for version in versions if version.new is None and version.old and not version.note
    ]
    come = [
        version for version in versions if version.old is None and version.new and not version.note
    ]
    pairs: dict[str, FileVersion] = {}
    paired: set[str] = set()
    for similarity, old, new in _candidates(gone, come):
        if similarity >= SIMILAR and old.path not in paired and new.path not in pairs:
            pairs[new.path] = FileVersion(new.path, old.old, new.new, old.path)
            paired.add(old.path)
    return [
        pairs[version.path] if version.path in pairs and version.old is None else version
        for version in versions
        if not (version.path in paired and version.new is None)
    ]


def _candidates(
    gone: Sequence[FileVersion], come: Sequence[FileVersion]
) -> list[tuple[float, FileVersion, FileVersion]]:
    """Return pairs, most alike first; of equals the one with the same file name, then by path."""
    if len(gone) * len(come) > MOST_PAIRS:
        by_text = {version.old: version for version in reversed(gone)}
        found = [(1.0, by_text[new.new], new) for new in come if new.new in by_text]
    else:
        old_lines = [_lines(version.old or b"") for version in gone]
        new_lines = [_lines(version.new or b"") for version in come]
        found = [
            (_similarity(old_lines[i], new_lines[j]), old, new)
            for j, new in enumerate(come)
            for i, old in enumerate(gone)
            if _suffix(old.path) == _suffix(new.path)
        ]
    return sorted(
        found,
        key=lambda pair: (-pair[0], _name(pair[1].path) != _name(pair[2].path), pair[1].path),
    )


def _similarity(old: Counter[bytes], new: Counter[bytes]) -> float:
    larger = max(old.total(), new.total())
    return (old & new).total() / larger if larger else 0.0


def _lines(text: bytes) -> Counter[bytes]:
    return Counter(line.strip() for line in text.splitlines() if line.strip())


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _suffix(path: str) -> str:
    return _name(path).rpartition(".")[2]

"""Hunks onto bytes: where each fits, and what comes out. Pure; no line is ever decoded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tdad.repo.patch import Hunk, MisfitError
from tdad.repo.patch_text import Text

MAX_FUZZ = 2
"""Lines of context at each end that may differ, as in GNU patch; then the hunk must fit at one place only."""


@dataclass(frozen=True, slots=True)
class _Sides:
    """A hunk as the text that it expects and the text that it leaves; lines with their ends."""

    old: tuple[bytes, ...]
    new: tuple[bytes, ...]
    leading: int
    """Lines of context before the first difference."""
    trailing: int
    ends: bool
    """The old text has no newline at its end, so it can only be the end of the file."""
    number: int


def apply_hunks(old: bytes, hunks: Sequence[Hunk], *, exact: bool = False) -> bytes:
    """Return ``old`` with ``hunks`` applied.

    A hunk goes to the line it names, else to the nearest where its old text stands (as with git apply); else, with up
    to :data:`MAX_FUZZ` lines of outer context ignored, to where that fits, if it is one place. Hunks do not overlap. A
    patch that differs from the whole file in line endings is read in those of the file. ``exact``: no fuzz.

    Raises:
        MisfitError: a hunk fits nowhere, or at several places.
    """
    try:
        return _applied(old, hunks, exact)
    except MisfitError as error:
        for spoken in _other_endings(old, hunks):
            try:
                return _applied(old, spoken, exact)
            except MisfitError:
                continue
        raise error from None


def reverse(hunks: Sequence[Hunk]) -> list[Hunk]:
    """Return the hunks that undo ``hunks``."""
    swap = {b"+": b"-", b"-": b"+"}
    found = []
    for hunk in hunks:
        lines = (
            hunk.body.splitlines(keepends=True) if b"\r" not in hunk.body else _lines(hunk.body)
        )
        body = b"".join(swap.get(line[:1], line[:1]) + line[1:] for line in lines)
        found.append(
            Hunk(hunk.new_start, hunk.new_count, hunk.old_start, hunk.old_count, body, hunk.line)
        )
    return found


def _lines(text: bytes) -> list[bytes]:
    """Split at line feeds only: a form feed or a lone carriage return is part of a line."""
    lines = text.split(b"\n")
    last = lines.pop()
    return [line + b"\n" for line in lines] + ([last] if last else [])


def _applied(old: bytes, hunks: Sequence[Hunk], exact: bool) -> bytes:
    text = Text(old)
    pieces: list[bytes] = []
    done = 0  # lines of the old text that are behind us
    shift = 0
    ordered = sorted(enumerate(hunks, 1), key=lambda pair: pair[1].old_start)
    for number, hunk in ordered:
        sides = _sides(hunk, number)
        expected = hunk.old_start - (1 if hunk.old_count else 0) + shift
        at, cut_head, cut_tail = _place(text, sides, expected, done, exact=exact)
        old_lines = sides.old[cut_head : len(sides.old) - cut_tail]
        new_lines = sides.new[cut_head : len(sides.new) - cut_tail]
        pieces += [text.slice(done, at), *new_lines]
        done = at + len(old_lines)
        shift = at - cut_head - (expected - shift)
    pieces.append(text.slice(done, text.count))
    return b"".join(pieces)


def _sides(hunk: Hunk, number: int) -> _Sides:
    old: list[bytes] = []
    new: list[bytes] = []
    leading = trailing = 0
    changed = False
    lines = _lines(hunk.body)
    for index, line in enumerate(lines):
        first = line[:1]
        if first == b"\\":
            continue
        content = line[1:] if first in {b" ", b"+", b"-"} else line
        if index + 1 < len(lines) and lines[index + 1].startswith(b"\\"):
            content = content.removesuffix(b"\n")
        if first != b"+":
            old.append(content)
        if first != b"-":
            new.append(content)
        if first in {b"+", b"-"}:
            changed, trailing = True, 0
        elif changed:
            trailing += 1
        else:
            leading += 1
    return _Sides(
        tuple(old),
        tuple(new),
        leading,
        trailing,
        bool(old) and not old[-1].endswith(b"\n"),
        number,
    )


def _place(
    text: Text, sides: _Sides, expected: int, floor: int, *, exact: bool
) -> tuple[int, int, int]:
    """Return the line where the hunk goes, and how many lines of its context to leave out at each end."""
    wanted = b"".join(sides.old)
    if expected >= floor and text.fits(wanted, expected, sides.ends):
        # A hunk without context at its end claims to reach the end of the file, if it has context before (git apply).
        return expected, 0, 0
    if not sides.old:
        raise MisfitError(sides.number, f"the file has no line {expected}")
    if (at := text.nearest(wanted, expected, floor, sides.ends)) is not None:
        return at, 0, 0
    if not exact and (found := _fuzzy_place(text, sides, floor)) is not None:
        return found
    raise MisfitError(sides.number, _difference(text, sides, expected))


def _fuzzy_place(text: Text, sides: _Sides, floor: int) -> tuple[int, int, int] | None:
    for fuzz in range(1, MAX_FUZZ + 1):
        head, tail = min(fuzz, sides.leading), min(fuzz, sides.trailing)
        rest = sides.old[head : len(sides.old) - tail]
        if not rest or (head, tail) == (0, 0):
            break
        ends = sides.ends and tail == 0
        places = text.places(b"".join(rest), floor, ends)
        if len(places) > 1:
            raise MisfitError(sides.number, "it fits at several places, and nowhere exactly")
        if places:
            return places[0], head, tail
    return None


def _difference(text: Text, sides: _Sides, expected: int) -> str:
    """Say which line of the file is the first that differs from what the hunk expects there."""
    for offset, line in enumerate(sides.old):
        at = expected + offset
        if not 0 <= at < text.count:
            return f"the file has {text.count} lines, and it expects line {at + 1}"
        if text.slice(at, at + 1) != line:
            shown = line.decode("utf-8", "replace").strip()[:60]
            return f"line {at + 1} of the file is not {shown!r}"
    return "the file goes on after the text that it expects at its end"


def _other_endings(old: bytes, hunks: Sequence[Hunk]) -> list[list[Hunk]]:
    """Return the hunks in the line endings of ``old``, when it has one kind and the hunks have another."""
    breaks = old.count(b"\n")
    carriages = old.count(b"\r\n")
    if breaks and carriages == breaks:
        return [_with_endings(hunks, b"\r\n")]
    if not carriages:
        return [_with_endings(hunks, b"\n")]
    return []


def _with_endings(hunks: Sequence[Hunk], ending: bytes) -> list[Hunk]:
    return [
        Hunk(
            hunk.old_start,
            hunk.old_count,
            hunk.new_start,
            hunk.new_count,
            # The line before a "\\ No newline" has no ending, of whatever kind.
            hunk.body.replace(b"\r\n", b"\n")
            .replace(b"\n", ending)
            .replace(ending + b"\\", b"\n\\"),
            hunk.line,
        )
        for hunk in hunks
    ]

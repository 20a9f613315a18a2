"""Hunks onto bytes: where each fits, and what comes out. Pure; no line is ever decoded."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from tdad.repo.patch import BinaryHunk, Hunk

MAX_FUZZ = 2
"""Lines of context at each end that may differ, as in GNU patch; then the hunk must fit at one place only."""
_BINARY_LIMIT_BYTES = 1024 * 1024 * 1024


class MisfitError(Exception):
    """A hunk (1-based; 0: the whole file) does not fit."""

    def __init__(self, hunk: int, reason: str) -> None:
        self.hunk = hunk
        self.reason = reason
        super().__init__(reason)


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
    text = _Text(old)
    pieces: list[bytes] = []
    done = 0  # lines of the old text that are behind us
    shift = 0
    ordered = sorted(enumerate(hunks, 1), key=lambda pair: pair[1].old_start)
    for number, hunk in ordered:
        sides = _sides(hunk)
        expected = hunk.old_start - (1 if hunk.old_count else 0) + shift
        at, cut_head, cut_tail = _place(text, sides, number, expected, done, exact)
        old_lines = sides.old[cut_head : len(sides.old) - cut_tail]
        new_lines = sides.new[cut_head : len(sides.new) - cut_tail]
        pieces += [text.slice(done, at), *new_lines]
        done = at + len(old_lines)
        shift = at - cut_head - (expected - shift)
    pieces.append(text.slice(done, text.count))
    return b"".join(pieces)


def _sides(hunk: Hunk) -> _Sides:
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
        tuple(old), tuple(new), leading, trailing, bool(old) and not old[-1].endswith(b"\n")
    )


class _Text:
    """The old text with the places where its lines start."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.starts = [0]
        at = text.find(b"\n")
        while at >= 0:
            self.starts.append(at + 1)
            at = text.find(b"\n", at + 1)
        if self.starts[-1] != len(text):
            self.starts.append(len(text))
        self.count = len(self.starts) - 1
        self.line_at = {}  # type: dict[int, int]

    def slice(self, first: int, last: int) -> bytes:
        return self.text[self.starts[first] : self.starts[last]]

    def fits(self, wanted: bytes, line: int, ends: bool) -> bool:
        if not 0 <= line <= self.count:
            return False
        start = self.starts[line]
        return self.text.startswith(wanted, start) and (
            not ends or start + len(wanted) == len(self.text)
        )

    def nearest(self, wanted: bytes, around: int, floor: int, ends: bool) -> int | None:
        """Return the line nearest to ``around``, not before ``floor``, where ``wanted`` stands."""
        around = min(max(around, floor), self.count)
        below = self._search(wanted, around, self.count, ends, forward=True)
        above = self._search(wanted, floor, around, ends, forward=False)
        if above is None or below is None:
            return above if below is None else below
        return above if around - above <= below - around else below

    def _search(
        self, wanted: bytes, first: int, last: int, ends: bool, *, forward: bool
    ) -> int | None:
        start, stop = self.starts[first], min(self.starts[last] + len(wanted), len(self.text))
        while start <= stop:
            at = (
                self.text.find(wanted, start, stop)
                if forward
                else self.text.rfind(wanted, start, stop)
            )
            if at < 0:
                return None
            line = self._line(at)
            if line is not None and first <= line <= last and self.fits(wanted, line, ends):
                return line
            start, stop = (at + 1, stop) if forward else (start, at + len(wanted) - 1)
        return None

    def _line(self, offset: int) -> int | None:
        if not self.line_at:
            self.line_at = {start: line for line, start in enumerate(self.starts)}
        return self.line_at.get(offset)

    def places(self, wanted: bytes, floor: int, ends: bool) -> list[int]:
        """Return up to two lines where ``wanted`` stands."""
        first = self._search(wanted, floor, self.count, ends, forward=True)
        if first is None:
            return []
        second = self._search(wanted, min(first + 1, self.count), self.count, ends, forward=True)
        return [first] if second is None or second == first else [first, second]


def _place(
    text: _Text, sides: _Sides, number: int, expected: int, floor: int, exact: bool
) -> tuple[int, int, int]:
    """Return the line where the hunk goes, and how many lines of its context to leave out at each end."""
    wanted = b"".join(sides.old)
    if expected >= floor and text.fits(wanted, expected, sides.ends):
        # A hunk without context at its end claims to reach the end of the file, if it has context before (git apply).
        return expected, 0, 0
    if not sides.old:
        raise MisfitError(number, f"the file has no line {expected}")
    if (at := text.nearest(wanted, expected, floor, sides.ends)) is not None:
        return at, 0, 0
    for fuzz in range(1, 0 if exact else MAX_FUZZ + 1):
        head, tail = min(fuzz, sides.leading), min(fuzz, sides.trailing)
        rest = sides.old[head : len(sides.old) - tail]
        if not rest or (head, tail) == (0, 0):
            break
        ends = sides.ends and tail == 0
        places = text.places(b"".join(rest), floor, ends)
        if len(places) > 1:
            raise MisfitError(number, "it fits at several places, and nowhere exactly")
        if places:
            return places[0], head, tail
    raise MisfitError(number, _difference(text, sides, expected))


def _difference(text: _Text, sides: _Sides, expected: int) -> str:
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
            hunk.body.replace(b"\r\n", b"\n").replace(b"\n", ending).replace(ending + b"\\", b"\n\\"),
            hunk.line,
        )
        for hunk in hunks
    ]


# --------------------------------------------------------------------------------------
# Binary
# --------------------------------------------------------------------------------------


def apply_binary(old: bytes, hunk: BinaryHunk) -> bytes:
    """Return what a ``GIT binary patch`` makes of ``old`` (git's apply.c and patch-delta.c).

    Raises:
        MisfitError: the data are damaged, or the delta was made against other contents.
    """
    data = _inflated(hunk)
    return _patched(old, data) if hunk.delta else data


def _inflated(hunk: BinaryHunk) -> bytes:
    if hunk.size > _BINARY_LIMIT_BYTES:
        raise MisfitError(0, "the binary data are larger than 1 GiB")
    packed = bytearray()
    for line in hunk.lines.splitlines():
        length = line[0] - 64 if line[:1].isupper() else line[0] - 70
        try:
            packed += base64.b85decode(line[1:])[:length]
        except (ValueError, binascii.Error) as error:
            raise MisfitError(0, "the binary data are damaged") from error
    try:
        data = zlib.decompressobj().decompress(bytes(packed), hunk.size + 1)
    except zlib.error as error:
        raise MisfitError(0, "the binary data are damaged") from error
    if len(data) != hunk.size:
        raise MisfitError(0, "the binary data have not the size that the patch says")
    return data


def _patched(old: bytes, delta: bytes) -> bytes:
    try:
        old_size, at = _number(delta, 0)
        new_size, at = _number(delta, at)
        if old_size != len(old):
            raise MisfitError(
                0, f"the binary delta is for a file of {old_size} bytes, not {len(old)}"
            )
        pieces = []
        while at < len(delta):
            piece, at = _instruction(old, delta, at)
            pieces.append(piece)
    except IndexError as error:
        raise MisfitError(0, "the binary delta is damaged") from error
    new = b"".join(pieces)
    if len(new) != new_size:
        raise MisfitError(0, "the binary delta is damaged")
    return new


def _instruction(old: bytes, delta: bytes, at: int) -> tuple[bytes, int]:
    code = delta[at]
    at += 1
    if not code & 0x80:
        return delta[at : at + code], at + code
    offset = size = 0
    for bit in range(4):
        if code & (1 << bit):
            offset |= delta[at] << (8 * bit)
            at += 1
    for bit in range(3):
        if code & (0x10 << bit):
            size |= delta[at] << (8 * bit)
            at += 1
    return old[offset : offset + (size or 0x10000)], at


def _number(delta: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = delta[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at

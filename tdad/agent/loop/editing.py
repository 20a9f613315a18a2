"""One edit of a text: exact, once; then but for the whole indentation or blanks at line ends, and nothing fuzzier."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tdad.agent.loop.plain import plain

_NUMBERED = re.compile(r"^\s*(\d+)(?:: ?|\t| ?\| ?| {2})")
"""As ``read`` and the first prompt number lines, and as models do."""
_SHOWN = 6
_MOST_COMPARED = 4_000
"""Lines of a file that are compared with a text that is not in it."""


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit makes of a text."""

    text: str
    first: int
    last: int
    """Lines of the new text; ``last < first``: lines were only taken away."""
    added: int
    removed: int
    note: str = ""
    """In what it is not exactly what was asked for."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nothing was done, said to the model."""

    why: str
    first: int = 0
    last: int = 0
    """Lines of the file that it is about; 0: none."""


def edit(  # noqa: PLR0911 - one for each way in which it cannot be done
    path: str, text: str | None, old: str, new: str
) -> Edited | Refused:
    """Replace ``old`` by ``new`` in the text of a file, ``None`` where there is none."""
    if not old:
        if text:
            return Refused(
                f"An empty old makes a new file, and {path} exists. Give the lines to replace as old."
            )
        return Edited(new, 1, new.count("\n") + 1, len(new.splitlines()), 0)
    if text is None:
        return Refused(f"There is no file {path}. To make it, leave old empty.")
    if old not in text:
        old, new = _unnumbered(old), _unnumbered(new)
    if "\r\n" in text and "\r\n" not in old:
        old, new = old.replace("\n", "\r\n"), new.replace("\n", "\r\n")
    if old == new:
        return Refused("old and new are the same text, so nothing would change.")
    found = text.count(old)
    if found == 1:
        return _done(text, text.index(old), old, new)
    if found > 1:
        return _many(text, old, found)
    return _nearly(path, text, old, new)


def _done(text: str, at: int, old: str, new: str, note: str = "") -> Edited:
    first = text.count("\n", 0, at) + 1
    after = text[:at] + new + text[at + len(old) :]
    before_lines, lines = old.splitlines(), new.splitlines()
    matching = difflib.SequenceMatcher(None, before_lines, lines, autojunk=False)
    same = sum(block.size for block in matching.get_matching_blocks())
    last = first + max(1, len(lines)) - 1 if new else first - 1
    return Edited(after, first, last, len(lines) - same, len(before_lines) - same, note)


def _many(text: str, old: str, found: int) -> Refused:
    lines: list[int] = []
    at = text.find(old)
    while at >= 0 and len(lines) < 8:
        lines.append(text.count("\n", 0, at) + 1)
        at = text.find(old, at + 1)
    more = ", …" if found > len(lines) else ""
    where = ", ".join(map(str, lines))
    return Refused(
        f"old occurs {found} times (lines {where}{more}). Add a line before or after it that is different.",
        lines[0],
        lines[0] + old.count("\n"),
    )


def _nearly(path: str, text: str, old: str, new: str) -> Edited | Refused:
    """No exact match: blanks at line ends, then the indentation as a whole, then say what is there."""
    lines = text.splitlines(keepends=True)
    wanted = old.splitlines()
    for reduce, note in (
        (_without_blanks, "blanks at line ends"),
        (_without_indent, "indentation"),
    ):
        places = _places(lines, wanted, reduce)
        if len(places) == 1:
            return _replaced(lines, places[0], wanted, new, note)
        if places:
            where = ", ".join(str(place + 1) for place in places[:8])
            return Refused(
                f"old occurs {len(places)} times but for {note} (lines {where}). Add a line that is different.",
                places[0] + 1,
                places[0] + len(wanted),
            )
    if new.strip() and len(new.strip()) > 3 and new in text:
        return Refused(
            f"This edit is already in {path}: new is there and old is not. Do something else."
        )
    return _closest(path, [line.rstrip("\r\n") for line in lines], wanted)


def _without_blanks(lines: Sequence[str]) -> list[str]:
    return [line.rstrip() for line in lines]


def _without_indent(lines: Sequence[str]) -> list[str]:
    """The lines without the blanks that all begin with."""
    bare = [line.rstrip() for line in lines]
    margin = min((len(line) - len(line.lstrip()) for line in bare if line), default=0)
    return [line[margin:] for line in bare]


def _places(lines: Sequence[str], wanted: Sequence[str], reduce: object) -> list[int]:
    """Where the lines come, both sides reduced; indexes from 0."""
    assert callable(reduce)
    target = reduce(wanted)
    if not any(target):
        return []
    key = target[0].strip()
    size = len(wanted)
    return [
        at
        for at in range(len(lines) - size + 1)
        if lines[at].strip() == key and reduce(lines[at : at + size]) == target
    ]


def _replaced(lines: Sequence[str], at: int, wanted: Sequence[str], new: str, note: str) -> Edited:
    """Put ``new`` in the place of whole lines, indented as they are."""
    there = lines[at : at + len(wanted)]
    shift = _margin(there) - _margin(wanted)
    end = "\r\n" if there[-1].endswith("\r\n") else "\n"
    body = [_shifted(line.rstrip("\r\n"), shift) + end for line in new.splitlines()]
    if body and not there[-1].endswith("\n"):
        body[-1] = body[-1].rstrip("\r\n")
    before = "".join(lines[:at])
    return _done("".join(lines), len(before), "".join(there), "".join(body), f"but for {note}")


def _margin(lines: Sequence[str]) -> int:
    return min((len(one) - len(one.lstrip()) for one in lines if one.strip()), default=0)


def _shifted(line: str, by: int) -> str:
    if not line.strip():
        return line.strip()
    room = len(line) - len(line.lstrip())
    return " " * by + line if by >= 0 else line[min(-by, room) :]


def _closest(path: str, lines: Sequence[str], wanted: Sequence[str]) -> Refused:
    """The lines of the file that are most alike."""
    best, at = 0.0, 0
    key = max((line.strip() for line in wanted), key=len, default="")
    offset = max((n for n, line in enumerate(wanted) if line.strip() == key), default=0)
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(key)
    for number, line in enumerate(lines[:_MOST_COMPARED]):
        matcher.set_seq1(line.strip())
        if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best:
            ratio = matcher.ratio()
            if ratio > best:
                best, at = ratio, number
    if best < 0.4:
        return Refused(f"old is not in {path}, and nothing there is like it. Read the file first.")
    first = max(0, at - offset)
    last = min(len(lines), first + max(_SHOWN - 1, min(len(wanted), 20)))
    shown = "\n".join(f"{n + 1}: {plain(lines[n])}" for n in range(first, last))
    return Refused(
        f"old is not in {path}. The lines there that are most like it:\n{shown}", first + 1, last
    )


def _unnumbered(text: str) -> str:
    """The text without the line numbers that ``read`` put before it, if every line has one."""
    lines = text.split("\n")
    found = [_NUMBERED.match(line) for line in lines if line.strip()]
    numbers = [int(match[1]) for match in found if match]
    if not found or len(numbers) < len(found):
        return text
    if any(one + 1 != two for one, two in pairwise(numbers)):
        return text
    return "\n".join(_NUMBERED.sub("", line, count=1) for line in lines)

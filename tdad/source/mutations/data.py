"""Break a data file: change a value, cut a line short. JSON stays JSON, TOML stays TOML."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator

from tdad.facts_faults import Fault, FaultKind, FaultLevel
from tdad.source.digests import digest

_NUMBER = re.compile(rb"(?<![\w.])\d+(?![\w.])")
_WORD = re.compile(rb"[A-Za-z]{3,}")
_MOST_LINES = 2000
"""Of a longer file only the first lines are broken."""


def data_faults(path: str, data: bytes) -> Iterator[Fault]:
    """Yield faults of a text file, line by line; nothing for a binary one."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return
    if b"\0" in data:
        return
    key = digest(data)
    offset = 0
    for number, line in enumerate(data.splitlines(keepends=True)[:_MOST_LINES], start=1):
        for start, end, text in _edits(line):
            span = (offset + start, offset + end)
            yield _fault(path, key, line=number, span=span, text=text, whole=line)
        offset += len(line)


def _edits(line: bytes) -> Iterator[tuple[int, int, str]]:
    """(start, end, replacement) within one line."""
    if (number := _NUMBER.search(line)) is not None:
        yield number.start(), number.end(), str(int(number[0]) + 1)
    words = list(_WORD.finditer(line))
    if words:
        word = words[-1]
        yield word.start(), word.end(), f"{word[0].decode('ascii')}XX"
    bare = line.rstrip(b"\r\n")
    half = len(bare) // 2
    while half and (bare[half] & 0xC0) == 0x80:  # never inside a character
        half -= 1
    if bare[half:].strip():
        yield half, len(bare), ""


def still_reads(path: str, data: bytes) -> bool:
    """Tell whether a file of a format with a grammar can still be read."""
    try:
        if path.endswith(".json"):
            json.loads(data)
        elif path.endswith(".toml"):
            tomllib.loads(data.decode("utf-8"))
    except ValueError:
        return False
    return True


def _fault(
    path: str, key: str, *, line: int, span: tuple[int, int], text: str, whole: bytes
) -> Fault:
    shown = " ".join(whole.decode("utf-8", "replace").split())[:50]
    return Fault(
        path=path,
        start=span[0],
        end=span[1],
        replacement=text,
        kind=FaultKind.DATA,
        level=FaultLevel.DATA,
        qualname="",
        line=line,
        detail=f"line {line} ({shown}): {'→ ' + text if text else 'cut short'}",
        digest=key,
    )

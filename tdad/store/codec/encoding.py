"""FileFacts → bytes."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import sub
from typing import Any

from tdad.facts import FileFacts
from tdad.store.codec import layout
from tdad.store.codec.layout import (
    BOOL,
    CODES,
    COLUMNS,
    HEX,
    INT,
    SPAN_OR_NONE,
    STR,
    STRS,
    Column,
)
from tdad.store.lines import pack_chunks


@dataclass(slots=True)
class _Strings:
    """The table of strings, and of tuples of them, while encoding."""

    strings: dict[str, int] = field(default_factory=dict)
    tuples: dict[tuple[str, ...], int] = field(default_factory=dict)

    def index(self, text: str) -> int:
        return self.strings.setdefault(text, len(self.strings))

    def tuple_index(self, texts: tuple[str, ...]) -> int:
        for text in texts:
            self.index(text)
        return self.tuples.setdefault(texts, len(self.tuples))


def encode(facts: FileFacts) -> bytes:
    """Return ``facts`` as bytes; equal facts give equal bytes."""
    table = _Strings()
    table.tuple_index(())
    header = [
        table.index(facts.path),
        table.index(facts.digest),
        table.index(facts.module),
        table.tuple_index(facts.plugins),
        -1 if facts.exports is None else table.tuple_index(facts.exports),
        -1 if facts.error is None else table.index(facts.error),
    ]
    sections: list[bytes] = []
    for name, (_, columns) in COLUMNS.items():
        items = getattr(facts, name)
        header.append(len(items))
        for column, kind in columns.items():
            sections += _encode_column(kind, [getattr(item, column) for item in items], table)
    return layout.FORMAT + pack_chunks(
        [
            _ints(header),
            "".join(table.strings).encode("utf-8", "surrogatepass"),
            _ints([len(text) for text in table.strings]),
            _ints([len(texts) for texts in table.tuples]),
            _ints([table.strings[text] for texts in table.tuples for text in texts]),
            *sections,
        ]
    )


def _encode_column(kind: Column, values: Sequence[Any], table: _Strings) -> list[bytes]:  # noqa: PLR0911 - one return per kind of column
    if not isinstance(kind, str):
        index = {member: at for at, member in enumerate(kind)}
        return [_ints([index[value] for value in values])]
    if kind == INT:
        return [_ints(_steps(values))]
    if kind == BOOL:
        return [_ints([int(value) for value in values])]
    if kind == STR:
        return [_ints([table.index(value) for value in values])]
    if kind == STRS:
        return [_ints([table.tuple_index(value) for value in values])]
    if kind == HEX:
        return _encode_hex(values, table)
    firsts = [-1 if value is None else value.first for value in values]
    extents = [0 if value is None else value.last - value.first for value in values]
    missing = [int(value is None) for value in values] if kind == SPAN_OR_NONE else []
    return [_ints(missing), _ints(_steps(firsts)), _ints(extents)]


def _encode_hex(values: Sequence[str], table: _Strings) -> list[bytes]:
    """Fingerprints of one length are stored as what they spell: half as long."""
    length = len(values[0]) if values else 0
    if length and length % 2 == 0 and all(len(value) == length for value in values):
        try:
            raw = bytes.fromhex("".join(values))
        except ValueError:
            raw = b""
        if raw.hex() == "".join(values):
            return [_ints([length]), raw]
    return [_ints([0]), _ints([table.index(value) for value in values])]


def _steps(values: Sequence[int]) -> list[int]:
    return list(map(sub, values, [0, *values]))


def _ints(values: Sequence[int]) -> bytes:
    if not values:
        return b""
    low, high = min(values), max(values)
    for code in CODES:
        bound = 1 << (8 * array(code).itemsize - 1)
        if -bound <= low and high < bound:
            return code.encode("ascii") + _little_endian(array(code, values))
    raise ValueError(f"a number of more than 64 bits: {low if low < 0 else high}")


def _little_endian(values: array[int]) -> bytes:
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()

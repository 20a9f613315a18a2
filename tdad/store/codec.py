"""FileFacts ↔ bytes, exactly, by columns.

A file has thousands of statements and references; what costs is making their objects one field at a time in Python.
So each field of each kind of fact is a column (an array of integers, or of indices into one table of strings), and
decoding fills the slots column by column in C. Columns of similar numbers also deflate well.

The layout follows ``COLUMNS``. ``FORMAT`` is derived from it, so facts that an earlier layout wrote are never misread:
``decode`` returns ``None`` for them, and the caller parses the file again.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import accumulate, repeat
from operator import add, sub
from typing import Any, TypeVar

from tdad.facts import (
    FACTS_VERSION,
    Binding,
    BindingKind,
    Definition,
    DefinitionKind,
    FileFacts,
    Fixture,
    Import,
    Reference,
    ReferenceKind,
    Span,
    Statement,
    StatementKind,
)
from tdad.store.lines import first_chunk, pack_chunks, unpack_chunks

INT, STR, HEX, STRS, BOOL, SPAN, SPAN_OR_NONE = (
    "int",
    "str",
    "hex",
    "strs",
    "bool",
    "span",
    "span?",
)
Column = str | type[Enum]

COLUMNS: Mapping[str, tuple[type[Any], Mapping[str, Column]]] = {
    "definitions": (
        Definition,
        {
            "qualname": STR,
            "kind": DefinitionKind,
            "span": SPAN,
            "body": SPAN_OR_NONE,
            "fingerprint": HEX,
            "own": HEX,
            "docstring": STR,
            "parent": INT,
            "flags": STRS,
        },
    ),
    "statements": (
        Statement,
        {
            "owner": INT,
            "kind": StatementKind,
            "span": SPAN,
            "suite": SPAN,
            "fingerprint": HEX,
            "parent": INT,
            "binds": STRS,
        },
    ),
    "references": (
        Reference,
        {"source": INT, "line": INT, "kind": ReferenceKind, "chain": STR},
    ),
    "imports": (
        Import,
        {
            "owner": INT,
            "line": INT,
            "module": STR,
            "name": STR,
            "alias": STR,
            "conditional": BOOL,
        },
    ),
    "bindings": (
        Binding,
        {"owner": INT, "target": STR, "kind": BindingKind, "chain": STR},
    ),
    "fixtures": (
        Fixture,
        {"definition": INT, "name": STR, "requests": STRS, "autouse": BOOL, "scope": STR},
    ),
}
"""Field of FileFacts → class of its items, and how each field of theirs is stored."""


def _fingerprint_of_layout() -> bytes:
    names = {
        facts: [
            (name, kind if isinstance(kind, str) else [str(member.value) for member in kind])
            for name, kind in columns.items()
        ]
        for facts, (_, columns) in COLUMNS.items()
    }
    return zlib.crc32(f"1 {FACTS_VERSION} {names}".encode()).to_bytes(4, "little")


FORMAT = _fingerprint_of_layout()
"""First bytes of everything encoded; the number in it counts changes of the layout that the columns do not show.

``FACTS_VERSION`` in it makes facts that an older ``source`` made unknown.
"""

_CODES = "bhiq"


_BEFORE_COUNTS = 6
"""Numbers in the header before the number of definitions."""
_ERROR = 5
"""Place of the error in the header."""


class CodecError(ValueError):
    """The bytes have our format and are damaged all the same."""


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


# --------------------------------------------------------------------------------------------------------------------
# Encoding
# --------------------------------------------------------------------------------------------------------------------


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
    return FORMAT + pack_chunks(
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
    for code in _CODES:
        bound = 1 << (8 * array(code).itemsize - 1)
        if -bound <= low and high < bound:
            return code.encode("ascii") + _little_endian(array(code, values))
    raise ValueError(f"a number of more than 64 bits: {low if low < 0 else high}")


def _little_endian(values: array[int]) -> bytes:
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


# --------------------------------------------------------------------------------------------------------------------
# Decoding
# --------------------------------------------------------------------------------------------------------------------


def decode(data: bytes) -> FileFacts | None:
    """Return the facts that ``encode`` was given, or ``None`` when another layout wrote them.

    Raises:
        CodecError: ``data`` is damaged.
    """
    if data[: len(FORMAT)] != FORMAT:
        return None
    try:
        return _decode(iter(unpack_chunks(data[len(FORMAT) :])))
    except (ValueError, IndexError, StopIteration, TypeError) as error:
        raise CodecError(f"facts: {error}") from error


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is in the facts of one file."""

    definitions: int = 0
    references: int = 0
    broken: bool = False
    """The file could not be parsed."""


def count(data: bytes) -> Counts | None:
    """Return how much is in what ``encode`` wrote, without decoding it; ``None`` for other layouts."""
    if data[: len(FORMAT)] != FORMAT:
        return None
    header = _unpack_ints(first_chunk(data, len(FORMAT)))
    counts = dict(zip(COLUMNS, header[_BEFORE_COUNTS:], strict=True))
    return Counts(counts["definitions"], counts["references"], header[_ERROR] >= 0)


def _decode(sections: Iterator[bytes]) -> FileFacts:
    header = _unpack_ints(next(sections))
    text = next(sections).decode("utf-8", "surrogatepass")
    strings = _cut(text, _unpack_ints(next(sections)))
    sizes = _unpack_ints(next(sections))
    members = _unpack_ints(next(sections))
    tuples = _cut([strings[member] for member in members], sizes)
    table = ([*strings], [tuple(texts) for texts in tuples])
    path, digest, module, plugins, exports, error, *counts = header
    items = {
        name: _decode_items(cls, columns, count, sections, table)
        for (name, (cls, columns)), count in zip(COLUMNS.items(), counts, strict=True)
    }
    return FileFacts(
        path=strings[path],
        digest=strings[digest],
        module=strings[module],
        plugins=table[1][plugins],
        exports=None if exports < 0 else table[1][exports],
        error=None if error < 0 else strings[error],
        **items,
    )


_Table = tuple[list[str], list[tuple[str, ...]]]
_Cuttable = TypeVar("_Cuttable", str, list[str])


def _cut(whole: _Cuttable, sizes: Sequence[int]) -> list[_Cuttable]:
    ends = list(accumulate(sizes))
    return [whole[end - size : end] for end, size in zip(ends, sizes, strict=True)]


def _decode_items(
    cls: type[Any],
    columns: Mapping[str, Column],
    count: int,
    sections: Iterator[bytes],
    table: _Table,
) -> tuple[Any, ...]:
    items = _blank(cls, count)
    for column, kind in columns.items():
        values = _decode_column(kind, count, sections, table)
        _fill(cls, column, items, values)
    return tuple(items)


def _blank(cls: type[Any], count: int) -> list[Any]:
    """Return ``count`` objects without fields: what ``copy`` and ``pickle`` start from, too."""
    return list(map(object.__new__, repeat(cls, count)))


def _fill(cls: type[Any], slot: str, items: list[Any], values: Sequence[Any]) -> None:
    """Set one slot of all items. Frozen dataclasses refuse setattr, their slots do not."""
    if len(items) != len(values):
        raise CodecError(f"{len(values)} values of {slot} for {len(items)} facts")
    deque(map(getattr(cls, slot).__set__, items, values), maxlen=0)


def _decode_column(  # noqa: PLR0911 - one return per kind of column
    kind: Column, count: int, sections: Iterator[bytes], table: _Table
) -> Sequence[Any]:
    if kind == HEX:
        return _decode_hex(sections, table)
    numbers = _unpack_ints(next(sections))
    if not isinstance(kind, str):
        return list(map(list(kind).__getitem__, numbers))
    if kind == INT:
        return list(accumulate(numbers))
    if kind == BOOL:
        return list(map(bool, numbers))
    if kind == STR:
        return list(map(table[0].__getitem__, numbers))
    if kind == STRS:
        return list(map(table[1].__getitem__, numbers))
    return _decode_spans(numbers, count, sections)


def _decode_spans(
    missing: list[int], count: int, sections: Iterator[bytes]
) -> Sequence[Span | None]:
    firsts = list(accumulate(_unpack_ints(next(sections))))
    lasts = list(map(add, firsts, _unpack_ints(next(sections))))
    spans: list[Any] = _blank(Span, count)
    _fill(Span, "first", spans, firsts)
    _fill(Span, "last", spans, lasts)
    if any(missing):
        return [None if gone else span for gone, span in zip(missing, spans, strict=True)]
    return spans


def _decode_hex(sections: Iterator[bytes], table: _Table) -> list[str]:
    (length,) = _unpack_ints(next(sections))
    if length == 0:
        return list(map(table[0].__getitem__, _unpack_ints(next(sections))))
    text = next(sections).hex()
    return [text[at : at + length] for at in range(0, len(text), length)]


def _unpack_ints(section: bytes) -> list[int]:
    if not section:
        return []
    values = array(section[:1].decode("ascii"), section[1:])
    if sys.byteorder == "big":
        values.byteswap()
    return values.tolist()

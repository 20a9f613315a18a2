"""Bytes → FileFacts, each part when it is first asked for.

Most questions look at many files and at little of each: at the definitions of one, at the imports of another.
"""

from __future__ import annotations

import sys
from array import array
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import accumulate, repeat
from operator import add
from typing import Any, TypeVar

from tdad.facts import FileFacts, Span
from tdad.store.codec import layout
from tdad.store.codec.layout import (
    BEFORE_COUNTS,
    BEFORE_SECTIONS,
    BOOL,
    CHUNKS,
    COLUMNS,
    ERROR,
    HEX,
    INT,
    STR,
    STRS,
    CodecError,
    Column,
)
from tdad.store.lines import first_chunk, unpack_chunks


def _places() -> dict[str, slice]:
    """Field of FileFacts → its chunks."""
    found: dict[str, slice] = {}
    at = BEFORE_SECTIONS
    for name, (_, columns) in COLUMNS.items():
        size = sum(
            CHUNKS.get(kind, 1) if isinstance(kind, str) else 1 for kind in columns.values()
        )
        found[name] = slice(at, at + size)
        at += size
    return found


_PLACES = _places()


def decode(data: bytes) -> FileFacts | None:
    """Return the facts that ``encode`` was given, or ``None`` when another layout wrote them.

    Raises:
        CodecError: ``data`` is damaged. Damage within one part is noticed when the part is asked for.
    """
    if data[: len(layout.FORMAT)] != layout.FORMAT:
        return None
    try:
        return _stored(_Encoded(unpack_chunks(data[len(layout.FORMAT) :])))
    except (ValueError, IndexError, TypeError) as error:
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
    if data[: len(layout.FORMAT)] != layout.FORMAT:
        return None
    header = _unpack_ints(first_chunk(data, len(layout.FORMAT)))
    counts = dict(zip(COLUMNS, header[BEFORE_COUNTS:], strict=True))
    return Counts(counts["definitions"], counts["references"], header[ERROR] >= 0)


@dataclass(eq=False)
class _Encoded:
    """The chunks of one file."""

    chunks: list[bytes]

    def __post_init__(self) -> None:
        if len(self.chunks) != _PLACES["fixtures"].stop:
            raise CodecError(f"{len(self.chunks)} chunks")
        self.header = _unpack_ints(self.chunks[0])
        self.counts = dict(zip(COLUMNS, self.header[BEFORE_COUNTS:], strict=True))

    @cached_property
    def table(self) -> _Table:
        """The strings, and the tuples of strings."""
        _, text, lengths, sizes, members = self.chunks[:BEFORE_SECTIONS]
        strings = _cut(text.decode("utf-8", "surrogatepass"), _unpack_ints(lengths))
        tuples = _cut([strings[member] for member in _unpack_ints(members)], _unpack_ints(sizes))
        return strings, [tuple(texts) for texts in tuples]

    def items(self, name: str) -> tuple[Any, ...]:
        """Decode one field of FileFacts."""
        try:
            return _decode_items(
                name, self.counts[name], iter(self.chunks[_PLACES[name]]), self.table
            )
        except (ValueError, IndexError, StopIteration, TypeError) as error:
            raise CodecError(f"{name}: {error}") from error


class _StoredFacts(FileFacts):
    """Facts that are decoded field by field: a slot that is not filled yet asks for its part."""

    __slots__ = ("encoded",)
    encoded: _Encoded

    def __getattr__(self, name: str) -> Any:
        if name not in COLUMNS:
            raise AttributeError(name)
        found = self.encoded.items(name)
        object.__setattr__(self, name, found)
        return found

    def __eq__(self, other: object) -> bool:
        """Tell whether both say the same, decoded or not."""
        if not isinstance(other, FileFacts):
            return NotImplemented
        return all(
            getattr(self, one.name) == getattr(other, one.name) for one in fields(FileFacts)
        )

    __hash__ = FileFacts.__hash__


def _stored(encoded: _Encoded) -> FileFacts:
    path, digest, module, plugins, exports, error = encoded.header[:BEFORE_COUNTS]
    strings, tuples = encoded.table
    facts = object.__new__(_StoredFacts)
    values = {
        "path": strings[path],
        "digest": strings[digest],
        "module": strings[module],
        "plugins": tuples[plugins],
        "exports": None if exports < 0 else tuples[exports],
        "error": None if error < 0 else strings[error],
    }
    for name, value in {**values, "encoded": encoded}.items():
        object.__setattr__(facts, name, value)
    return facts


_Table = tuple[list[str], list[tuple[str, ...]]]
_Cuttable = TypeVar("_Cuttable", str, list[str])


def _cut(whole: _Cuttable, sizes: Sequence[int]) -> list[_Cuttable]:
    ends = list(accumulate(sizes))
    return [whole[end - size : end] for end, size in zip(ends, sizes, strict=True)]


def _decode_items(
    name: str, count: int, sections: Iterator[bytes], table: _Table
) -> tuple[Any, ...]:
    cls, columns = COLUMNS[name]
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

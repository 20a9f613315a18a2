"""Sets of non-negative integers ↔ bytes: sorted, as differences, each a LEB128 varint.

Line numbers and observation numbers are close to each other once sorted, so that nearly every difference fits seven
bits and one byte: the whole is then ASCII, and decoding runs in C (``accumulate`` over the bytes).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate


def pack(numbers: Iterable[int]) -> bytes:
    """Return the distinct ``numbers`` as bytes; the same set always gives the same bytes."""
    ordered = sorted(set(numbers))
    if ordered and ordered[0] < 0:
        raise ValueError(f"negative number {ordered[0]} in a set of lines")
    steps = [b - a for a, b in zip([0, *ordered], ordered, strict=False)]
    if not steps or max(steps) < 0x80:
        return bytes(steps)
    out = bytearray()
    for step in steps:
        _varint(step, out)
    return bytes(out)


def _varint(value: int, out: bytearray) -> None:
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def unpack(data: bytes) -> list[int]:
    """Return the sorted numbers that ``pack`` was given.

    Raises:
        ValueError: ``data`` ends in the middle of a number.
    """
    if data.isascii():
        return list(accumulate(data))
    return list(accumulate(_varints(data)))


def _varints(data: bytes) -> list[int]:
    values: list[int] = []
    append = values.append
    value = shift = 0
    for byte in data:
        if byte < 0x80:
            append(value | byte << shift)
            value = shift = 0
        else:
            value |= (byte & 0x7F) << shift
            shift += 7
    if shift:
        raise ValueError("a number is cut off")
    return values


def pack_chunks(chunks: Iterable[bytes]) -> bytes:
    """Return the chunks behind each other, each after its length."""
    out = bytearray()
    for chunk in chunks:
        _varint(len(chunk), out)
        out += chunk
    return bytes(out)


def unpack_chunks(data: bytes) -> list[bytes]:
    """Return what ``pack_chunks`` was given.

    Raises:
        ValueError: ``data`` ends too early.
    """
    chunks: list[bytes] = []
    at, end = 0, len(data)
    while at < end:
        size = shift = 0
        while True:
            if at >= end:
                raise ValueError("a length is cut off")
            byte = data[at]
            at += 1
            size |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
        if at + size > end:
            raise ValueError("a chunk is cut off")
        chunks.append(data[at : at + size])
        at += size
    return chunks


def first_chunk(data: bytes, at: int = 0) -> bytes:
    """Return the first of the chunks that begin at ``at``.

    Raises:
        ValueError: ``data`` ends too early.
    """
    size = shift = 0
    for place in range(at, len(data)):
        size |= (data[place] & 0x7F) << shift
        shift += 7
        if data[place] < 0x80:
            if place + 1 + size > len(data):
                break
            return data[place + 1 : place + 1 + size]
    raise ValueError("a chunk is cut off")

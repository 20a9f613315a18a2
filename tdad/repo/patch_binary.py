"""``GIT binary patch`` onto bytes (git's apply.c and patch-delta.c)."""

from __future__ import annotations

import base64
import binascii
import zlib

from tdad.repo.patch import BinaryHunk, MisfitError

_BINARY_LIMIT_BYTES = 1024 * 1024 * 1024


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

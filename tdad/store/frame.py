"""Payload ↔ frame: what every blob of the map looks like on disk.

A frame is one byte of format, four bytes of CRC-32 over the row's key and the payload, and the payload as raw DEFLATE
(or as it is, when that is shorter). The CRC includes the key so that a row that turned up under another key is noticed
just like a flipped bit: a damaged map gives an error, never another answer. The CRC detects accidents; nothing is
skipped because two CRCs are equal (contents are compared by BLAKE2b-128).
"""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

_PLAIN, _DEFLATED = 1, 2
_HEAD = struct.Struct("<BI")
_SHORTEST_WORTH_DEFLATING = 24


class FrameError(ValueError):
    """The frame is damaged, or from a format that we do not know."""


def seal(key: str, payload: bytes) -> bytes:
    """Return ``payload`` as a frame for the row ``key``."""
    crc = zlib.crc32(payload, zlib.crc32(key.encode("utf-8", "surrogatepass")))
    if len(payload) >= _SHORTEST_WORTH_DEFLATING:
        deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = deflater.compress(payload) + deflater.flush()
        if len(packed) < len(payload):
            return _HEAD.pack(_DEFLATED, crc) + packed
    return _HEAD.pack(_PLAIN, crc) + payload


def unseal(key: str, frame: object) -> bytes:
    """Return the payload of ``frame``, read from the row ``key``.

    Raises:
        FrameError: it is not what ``seal`` wrote for that key.
    """
    if not isinstance(frame, bytes) or len(frame) < _HEAD.size:
        raise FrameError(f"no frame at {key}")
    form, crc = _HEAD.unpack_from(frame)
    payload = frame[_HEAD.size :]
    if form == _DEFLATED:
        payload = _inflate(key, payload)
    elif form != _PLAIN:
        raise FrameError(f"unknown frame format {form} at {key}")
    if zlib.crc32(payload, zlib.crc32(key.encode("utf-8", "surrogatepass"))) != crc:
        raise FrameError(f"wrong checksum at {key}")
    return payload


def _inflate(key: str, packed: bytes) -> bytes:
    try:
        return zlib.decompress(packed, -15)
    except zlib.error as error:
        raise FrameError(f"{error} at {key}") from error


def seal_json(key: str, value: Any) -> bytes:
    """Return ``value`` as a frame of compact JSON with sorted keys."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=True)
    return seal(key, text.encode("ascii"))


def unseal_json(key: str, frame: object) -> Any:
    """Return the JSON value of ``frame``.

    Raises:
        FrameError: it is not what ``seal_json`` wrote for that key.
    """
    payload = unseal(key, frame)
    try:
        return json.loads(payload)
    except ValueError as error:
        raise FrameError(f"no JSON at {key}") from error

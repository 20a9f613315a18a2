"""FileFacts ↔ bytes, exactly, by columns; decoded part by part, as they are asked for."""

from tdad.store.codec.decoding import Counts, count, decode
from tdad.store.codec.encoding import encode
from tdad.store.codec.layout import (
    BOOL,
    COLUMNS,
    FORMAT,
    HEX,
    INT,
    SPAN,
    SPAN_OR_NONE,
    STR,
    STRS,
    CodecError,
)

__all__ = [
    "BOOL",
    "COLUMNS",
    "FORMAT",
    "HEX",
    "INT",
    "SPAN",
    "SPAN_OR_NONE",
    "STR",
    "STRS",
    "CodecError",
    "Counts",
    "count",
    "decode",
    "encode",
]

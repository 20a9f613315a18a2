"""How the facts of one file are laid out in bytes: a table of strings, then one column per field of each kind of fact.

A file has thousands of statements and references; what costs is making their objects one field at a time in Python.
So each field of each kind of fact is a column (an array of integers, or of indices into one table of strings), and
decoding fills the slots column by column in C. Columns of similar numbers also deflate well.

``FORMAT`` is derived from ``COLUMNS``, so facts that an earlier layout wrote are never misread: ``decode`` returns
``None`` for them, and the caller parses the file again.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from enum import Enum
from typing import Any

from tdad.facts import (
    FACTS_VERSION,
    Binding,
    BindingKind,
    Definition,
    DefinitionKind,
    Fixture,
    Import,
    Reference,
    ReferenceKind,
    Statement,
    StatementKind,
)

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
            "calm": BOOL,
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

CODES = "bhiq"
"""Sizes of integers (``array`` codes), the smallest that fits is taken; the code is the first byte of a chunk."""
CHUNKS = {HEX: 2, SPAN: 3, SPAN_OR_NONE: 3}
"""Chunks that a column of that kind takes; 1 of all others."""
BEFORE_SECTIONS = 5
"""Chunks before those of the columns: header, text, lengths of strings, lengths of tuples, members of tuples."""
BEFORE_COUNTS = 6
"""Numbers in the header before the number of definitions."""
ERROR = 5
"""Place of the error in the header."""


class CodecError(ValueError):
    """The bytes have our format and are damaged all the same."""

"""What a failure message says: which exception ended the test, which code it names, what it says is missing."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RAISED = re.compile(r"([A-Za-z_][\w.]*)(?::\s|:?$)")
"""At the start: the class of the exception."""
_EXPECTED = re.compile(r"DID NOT RAISE\b")
"""What pytest says of an exception that did not come: the test names it, not the code."""
_CHAIN = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_CODE = re.compile(r"_|\.|[a-z0-9][A-Z]")
"""No word of prose: joined by ``_`` or dots, or a capital within."""
_QUOTES = "'\"`"
_LACKING = re.compile(r"'(\w+)'(?: object)? has no attribute '(\w+)'")
"""``AttributeError`` of the interpreter: class, attribute."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one failure message says."""

    raised: str = ""
    """Class of the exception that ended the test, without its module."""
    names: frozenset[str] = frozenset()
    """Dotted names of code in its first line: quoted, called, or not spelled as prose is."""
    lacking: frozenset[tuple[str, str]] = frozenset()
    """(class, attribute that it or its object does not have)."""


def said(message: str) -> Said:
    """Take a message apart. Names are of the first line: the others tell what values were compared."""
    first = message.strip().partition("\n")[0]
    found = _RAISED.match(first)
    raised = found[1].rpartition(".")[2] if found else ""
    text = first[found.end() :] if found else first
    names = (
        ()
        if _EXPECTED.match(text)
        else (each[0] for each in _CHAIN.finditer(text) if _is_code(text, each))
    )
    lacking = ((each[1], each[2]) for each in _LACKING.finditer(message))
    return Said(raised, frozenset(names), frozenset(lacking))


def _is_code(text: str, found: re.Match[str]) -> bool:
    before, after = text[: found.start()][-1:], text[found.end() :][:1]
    quoted = bool(before) and before in _QUOTES and before == after
    return bool(quoted or after == "(" or before == "<" or _CODE.search(found[0]))

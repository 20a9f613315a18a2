"""Assignments that cannot fail, whatever the names in them stand for, told from their tokens."""

from __future__ import annotations

import keyword
from collections.abc import Sequence

_DISPLAYS = frozenset({"(,", "[,", "{,", "{:", ":", ";", "=", "...", "None", "True", "False"})
_LITERALS = ("#", "s'", "b'")
_MAKERS = frozenset({"TypeVar", "ParamSpec", "TypeVarTuple", "NewType"})
"""Of ``typing``: what they are given besides the name they keep."""


def is_calm(tokens: Sequence[str]) -> bool:
    """Whether a name is given other names, literals, or displays of these: no call, attribute, operator or unpacking.

    Keys of a dictionary are taken to be hashable.
    """
    if len(tokens) < 3 or tokens[1] != "=" or not tokens[0].isidentifier():
        return False
    return all(map(_is_plain, _given(tokens[2:])))


def _given(value: Sequence[str]) -> Sequence[str]:
    """The tokens of the arguments when the value is a call of ``TypeVar`` or the like, else all."""
    for start in (1, 2):
        made = [token.removeprefix(".") for token in value[:start]]
        if value[start : start + 1] == ["("] and made[-1] in _MAKERS and value[-1] == ")":
            return [token for token in value[start + 1 : -1] if not _is_keyword_argument(token)]
    return value


def _is_keyword_argument(token: str) -> bool:
    return token.endswith("=") and token[:-1].isidentifier()


def _is_plain(token: str) -> bool:
    return (
        token in _DISPLAYS
        or token.startswith(_LITERALS)
        or (token.isidentifier() and not keyword.iskeyword(token))
    )

"""Code in string literals: what ``eval`` and ``exec`` run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

_RUNNERS = frozenset({"eval", "exec"})
_MOST_TEXTS = 8
"""A name that was given more texts than this is data that changes, not code."""


def text_of(node: cst.CSTNode) -> str | None:
    """The string that a literal stands for; nothing for anything else, bytes included."""
    if not isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
        return None
    try:
        value = node.evaluated_value
    except (ValueError, SyntaxError):
        return None
    return value if isinstance(value, str) else None


def embedded(call: cst.Call, strings: Mapping[str, Sequence[str]]) -> Sequence[cst.Module]:
    """What ``eval(text)`` or ``exec(text)`` runs, where the text is known; of other calls nothing.

    Args:
        call: any call.
        strings: name → the literals that were assigned to it.
    """
    function = call.func
    if not isinstance(function, cst.Name) or function.value not in _RUNNERS or not call.args:
        return ()
    argument = call.args[0].value
    if isinstance(argument, cst.Name):
        texts = strings.get(argument.value, ())
    else:
        text = text_of(argument)
        texts = () if text is None else (text,)
    found = [_parsed(text) for text in dict.fromkeys(texts)]
    return [tree for tree in found[:_MOST_TEXTS] if tree is not None]


def _parsed(text: str) -> cst.Module | None:
    try:
        return cst.parse_module(text.strip() + "\n")
    except (cst.ParserSyntaxError, ValueError):
        return None

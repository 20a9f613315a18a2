"""String literals → tokens that do not depend on how they are spelled, and the test for names inside them."""

from __future__ import annotations

import ast
import re

import libcst as cst

_DOTTED = re.compile(
    r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+(?::[A-Za-z_][\w.]*)?|[A-Za-z_][\w.]*:[A-Za-z_][\w.]*"
)
_LONGEST_NAME = 200


def looks_dotted(text: str) -> bool:
    """Tell whether ``text`` looks like ``pkg.mod.attr`` or ``pkg.mod:attr``."""
    return (
        ("." in text or ":" in text)
        and len(text) <= _LONGEST_NAME
        and _DOTTED.fullmatch(text) is not None
    )


def string_token(source: str) -> tuple[str, str | None]:
    """Return the token of one string literal and its value; the value of bytes is ``None``.

    The token is ``s'`` or ``b'`` and the value.
    """
    if source[0] in "'\"":
        start, prefix = 0, ""
    else:
        start = 1 if source[1] in "'\"" else 2
        prefix = source[:start].lower()
    quotes = 3 if source.startswith(source[start] * 3, start) and len(source) >= start + 6 else 1
    body = source[start + quotes : -quotes]
    if "\\" in body and "r" not in prefix:
        body = _evaluated(source, body)
    if "b" in prefix:
        return "b'" + body, None
    return "s'" + body, body


def _evaluated(source: str, body: str) -> str:
    try:
        value = ast.literal_eval(source)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return body
    return value if isinstance(value, str) else value.decode("latin-1")


def literal_text(node: object) -> str | None:
    """Return the value of a plain string literal, implicit concatenation included; ``None`` for anything else."""
    if isinstance(node, cst.SimpleString):
        return string_token(node.value)[1]
    if isinstance(node, cst.ConcatenatedString):
        left, right = literal_text(node.left), literal_text(node.right)
        return None if left is None or right is None else left + right
    return None


def literal_texts(node: object) -> list[str] | None:
    """Return the values of a list, tuple or set of string literals, or a sum of those; else ``None``."""
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
        left, right = literal_texts(node.left), literal_texts(node.right)
        return None if left is None or right is None else left + right
    if not isinstance(node, (cst.List, cst.Tuple, cst.Set)):
        return None
    texts = [literal_text(element.value) for element in node.elements]
    found = [text for text in texts if text is not None]
    return found if len(found) == len(texts) else None

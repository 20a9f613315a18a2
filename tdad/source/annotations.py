"""Annotations → references and a normal form.

Normal form of annotation chains (``Binding.chain`` where the kind is ANNOTATION or RETURN_ANNOTATION)
------------------------------------------------------------------------------------------------------
::

    annotation := union
    union      := one ("|" one)*               Optional[X], Union[X, Y], X | Y; None is left out
    one        := dotted                       a class, as written: ``Cart``, ``shop.Cart``
                | dotted "[" union ("," union)* "]"    ``list[Cart]``, ``dict[str,Cart]``, ``typing.Iterator[Cart]``,
                ``type[Cart]`` | "None"                       only when nothing else is left
                | "?"                          anything else (parameter lists of Callable, Literal values, …)

No spaces. Wrappers that say nothing about the type vanish: Final, ClassVar, Required, NotRequired, ReadOnly, InitVar,
Annotated, Unpack. Strings are parsed: ``"Cart | None"`` is ``Cart``. Names are as the file writes them; nothing is
resolved here. Each dotted name in an annotation is one ANNOTATION reference; in a string it is a QUOTED one.
"""

from __future__ import annotations

import ast
import re
from typing import Any

import libcst as cst

from tdad.facts import ReferenceKind
from tdad.source.expressions import read
from tdad.source.literals import literal_text
from tdad.source.state import State

_TRANSPARENT = frozenset(
    {"Final", "ClassVar", "Required", "NotRequired", "ReadOnly", "InitVar", "Annotated", "Unpack"}
)
_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_LONGEST_STRING = 1000
UNKNOWN = "?"


def annotation(state: State, node: Any) -> str:
    """Walk an annotation; note its references; return its normal form."""
    kind = type(node)
    if kind is cst.Name or kind is cst.Attribute:
        return _dotted(state, node)
    if kind is cst.Subscript:
        return _subscript(state, node)
    if kind is cst.BinaryOperation and type(node.operator) is cst.BitOr:
        left = annotation(state, node.left)
        right = annotation(state, node.right)
        state.emit("2BitOr")
        return _union([left, right])
    if kind is cst.SimpleString or kind is cst.ConcatenatedString:
        return _string(state, node)
    if kind is cst.List:
        state.emit("[,")
        for element in node.elements:
            annotation(state, element.value)
        state.emit(";")
        return UNKNOWN
    start = len(state.refs)
    read(state, node)
    state.convert(start, ReferenceKind.ANNOTATION)
    return UNKNOWN


def _dotted(state: State, node: Any) -> str:
    parts = []
    while type(node) is cst.Attribute:
        parts.append(node.attr.value)
        node = node.value
    if type(node) is not cst.Name:
        read(state, node)
        state.emit(".".join(parts))
        return UNKNOWN
    parts.append(node.value)
    chain = ".".join(reversed(parts))
    state.emit(chain)
    if chain != "None":
        state.add_reference(ReferenceKind.ANNOTATION, chain)
    return chain


def _union(parts: list[str]) -> str:
    members: dict[str, None] = {}
    for part in parts:
        if part == UNKNOWN:
            continue
        for member in _split(part, "|"):
            members[member] = None
    if len(members) > 1:
        members.pop("None", None)
    return "|".join(members) or UNKNOWN


def _split(text: str, separator: str) -> list[str]:
    """Split at separators outside brackets."""
    parts, depth, start = [], 0, 0
    for index, char in enumerate(text):
        if char == "[":
            depth += 1
        elif char == "]":
            depth -= 1
        elif char == separator and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    parts.append(text[start:])
    return parts


def _subscript(state: State, node: Any) -> str:
    base = annotation(state, node.value)
    last = base.rpartition(".")[2]
    state.emit("[")
    parts = []
    for position, element in enumerate(node.slice):
        piece = element.slice
        value = getattr(piece, "value", None)
        if value is None or last == "Literal" or (last == "Annotated" and position):
            start = len(state.refs)
            if value is not None:
                read(state, value)
            state.convert(start, ReferenceKind.ANNOTATION)
        elif type(value) is cst.Tuple:
            parts += [annotation(state, item.value) for item in value.elements]
        else:
            parts.append(annotation(state, value))
    state.emit("]")
    if base == UNKNOWN or last == "Literal":
        return UNKNOWN
    if last in ("Optional", "Union"):
        return _union(parts)
    if last in _TRANSPARENT:
        return parts[0] if parts else UNKNOWN
    return f"{base}[{','.join(parts)}]" if parts else base


def _string(state: State, node: Any) -> str:
    text = literal_text(node)
    if text is None or len(text) > _LONGEST_STRING:
        read(state, node)
        return UNKNOWN
    state.emit("s'" + text)
    if _NAME.fullmatch(text):
        state.add_reference(ReferenceKind.QUOTED, text)
        return text
    try:
        ast.parse(text.strip(), mode="eval")  # cheap, and bounded where libcst is not
        parsed = cst.parse_expression(text.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError, cst.ParserSyntaxError):
        return UNKNOWN
    emitted, start = len(state.tokens), len(state.refs)
    chain = annotation(state, parsed)
    state.refs[start:] = [
        (line, ReferenceKind.QUOTED, mention) for line, _, mention in state.refs[start:]
    ]
    del state.tokens[emitted:]
    return chain


def parameter_annotation(state: State, node: Any) -> str:
    """Walk the annotation of a parameter or a result, which is no part of what the statement does."""
    start = len(state.tokens)
    chain = annotation(state, node)
    state.set_aside(start, keep=True)
    return chain

"""Constants and texts → slots."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from tdad.facts_flow import UNKNOWN, Affixes, Literal
from tdad.source.flow.scope import ScopeFlow

_SHORTEST_AFFIX = 2
"""What is known of a text that is put together must be at least so long to select attributes."""


_LONGEST_LITERAL = 60
"""Longer strings are texts; they select neither attributes nor elements."""


def literal(node: cst.CSTNode) -> str | int | None:
    """Value of a string or integer constant that can be a key."""
    if isinstance(node, cst.Integer):
        try:
            return int(node.evaluated_value)
        except ValueError:
            return None
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        value = literal(node.expression)
        return -value if isinstance(value, int) else None
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
        try:
            text = node.evaluated_value
        except (ValueError, SyntaxError):
            return None
        return text if isinstance(text, str) and len(text) <= _LONGEST_LITERAL else None
    return None


def constant(scope: ScopeFlow, node: cst.BaseExpression) -> int:
    """Slot of a constant; unknown if it cannot be a key."""
    value = literal(node)
    if value is None:
        if isinstance(node, cst.ConcatenatedString):
            scope.evaluate(node.left)
            scope.evaluate(node.right)
        return UNKNOWN
    slot = scope.slot()
    scope.emit(Literal(slot, value))
    return slot


def affixes(scope: ScopeFlow, prefix: str, suffix: str) -> int:
    """Slot of a text that starts and ends so; unknown unless that says something about a name."""
    if len(prefix) + len(suffix) < _SHORTEST_AFFIX or not f"_{prefix}{suffix}".isidentifier():
        return UNKNOWN
    target = scope.slot()
    scope.emit(Affixes(target, prefix, suffix))
    return target


def _nothing(_scope: ScopeFlow, _node: cst.CSTNode) -> int:
    return UNKNOWN


LITERALS: dict[type[cst.CSTNode], Callable[[ScopeFlow, Any], int]] = {
    cst.Integer: constant,
    cst.SimpleString: constant,
    cst.ConcatenatedString: constant,
    cst.FormattedStringText: _nothing,
    cst.Float: _nothing,
    cst.Ellipsis: _nothing,
}

"""Names, attributes and subscripts → slots."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import libcst as cst

from tdad.facts_flow import UNKNOWN, LoadAttribute, LoadItem, LoadSlice
from tdad.source.flow.literals import literal
from tdad.source.flow.scope import Place, ScopeFlow


def _name(scope: ScopeFlow, node: cst.Name) -> int:
    scope.escape(node.value)
    return scope.load(node.value)


def _base(scope: ScopeFlow, node: cst.BaseExpression) -> tuple[int, str]:
    """Slot of what is left of a dot or bracket, and its name if it is one."""
    if isinstance(node, cst.Name):
        return scope.load(node.value), node.value
    return scope.evaluate(node), ""


def _attribute(scope: ScopeFlow, node: cst.Attribute) -> int:
    base, root = _base(scope, node.value)
    name = node.attr.value
    if root:
        stored = scope.place((root, ".", name))
        if stored is not None:
            return stored
    if base == UNKNOWN:
        return UNKNOWN
    slot = scope.slot()
    scope.emit(LoadAttribute(slot, base, name, scope.file.site()))
    return slot


def key_of(
    scope: ScopeFlow, node: cst.Subscript
) -> tuple[cst.Slice | None, int, str | int | None]:
    """The slice if it is one; slot of the key; its value if it is a literal."""
    if len(node.slice) == 1:
        index = node.slice[0].slice
        if isinstance(index, cst.Slice):
            for part in (index.lower, index.upper, index.step):
                if part is not None:
                    scope.evaluate(part)
            return index, UNKNOWN, None
        value = cast("cst.Index", index).value
        return None, scope.evaluate(value), literal(value)
    for element in node.slice:
        scope.evaluate(element)
    return None, UNKNOWN, None


def _subscript(scope: ScopeFlow, node: cst.Subscript) -> int:
    base, root = _base(scope, node.value)
    piece, key, value = key_of(scope, node)
    if root and value is not None:
        stored = scope.place(item_place(scope, root, value))
        if stored is not None:
            return stored
    if base == UNKNOWN:
        return UNKNOWN
    slot = scope.slot()
    if piece is None:
        scope.emit(LoadItem(slot, base, key, scope.file.site()))
        return slot
    start = 0 if piece.lower is None else literal(piece.lower)
    stop = None if piece.upper is None else literal(piece.upper)
    known = (
        isinstance(start, int)
        and (piece.upper is None or isinstance(stop, int))
        and piece.step is None
    )
    if known:
        bounds = (cast("int", start), cast("int | None", stop))
        scope.emit(LoadSlice(slot, base, *bounds, scope.file.site()))
    else:
        scope.emit(LoadSlice(slot, base, None, None, scope.file.site()))
    return slot


def item_place(scope: ScopeFlow, root: str, key: str | int) -> Place:
    """The place of ``root[key]``; counted from the start where the length is known."""
    length = scope.lengths.get(root)
    if isinstance(key, int) and key < 0 and length is not None:
        key += length
    return (root, "[", key)


ACCESS: dict[type[cst.CSTNode], Callable[[ScopeFlow, Any], int]] = {
    cst.Name: _name,
    cst.Attribute: _attribute,
    cst.Subscript: _subscript,
}

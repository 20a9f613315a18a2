"""Assignments and ``del`` → operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from tdad.facts_flow import UNKNOWN, Annotate, ScopeKind, StoreAttribute
from tdad.source.flow.access import item_place, key_of
from tdad.source.flow.annotations import annotated
from tdad.source.flow.displays import iterated, unpacked
from tdad.source.flow.literals import literal
from tdad.source.flow.names import dotted
from tdad.source.flow.operations import augmented, implicit
from tdad.source.flow.scope import ScopeFlow


def assign(scope: ScopeFlow, target: cst.BaseExpression, slot: int) -> None:
    """``target = slot``."""
    if isinstance(target, cst.Name):
        scope.bind(target.value, slot)
    elif isinstance(target, cst.Attribute):
        _assign_attribute(scope, target, slot)
    elif isinstance(target, cst.Subscript):
        _assign_item(scope, target, slot)
    elif isinstance(target, (cst.Tuple, cst.List)):
        for element, part in zip(target.elements, unpacked(scope, target, slot), strict=True):
            assign(scope, element.value, part)
    elif isinstance(target, cst.StarredElement):
        assign(scope, target.value, slot)


def _assign_attribute(scope: ScopeFlow, target: cst.Attribute, slot: int) -> None:
    root = target.value.value if isinstance(target.value, cst.Name) else ""
    base = scope.load(root) if root else scope.evaluate(target.value)
    name = target.attr.value
    if base != UNKNOWN:
        scope.emit(StoreAttribute(base, name, slot, scope.file.site()))
    scope.put(root, ".", name, slot)


def _assign_item(scope: ScopeFlow, target: cst.Subscript, slot: int) -> None:
    root = target.value.value if isinstance(target.value, cst.Name) else ""
    base = scope.load(root) if root else scope.evaluate(target.value)
    piece, key, value = key_of(scope, target)
    if piece is not None:
        slot = iterated(scope, slot)
        scope.lengths.pop(root, None)
    scope.store_item(base, key, slot)
    if root and value is not None:
        value = item_place(scope, root, value)[2]
    scope.put(root, "[", value, slot)


def _assign_statement(scope: ScopeFlow, node: cst.Assign) -> None:
    single = node.targets[0].target if len(node.targets) == 1 else None
    if (
        isinstance(node.value, cst.Tuple)
        and isinstance(single, cst.Tuple)
        and _parallel(scope, single, node.value)
    ):
        return
    slot = scope.evaluate(node.value)
    for target in node.targets:
        assign(scope, target.target, slot)
    if isinstance(single, cst.Name):
        _note_fresh(scope, single.value, node.value)
        if scope.names.kind is ScopeKind.MODULE and single.value == "__all__":
            _export(scope, node.value)


def _parallel(scope: ScopeFlow, target: cst.Tuple, value: cst.Tuple) -> bool:
    """``a, b = b, a``: no tuple is needed."""
    pairs = (*target.elements, *value.elements)
    if len(target.elements) != len(value.elements) or any(
        isinstance(element, cst.StarredElement) for element in pairs
    ):
        return False
    slots = [scope.evaluate(element.value) for element in value.elements]
    for element, slot in zip(target.elements, slots, strict=True):
        assign(scope, element.value, slot)
    return True


def _note_fresh(scope: ScopeFlow, name: str, value: cst.BaseExpression) -> None:
    if isinstance(value, (cst.Dict, cst.List)):
        scope.fresh(name)
        starred = any(
            isinstance(element, (cst.StarredElement, cst.StarredDictElement))
            for element in value.elements
        )
        if isinstance(value, cst.List) and not starred:
            scope.lengths[name] = len(value.elements)


def _export(scope: ScopeFlow, value: cst.BaseExpression) -> None:
    if isinstance(value, (cst.List, cst.Tuple)):
        names = [literal(element.value) for element in value.elements]
        earlier = scope.file.exports or ()
        found = tuple(name for name in names if isinstance(name, str))
        scope.file.exports = (*earlier, *found)


def _annotated_assign(scope: ScopeFlow, node: cst.AnnAssign) -> None:
    if (
        scope.names.kind is ScopeKind.CLASS
        and isinstance(node.target, cst.Name)
        and not dotted(_head(node.annotation.annotation)).endswith("ClassVar")
    ):
        scope.fields.append(node.target.value)
    annotation = annotated(scope, node.annotation.annotation)
    if node.value is not None:
        slot = scope.evaluate(node.value)
        if annotation != UNKNOWN:
            slot = scope.slot() if slot == UNKNOWN else slot
            scope.emit(Annotate(annotation, slot))
        assign(scope, node.target, slot)
        if isinstance(node.target, cst.Name):
            _note_fresh(scope, node.target.value, node.value)
    elif (
        annotation != UNKNOWN
        and scope.names.kind is ScopeKind.CLASS
        and isinstance(node.target, cst.Name)
    ):
        scope.emit(Annotate(annotation, name=node.target.value))


def _head(node: cst.BaseExpression) -> cst.BaseExpression:
    return node.value if isinstance(node, cst.Subscript) else node


def _augmented_assign(scope: ScopeFlow, node: cst.AugAssign) -> None:
    left = scope.evaluate(node.target)
    right = scope.evaluate(node.value)
    slot = augmented(scope, left, node.operator, right)
    scope.after_call()
    assign(scope, node.target, slot)
    if (
        scope.names.kind is ScopeKind.MODULE
        and isinstance(node.target, cst.Name)
        and node.target.value == "__all__"
    ):
        _export(scope, node.value)


def _delete(scope: ScopeFlow, node: cst.Del) -> None:
    targets = (
        [element.value for element in node.target.elements]
        if isinstance(node.target, (cst.Tuple, cst.List))
        else [node.target]
    )
    for target in targets:
        if isinstance(target, cst.Name):
            scope.unbind(target.value)
        elif isinstance(target, cst.Attribute):
            base = scope.evaluate(target.value)
            implicit(scope, base, (f"del {target.attr.value}", "__delattr__"))
        elif isinstance(target, cst.Subscript):
            base = scope.evaluate(target.value)
            _, key, _ = key_of(scope, target)
            implicit(scope, base, ("__delitem__",), (key,))
            scope.after_call(target.value.value if isinstance(target.value, cst.Name) else "")


ASSIGNMENTS: dict[type[cst.CSTNode], Callable[[ScopeFlow, Any], None]] = {
    cst.Assign: _assign_statement,
    cst.AnnAssign: _annotated_assign,
    cst.AugAssign: _augmented_assign,
    cst.Del: _delete,
}

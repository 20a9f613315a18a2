"""Operators and formatted strings → slots: the methods that the interpreter calls for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import libcst as cst

from tdad.facts_flow import UNKNOWN, Binary, Implicit
from tdad.source.flow.literals import affixes, constant, literal
from tdad.source.flow.operators import AUGMENTED, BINARY, COMPARISON, UNARY
from tdad.source.flow.scope import ScopeFlow


def truth(scope: ScopeFlow, slot: int) -> None:
    """``bool(slot)``."""
    implicit(scope, slot, ("__bool__", "__len__"))


def implicit(
    scope: ScopeFlow, slot: int, methods: tuple[str, ...], passed: tuple[int, ...] = ()
) -> int:
    """Slot of what a method that the interpreter calls gives."""
    if slot == UNKNOWN:
        return UNKNOWN
    target = scope.slot()
    scope.emit(Implicit(target, slot, methods, passed, scope.file.site()))
    return target


def _conditional(scope: ScopeFlow, node: cst.IfExp) -> int:
    truth(scope, scope.evaluate(node.test))
    before = scope.snapshot()
    body = scope.evaluate(node.body)
    after = scope.snapshot()
    scope.resume(before)
    orelse = scope.evaluate(node.orelse)
    scope.resume(after, scope.snapshot())
    return scope.join([body, orelse])


def _boolean(scope: ScopeFlow, node: cst.BooleanOperation) -> int:
    left = scope.evaluate(node.left)
    truth(scope, left)
    before = scope.snapshot()
    right = scope.evaluate(node.right)
    scope.resume(before, scope.snapshot())
    return scope.join([left, right])


def _unary(scope: ScopeFlow, node: cst.UnaryOperation) -> int:
    if literal(node) is not None:
        return constant(scope, node)
    slot = scope.evaluate(node.expression)
    if isinstance(node.operator, cst.Not):
        truth(scope, slot)
        return UNKNOWN
    return implicit(scope, slot, (UNARY[type(node.operator)],))


def binary(
    scope: ScopeFlow, left: int, right: int, methods: tuple[str, ...], reflected: str
) -> int:
    """Slot of ``left <operator> right``."""
    if left == UNKNOWN and right == UNKNOWN:
        return UNKNOWN
    target = scope.slot()
    scope.emit(Binary(target, left, right, methods, reflected, scope.file.site()))
    return target


def _binary(scope: ScopeFlow, node: cst.BinaryOperation) -> int:
    left, right = scope.evaluate(node.left), scope.evaluate(node.right)
    method, reflected = BINARY[type(node.operator)]
    result = binary(scope, left, right, (method,), reflected)
    return scope.join([result, _put_together(scope, node)])


def _put_together(scope: ScopeFlow, node: cst.BinaryOperation) -> int:
    """Slot of the text that ``"visit_" + kind`` or ``"visit_%s" % kind`` gives."""
    left, right = literal(node.left), literal(node.right)
    if isinstance(node.operator, cst.Add):
        return affixes(
            scope,
            left if isinstance(left, str) else "",
            right if isinstance(right, str) else "",
        )
    if isinstance(node.operator, cst.Modulo) and isinstance(left, str) and left.count("%s") == 1:
        return affixes(scope, *left.split("%s"))
    return UNKNOWN


def augmented(scope: ScopeFlow, left: int, operator: cst.BaseAugOp, right: int) -> int:
    """Slot of ``left <operator>= right``."""
    in_place, method, reflected = AUGMENTED[type(operator)]
    return binary(scope, left, right, (in_place, method), reflected)


def _comparison(scope: ScopeFlow, node: cst.Comparison) -> int:
    left = scope.evaluate(node.left)
    target = UNKNOWN
    for part in node.comparisons:
        right = scope.evaluate(part.comparator)
        if isinstance(part.operator, (cst.In, cst.NotIn)):
            implicit(scope, right, ("__contains__", "__iter__"), (left,))
        elif not isinstance(part.operator, (cst.Is, cst.IsNot)):
            methods, reflected = COMPARISON[type(part.operator)]
            target = binary(scope, left, right, methods, reflected)
        left = right
    return target if len(node.comparisons) == 1 else UNKNOWN


def _walrus(scope: ScopeFlow, node: cst.NamedExpr) -> int:
    slot = scope.evaluate(node.value)
    scope.bind(cast("cst.Name", node.target).value, slot)
    return slot


def _pieces(scope: ScopeFlow, node: cst.FormattedString) -> int:
    for part in node.parts:
        scope.evaluate(part)
    first, last = (
        (
            part.value if isinstance(part, cst.FormattedStringText) else ""
            for part in (node.parts[0], node.parts[-1])
        )
        if node.parts
        else ("", "")
    )
    return affixes(scope, first, last if len(node.parts) > 1 else "")


def _formatted(scope: ScopeFlow, node: cst.FormattedStringExpression) -> int:
    slot = scope.evaluate(node.expression)
    if node.conversion == "r":
        implicit(scope, slot, ("__repr__",))
    elif node.conversion == "s":
        implicit(scope, slot, ("__str__", "__repr__"))
    else:
        implicit(scope, slot, ("__format__", "__str__", "__repr__"))
    for part in node.format_spec or ():
        scope.evaluate(part)
    return UNKNOWN


OPERATIONS: dict[type[cst.CSTNode], Callable[[ScopeFlow, Any], int]] = {
    cst.FormattedString: _pieces,
    cst.FormattedStringExpression: _formatted,
    cst.IfExp: _conditional,
    cst.BooleanOperation: _boolean,
    cst.UnaryOperation: _unary,
    cst.BinaryOperation: _binary,
    cst.Comparison: _comparison,
    cst.NamedExpr: _walrus,
}

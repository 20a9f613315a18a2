"""Calls → slots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import libcst as cst

from tdad.facts_flow import FIRST_PARAMETER, UNKNOWN, Argument, Call, Passing, ScopeKind, Super
from tdad.source.flow.literals import literal
from tdad.source.flow.scope import ScopeFlow


def arguments(scope: ScopeFlow, nodes: Any) -> tuple[Argument, ...]:
    """The arguments of a call or the keywords of a class."""
    found = []
    for argument in nodes:
        slot = scope.evaluate(argument.value)
        if argument.star == "*":
            found.append(Argument(slot, Passing.STAR))
        elif argument.star == "**":
            found.append(Argument(slot, Passing.DOUBLE_STAR))
        else:
            keyword = argument.keyword.value if argument.keyword is not None else ""
            found.append(Argument(slot, Passing.PLAIN, keyword))
    return tuple(found)


def _call(scope: ScopeFlow, node: cst.Call) -> int:
    function = node.func
    if (
        isinstance(function, cst.Name)
        and function.value == "super"
        and not node.args
        and "super" not in scope.file.root.bound
    ):
        return _super(scope)
    receiver = ""
    if isinstance(function, cst.Attribute) and isinstance(function.value, cst.Name):
        receiver = function.value.value
    texts = scope.file.index.texts.get(id(node))
    if texts:
        return _embedded(scope, texts)
    slot = scope.evaluate(function)
    passed = arguments(scope, node.args)
    method = cast("cst.Attribute", function).attr.value if receiver else ""
    if method == "append" and len(passed) == 1:
        _append(scope, receiver, slot, passed)
    elif method == "update" and scope.private(receiver):
        _update(scope, receiver, node, passed)
    else:
        scope.after_call(receiver)
    if slot == UNKNOWN:
        return UNKNOWN
    target = scope.slot()
    scope.emit(Call(target, slot, passed, scope.file.site()))
    return target


def _embedded(scope: ScopeFlow, texts: Sequence[cst.Module]) -> int:
    """``eval(text)``; the statements of ``exec(text)`` that are no expressions are run by ``execute``."""
    lines = [line for tree in texts for line in tree.body]
    found = [
        scope.evaluate(part.value)
        for line in lines
        if isinstance(line, cst.SimpleStatementLine)
        for part in line.body
        if isinstance(part, cst.Expr)
    ]
    scope.after_call()
    return scope.join(found)


def _append(scope: ScopeFlow, receiver: str, slot: int, passed: tuple[Argument, ...]) -> None:
    length = scope.lengths.get(receiver)
    if length is None or not scope.private(receiver):
        scope.after_call(receiver)
        return
    scope.after_call()
    scope.lengths[receiver] = length + 1
    if passed[0].slot != UNKNOWN and slot != UNKNOWN:
        scope.state[receiver, "[", length] = passed[0].slot


def _update(scope: ScopeFlow, receiver: str, node: cst.Call, passed: tuple[Argument, ...]) -> None:
    """``receiver.update({…}, key=…)``: afterwards those keys hold just that."""
    scope.after_call(receiver)
    given: dict[str | int, int] = {}
    for argument, written in zip(passed, node.args, strict=True):
        if argument.keyword:
            given[argument.keyword] = argument.slot
        elif argument.passing is Passing.PLAIN and _all_literal(written.value):
            given.update((key, part) for key, part in scope.made(argument.slot) if key is not None)
        else:
            return
    for key, slot in given.items():
        scope.put(receiver, "[", key, slot)


def _all_literal(node: cst.BaseExpression) -> bool:
    """Tell whether ``node`` is a dict display whose keys are all known."""
    return isinstance(node, cst.Dict) and all(
        isinstance(element, cst.DictElement) and literal(element.key) is not None
        for element in node.elements
    )


def _super(scope: ScopeFlow) -> int:
    outer, up = scope.names, 0
    while outer.kind is not ScopeKind.CLASS:
        if outer.parent is None:
            return UNKNOWN
        outer, up = outer.parent, up + 1
    if not scope.parameters:
        return UNKNOWN
    target = scope.slot()
    scope.emit(Super(target, up, FIRST_PARAMETER))
    return target


CALLING: dict[type[cst.CSTNode], Callable[[ScopeFlow, Any], int]] = {
    cst.Call: _call,
}

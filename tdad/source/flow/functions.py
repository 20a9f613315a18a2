"""Parameters and functions → slots; generators and coroutines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from tdad.facts_flow import (
    SENT,
    UNKNOWN,
    YIELDED,
    Delegate,
    Enter,
    MakeFunction,
    Parameter,
    ParameterKind,
)
from tdad.source.flow.annotations import annotated
from tdad.source.flow.scope import FileFlow, ScopeFlow


def parameters(scope: ScopeFlow, node: cst.Parameters) -> tuple[Parameter, ...]:
    """The parameters, their defaults evaluated in ``scope``."""
    found: list[Parameter] = []

    def add(parameter: cst.Param, kind: ParameterKind) -> None:
        default = UNKNOWN if parameter.default is None else scope.evaluate(parameter.default)
        annotation = UNKNOWN
        if parameter.annotation is not None:
            annotation = annotated(scope, parameter.annotation.annotation)
        optional = isinstance(parameter.default, cst.Name) and parameter.default.value == "None"
        found.append(Parameter(parameter.name.value, kind, default, annotation, optional))

    for parameter in node.posonly_params:
        add(parameter, ParameterKind.POSITIONAL)
    for parameter in node.params:
        add(parameter, ParameterKind.NORMAL)
    if isinstance(node.star_arg, cst.Param):
        add(node.star_arg, ParameterKind.STAR)
    for parameter in node.kwonly_params:
        add(parameter, ParameterKind.KEYWORD)
    if node.star_kwarg is not None:
        add(node.star_kwarg, ParameterKind.DOUBLE_STAR)
    return tuple(found)


def _lambda(scope: ScopeFlow, node: cst.Lambda) -> int:
    return make_function(scope, node, parameters(scope, node.params), node.body)


def make_function(
    scope: ScopeFlow,
    node: cst.Lambda | cst.FunctionDef,
    found: tuple[Parameter, ...],
    body: cst.CSTNode,
) -> int:
    """Slot of a new function; its body is queued."""
    nested = ScopeFlow(scope.file, scope.file.index.scopes[id(node)], scope.number, found)
    if isinstance(node, cst.FunctionDef) and node.returns is not None:
        nested.returns = annotated(scope, node.returns.annotation)
    enqueue(scope.file, nested, body)
    scope.watch(nested.names)
    target = scope.slot()
    scope.emit(MakeFunction(target, nested.number))
    return target


def enqueue(file: FileFlow, nested: ScopeFlow, body: cst.CSTNode) -> None:
    """Number ``nested`` and leave its body for later."""
    nested.number = len(file.scopes)
    file.scopes.append(None)
    file.queue.append((nested.number, nested, body))


def _yield(scope: ScopeFlow, node: cst.Yield) -> int:
    scope.after_call()
    if isinstance(node.value, cst.From):
        return _delegate(scope, scope.evaluate(node.value.item), awaited=False)
    if node.value is not None:
        scope.copy(scope.evaluate(node.value), YIELDED)
    return SENT


def _await(scope: ScopeFlow, node: cst.Await) -> int:
    scope.after_call()
    return _delegate(scope, scope.evaluate(node.expression), awaited=True)


def _delegate(scope: ScopeFlow, source: int, *, awaited: bool) -> int:
    if source == UNKNOWN:
        return UNKNOWN
    target = scope.slot()
    scope.emit(Delegate(target, source, scope.file.site(), awaited))
    return target


def entered(scope: ScopeFlow, manager: int) -> int:
    """Slot of what ``with manager as`` gives."""
    if manager == UNKNOWN:
        return UNKNOWN
    target = scope.slot()
    scope.emit(Enter(target, manager, scope.file.site()))
    return target


FUNCTIONS: dict[type[cst.CSTNode], Callable[[ScopeFlow, Any], int]] = {
    cst.Lambda: _lambda,
    cst.Yield: _yield,
    cst.Await: _await,
}

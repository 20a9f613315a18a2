"""Imports and definitions → operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import libcst as cst

from tdad.facts_flow import UNKNOWN, Argument, Call, Import, ImportFrom, ImportStar, MakeClass
from tdad.source.flow.assignments import assign
from tdad.source.flow.calling import arguments
from tdad.source.flow.functions import enqueue, make_function, parameters
from tdad.source.flow.names import dotted
from tdad.source.flow.scope import ScopeFlow


def _import(scope: ScopeFlow, node: cst.Import) -> None:
    for alias in node.names:
        module = dotted(alias.name)
        target = scope.slot()
        if alias.asname is not None:
            scope.emit(Import(target, module, module))
            assign(scope, cast("cst.BaseExpression", alias.asname.name), target)
        else:
            first = module.partition(".")[0]
            scope.emit(Import(target, module, first))
            scope.bind(first, target)


def _import_from(scope: ScopeFlow, node: cst.ImportFrom) -> None:
    module = "" if node.module is None else dotted(node.module)
    if node.relative:
        parts = scope.file.package.split(".") if scope.file.package else []
        kept = parts[: len(parts) - (len(node.relative) - 1)]
        module = ".".join([*kept, module] if module else kept)
    if isinstance(node.names, cst.ImportStar):
        scope.emit(ImportStar(module, scope.file.certain))
        return
    for alias in node.names:
        name = dotted(alias.name)
        target = scope.slot()
        scope.emit(ImportFrom(target, module, name))
        bound = alias.asname.name if alias.asname is not None else alias.name
        assign(scope, cast("cst.BaseExpression", bound), target)


def _function(scope: ScopeFlow, node: cst.FunctionDef) -> None:
    decorators = [scope.evaluate(decorator.decorator) for decorator in node.decorators]
    found = parameters(scope, node.params)
    slot = make_function(scope, node, found, node.body)
    scope.bind(node.name.value, _decorated(scope, decorators, slot))


def _decorated(scope: ScopeFlow, decorators: list[int], slot: int) -> int:
    for decorator in reversed(decorators):
        if decorator != UNKNOWN:
            target = scope.slot()
            passed = (Argument(slot),)
            scope.emit(Call(target, decorator, passed, scope.file.site(), decorator=True))
            slot = target
    return slot


def _class(scope: ScopeFlow, node: cst.ClassDef) -> None:
    decorators = [scope.evaluate(decorator.decorator) for decorator in node.decorators]
    bases = tuple(scope.evaluate(base.value) for base in node.bases if not base.star)
    keywords = arguments(scope, node.keywords)
    nested = ScopeFlow(scope.file, scope.file.index.scopes[id(node)], scope.number)
    enqueue(scope.file, nested, node.body)
    scope.watch(nested.names)
    slot = scope.slot()
    scope.emit(MakeClass(slot, nested.number, bases, keywords, scope.file.site()))
    scope.bind(node.name.value, _decorated(scope, decorators, slot))


DEFINITIONS: dict[type[cst.CSTNode], Callable[[ScopeFlow, Any], None]] = {
    cst.Import: _import,
    cst.ImportFrom: _import_from,
    cst.FunctionDef: _function,
    cst.ClassDef: _class,
}

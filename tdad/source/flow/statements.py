"""Statements → operations, suite by suite."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from tdad.source.flow.assignments import ASSIGNMENTS
from tdad.source.flow.branches import BRANCHES
from tdad.source.flow.definitions import DEFINITIONS
from tdad.source.flow.expressions import evaluate
from tdad.source.flow.scope import ScopeFlow


def execute(scope: ScopeFlow, node: cst.CSTNode) -> None:
    """Run one statement or suite."""
    method = _EXECUTORS.get(type(node))
    if method is not None:
        method(scope, node)
    else:
        evaluate(scope, node)


def _expression(scope: ScopeFlow, node: cst.Expr) -> None:
    texts = scope.file.index.texts.get(id(node.value))
    if not texts:
        evaluate(scope, node.value)
        return
    for tree in texts:
        for statement in tree.body:
            execute(scope, statement)
    scope.after_call()


def _skip(_scope: ScopeFlow, _node: cst.CSTNode) -> None:
    return


_EXECUTORS: dict[type[cst.CSTNode], Callable[[ScopeFlow, Any], None]] = {
    **ASSIGNMENTS,
    **BRANCHES,
    **DEFINITIONS,
    cst.Expr: _expression,
    cst.Global: _skip,
    cst.Nonlocal: _skip,
    cst.TypeAlias: _skip,
}

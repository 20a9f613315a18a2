"""Helpers around the code of a test, decorators and contexts, that drop what it raises."""

from __future__ import annotations

import libcst as cst

from tdad.source.checks.found import statements_of
from tdad.source.checks.guards import constant, swallows
from tdad.source.checks.library import Function, Library
from tdad.source.checks.normal import last_name


def drops(node: cst.CSTNode) -> bool:
    """Tell whether a decorator or context drops what the code in it raises; one that tries again in a loop does not."""
    match node:
        case cst.For() | cst.While():
            return False
        case cst.Try(handlers=handlers) | cst.TryStar(handlers=handlers):
            if any(swallows(handler) for handler in handlers) and _runs(node.body):
                return True
        case cst.With(items=items):
            if any(_is_suppress(item.item) for item in items) and _runs(node.body):
                return True
    return any(drops(child) for child in node.children)


def _is_suppress(node: cst.BaseExpression) -> bool:
    return (
        isinstance(node, cst.Call) and last_name(node.func) == "suppress" and swallows(node.args)
    )


def _runs(node: cst.CSTNode) -> bool:
    """Tell whether code hands over to another: a call, or the ``yield`` of a context."""
    return isinstance(node, cst.Call | cst.Yield) or any(_runs(child) for child in node.children)


def is_quiet_context(
    call: cst.Call, function: Function | None, near: Function, library: Library
) -> bool:
    """Tell whether a context of the test files drops what is raised in it.

    Args:
        call: What makes it.
        function: What that calls, if it is a function of the test files.
        near: Where it stands.
        library: All of the test files.
    """
    if function is not None:
        return drops(function.node.body)
    if not isinstance(call.func, cst.Name):
        return False
    methods = library.modules[near.path].methods.get(call.func.value, {})
    return any(
        _says_yes(methods[name].node.body) for name in ("__exit__", "__aexit__") if name in methods
    )


def _says_yes(node: cst.BaseSuite) -> bool:
    last = node.body[-1] if node.body else None
    small = last.body[-1] if isinstance(last, cst.SimpleStatementLine) and last.body else last
    return (
        isinstance(small, cst.Return) and small.value is not None and constant(small.value) is True
    )


def raises_itself(body: cst.BaseSuite) -> bool:
    """Tell whether a block raises by a statement of its own: that something there raises is no demand of the code."""
    return any(
        isinstance(small, cst.Raise)
        for line in statements_of(body)
        if isinstance(line, cst.SimpleStatementLine)
        for small in line.body
    )


def ends_everything(node: cst.CSTNode, *, loop: bool = False) -> bool:
    """Tell whether a ``finally`` leaves by a statement of its own, which drops what was raised before it."""
    match node:
        case cst.FunctionDef() | cst.ClassDef() | cst.Lambda():
            return False
        case cst.Return():
            return True
        case cst.Break() | cst.Continue():
            return not loop
        case cst.For() | cst.While():
            loop = True
    return any(ends_everything(child, loop=loop) for child in node.children)

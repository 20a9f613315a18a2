"""Every node of a module that is worth breaking, with the scope whose code it is.

Left out because breaking it changes nothing, or nothing that the project does: docstrings, annotations, imports, text
for the log, code for type checkers only, ``@overload`` stubs, ``if __name__ == "__main__"``, names of a ``TypeVar``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from tdad.facts_faults import FaultLevel
from tdad.source.mutations.site import Scope

Found = tuple[cst.CSTNode, Scope]

_LOG_METHODS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})
_LOGGERS = frozenset({"log", "logger", "logging", "_log", "_logger", "LOG", "LOGGER"})
_TYPING = frozenset({"TypeVar", "ParamSpec", "TypeVarTuple", "NewType", "cast"})
_SKIPPED = (cst.Annotation, cst.Import, cst.ImportFrom, cst.TypeAlias, cst.FormattedString)


def nodes(module: cst.Module) -> Iterator[Found]:
    """Yield every node of the module that may be broken, outer before inner."""
    for statement in _without_docstring(module.body):
        yield from _walk(statement, Scope())


def _walk(node: cst.CSTNode, scope: Scope) -> Iterator[Found]:
    if isinstance(node, _SKIPPED) or _is_formal(node):
        return
    if isinstance(node, cst.FunctionDef):
        yield from _function(node, scope)
        return
    if isinstance(node, cst.ClassDef):
        yield from _class(node, scope)
        return
    yield node, scope
    for child in node.children:
        yield from _walk(child, scope)


def _function(node: cst.FunctionDef, scope: Scope) -> Iterator[Found]:
    names = {_last(decorator.decorator) for decorator in node.decorators}
    if "overload" in names:
        return
    qualname = _joined(scope.qualname, node.name.value)
    header = replace(scope, qualname=qualname)  # it runs where the function is defined
    yield node, header
    for part in (*node.decorators, node.params):
        yield from _walk(part, header)
    inside = FaultLevel.FIXTURE if "fixture" in names else FaultLevel.FUNCTION
    if scope.level in {FaultLevel.FUNCTION, FaultLevel.FIXTURE}:
        inside = scope.level
    yield from _suite(node.body, Scope(qualname, inside))


def _class(node: cst.ClassDef, scope: Scope) -> Iterator[Found]:
    qualname = _joined(scope.qualname, node.name.value)
    header = replace(scope, qualname=qualname)
    yield node, header
    for decorator in node.decorators:
        yield from _walk(decorator, header)
    outside = {FaultLevel.FUNCTION, FaultLevel.FIXTURE}
    level = scope.level if scope.level in outside else FaultLevel.CLASS
    yield from _suite(node.body, Scope(qualname, level))


def _suite(body: cst.BaseSuite, scope: Scope) -> Iterator[Found]:
    for statement in _without_docstring(body.body):
        yield from _walk(statement, scope)


def _without_docstring(
    body: tuple[cst.CSTNode, ...] | list[cst.CSTNode] | cst.BaseSuite | object,
) -> Iterator[cst.CSTNode]:
    """The statements of a suite; strings that stand alone are documentation."""
    assert isinstance(body, tuple | list)
    for statement in body:
        if not _is_text(statement):
            yield statement


def _is_text(statement: cst.CSTNode) -> bool:
    strings = cst.SimpleString | cst.ConcatenatedString
    parts = statement.body if isinstance(statement, cst.SimpleStatementLine) else [statement]
    return all(isinstance(part, cst.Expr) and isinstance(part.value, strings) for part in parts)


def _is_formal(node: cst.CSTNode) -> bool:
    """Code whose change nothing that runs can notice."""
    match node:
        case cst.If(test=test):
            return _last(test) == "TYPE_CHECKING" or _is_main_guard(test)
        case cst.Call(func=func):
            return _last(func) in _TYPING or _is_logging(func)
    return False


def _is_main_guard(test: cst.BaseExpression) -> bool:
    return (
        isinstance(test, cst.Comparison)
        and isinstance(test.left, cst.Name)
        and test.left.value == "__name__"
    )


def _is_logging(func: cst.BaseExpression) -> bool:
    return (
        isinstance(func, cst.Attribute)
        and func.attr.value in _LOG_METHODS
        and _last(func.value) in _LOGGERS
    )


def _last(node: cst.BaseExpression) -> str:
    """Last name of a dotted expression or of what is called."""
    match node:
        case cst.Name(value=name):
            return name
        case cst.Attribute(attr=cst.Name(value=name)):
            return name
        case cst.Call(func=func):
            return _last(func)
    return ""


def _joined(outer: str, name: str) -> str:
    return f"{outer}.{name}" if outer else name

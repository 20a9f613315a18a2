"""What stands around a check: conditions, loops, handlers."""

from __future__ import annotations

import re
from collections.abc import Sequence

import libcst as cst

from tdad.facts_checks import Guard, GuardKind
from tdad.source.checks.normal import Names, is_literal, last_name, normal, plain_arguments

_BROAD = frozenset({"", "Exception", "BaseException", "AssertionError"})
_ENVIRONMENT = re.compile(
    r"\b(?:sys\.(?:version|platform|implementation|maxsize)|platform\.|os\.name|WIN|win32|PY\d|PYPY|[A-Z_]*VERSION|HAS_|IS_)"
)
_CONSTANTS = {"True": True, "False": False, "0": False, "1": True, "None": False}
_MOST_ROWS = 64


def constant(test: cst.BaseExpression) -> bool | None:
    """Return the truth of a condition that is written out, ``None`` for all others."""
    return _CONSTANTS.get(normal(test, {})) if is_literal(test) else None


def asks_environment(test: cst.BaseExpression) -> bool:
    """Tell whether a condition asks for the platform or a version."""
    return _ENVIRONMENT.search(cst.Module([]).code_for_node(test)) is not None


def only_fails(body: cst.BaseSuite | Sequence[cst.CSTNode]) -> bool:
    """Tell whether a suite does nothing but fail the test."""
    statements = body.body if isinstance(body, cst.BaseSuite) else body
    if len(statements) != 1:
        return False
    line = statements[0]
    parts = line.body if isinstance(line, cst.SimpleStatementLine) else [line]
    match list(parts):
        case [cst.Raise(exc=cst.BaseExpression() as exc)]:
            return last_name(exc) == "AssertionError"
        case [cst.Expr(value=cst.Call(func=func))]:
            return last_name(func) == "fail"
        case [cst.Assert(test=test)]:
            return constant(test) is False
    return False


def swallows(caught: cst.ExceptHandler | cst.ExceptStarHandler | Sequence[cst.Arg]) -> bool:
    """Tell whether a handler, or ``suppress(…)``, drops a failed assertion."""
    if not isinstance(caught, cst.ExceptHandler | cst.ExceptStarHandler):
        return any(last_name(arg.value) in _BROAD for arg in caught)
    kinds = [caught.type]
    if isinstance(caught.type, cst.Tuple):
        kinds = [element.value for element in caught.type.elements]
    if not any(kind is None or last_name(kind) in _BROAD for kind in kinds):
        return False
    return not _objects(caught.body)


def _objects(node: cst.CSTNode) -> bool:
    """Tell whether a handler raises, fails, skips or checks something."""
    match node:
        case cst.Raise() | cst.Assert():
            return True
        case cst.Call(func=func):
            name = last_name(func)
            if name in {"fail", "skip", "xfail", "exit", "_exit"} or name.startswith("assert"):
                return True
    return any(_objects(child) for child in node.children)


def is_filled(node: cst.BaseExpression) -> bool:
    """Tell whether an iterable surely has an element: a display, or a range that is written out."""
    match node:
        case (
            cst.List(elements=elements) | cst.Tuple(elements=elements) | cst.Set(elements=elements)
        ):
            return len(elements) > 0
        case cst.Dict(elements=pairs):
            return len(pairs) > 0
        case cst.SimpleString() | cst.ConcatenatedString():
            return len(node.evaluated_value or "") > 0
        case cst.Call(func=func):
            given = plain_arguments(node)
            name = last_name(func)
            if name == "range":
                return len(given) > 0 and all(is_literal(each) for each in given)
            if name in {
                "enumerate",
                "zip",
                "product",
                "items",
                "permutations",
                "sorted",
                "reversed",
            }:
                inner = func.value if name == "items" and isinstance(func, cst.Attribute) else None
                return all(is_filled(each) for each in (given if inner is None else [inner]))
    return False


def targets_of(target: cst.BaseExpression) -> list[cst.CSTNode]:
    """Return what a loop assigns to, one by one."""
    if isinstance(target, cst.Tuple | cst.List):
        return [element.value for element in target.elements]
    return [target]


def rows_of(
    node: cst.BaseExpression, target: cst.BaseExpression, names: Names
) -> list[tuple[str, ...]] | None:
    """Return what a loop over a display binds, row by row; ``None`` when it is no display, or a long one."""
    if not isinstance(node, cst.List | cst.Tuple | cst.Set) or not node.elements:
        return None
    wide = len(targets_of(target)) if isinstance(target, cst.Tuple | cst.List) else 0
    rows: list[tuple[str, ...]] = []
    for element in node.elements:
        value = element.value
        if isinstance(element, cst.StarredElement):
            return None
        if not wide:
            rows.append((normal(value, names),))
        elif isinstance(value, cst.Tuple | cst.List) and len(value.elements) == wide:
            rows.append(tuple(normal(each.value, names) for each in value.elements))
        else:
            return None
    return rows if len(rows) <= _MOST_ROWS else None


def is_used(node: cst.FunctionDef, around: cst.FunctionDef) -> bool:
    """Tell whether a function in a test is mentioned there, or decorated."""
    return bool(node.decorators) or _mentions(around.body, node.name.value) > 1


def _mentions(node: cst.CSTNode, name: str) -> int:
    own = isinstance(node, cst.Name) and node.value == name
    return own + sum(_mentions(child, name) for child in node.children)


def left_by_handler(node: cst.Try | cst.TryStar) -> Guard | None:
    """The condition of what follows where a handler that takes every failure ends the test."""
    for handler in node.handlers:
        if swallows(handler) and isinstance(_last(handler.body), cst.Return):
            return Guard(GuardKind.IF, "nothing raised", "nothing is raised before")
    return None


def _last(body: cst.BaseSuite) -> cst.CSTNode | None:
    """The last simple statement of a suite."""
    found: cst.CSTNode | None = body
    while isinstance(found, cst.BaseSuite | cst.SimpleStatementLine):
        found = found.body[-1] if found.body else None
    return found

"""What stands around a check: conditions, loops, handlers."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

import libcst as cst

from tdad.facts_checks import Guard, GuardKind
from tdad.source.checks.found import statements_of
from tdad.source.checks.normal import Names, is_literal, last_name, normal, plain_arguments

_BROAD = frozenset({"", "Exception", "BaseException", "AssertionError"})
_ENVIRONMENT = re.compile(
    r"\b(?:sys\.(?:version|platform|implementation|maxsize)|platform\.|os\.name|WIN|win32|PY\d|PYPY|[A-Z_]*VERSION|HAS_|IS_)"
)
_MOST_ROWS = 64


def constant(test: cst.BaseExpression) -> bool | None:  # noqa: PLR0911 - one for each sort
    """Return the truth of a condition that is written out, ``None`` for all others."""
    match test:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            value = constant(inner)
            return None if value is None else not value
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget() as target]):
            if not (is_literal(left) and is_literal(target.comparator)):
                return None
            same = normal(left, {}) == normal(target.comparator, {})
            if isinstance(target.operator, cst.Equal | cst.NotEqual):
                return same is isinstance(target.operator, cst.Equal)
            return None
        case cst.Name(value="__debug__"):
            return True  # pytest's assertions need it
    if not is_literal(test):
        return None
    try:
        return bool(ast.literal_eval(cst.Module([]).code_for_node(test)))
    except (SyntaxError, ValueError, TypeError):
        return None


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
        case cst.Raise():
            return True
        case cst.Assert(test=test):
            return constant(test) is not True
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


def is_empty(node: cst.BaseExpression) -> bool:
    """Tell whether an iterable that is written out has no element."""
    if isinstance(node, cst.Call):
        given = plain_arguments(node)
        return last_name(node.func) == "range" and len(given) == 1 and constant(given[0]) is False
    return is_literal(node) and constant(node) is False


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


def condition(
    kind: GuardKind, node: cst.BaseExpression, names: Names, text: str, no: str = ""
) -> Guard:
    """The guard that a condition or an iterable is; ``no``: of its other branch."""
    text = f"not ({text})" if no else text
    return Guard(kind, no + normal(node, names), text, environment=asks_environment(node))


def case_of(
    subject: cst.BaseExpression, pattern: cst.MatchPattern, names: Names, text: str
) -> Guard:
    """The guard that a case of a ``match`` is."""
    return Guard(GuardKind.IF, f"{normal(subject, names)} is {normal(pattern, names)}", text)


def without_failing(
    node: cst.Try | cst.TryStar,
) -> tuple[list[cst.BaseStatement], list[cst.BaseStatement], bool]:
    """Return body and ``else`` of a ``try`` without what fails there if nothing was raised, and whether it does.

    That is the old way of ``pytest.raises``.
    """
    body = list(statements_of(node.body))
    otherwise = list(statements_of(node.orelse.body)) if node.orelse else []
    fails, else_fails = only_fails(body[-1:]), only_fails(otherwise[:1])
    if not node.handlers or not (fails or else_fails):
        return body, otherwise, False
    return body[:-1] if fails else body, [] if else_fails else otherwise, True


def unheard_guard(text: str) -> Guard:
    """What stands around a check whose failure nobody hears of; which thread or task makes it is no matter."""
    return Guard(GuardKind.UNHEARD, "unheard", text)


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

"""Decorators, ``pytestmark`` and calls in a body that excuse a test, and its parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import libcst as cst

from tdad.facts_checks import ParameterSet, Parametrization, Pass, PassKind
from tdad.source.checks.normal import keyword, last_name, normal, plain_arguments
from tdad.source.literals import literal_text, literal_texts

_EXCUSES = {
    "skip": PassKind.SKIP,
    "skipif": PassKind.SKIP,
    "skipIf": PassKind.SKIP,
    "skipUnless": PassKind.SKIP,
    "xfail": PassKind.XFAIL,
    "expectedFailure": PassKind.XFAIL,
    "flaky": PassKind.RETRY,
    "retry": PassKind.RETRY,
}
_CALLS = {
    "skip": PassKind.SKIP,
    "skipTest": PassKind.SKIP,
    "SkipTest": PassKind.SKIP,
    "importorskip": PassKind.SKIP,
    "xfail": PassKind.XFAIL,
}
_CALLERS = frozenset({"pytest", "self", "unittest", "cls", "py.test", "case", ""})
_NAMED_LIKE_AN_EXCUSE = re.compile(
    r"\w*(?:skip|xfail|requires?_|needs_|_only\b|only_)\w*", re.IGNORECASE
)

Where = Callable[[cst.CSTNode], int]
Shown = Callable[[cst.CSTNode], str]


@dataclass(frozen=True, slots=True)
class Source:
    """Lines and texts of nodes, and the marks that the module gives names to."""

    line: Where
    text: Shown
    aliases: Mapping[str, cst.BaseExpression]


def excuses(marks: Iterable[cst.BaseExpression], source: Source) -> Iterator[Pass]:
    """Yield what the marks or decorators of one function, class or module excuse."""
    for node in marks:
        mark = source.aliases.get(node.value, node) if isinstance(node, cst.Name) else node
        found = _excuse(mark)
        if found is not None:
            yield replace(found, line=source.line(node), text=source.text(node))


def _excuse(mark: cst.BaseExpression) -> Pass | None:
    func = mark.func if isinstance(mark, cst.Call) else mark
    name = last_name(func)
    kind = _EXCUSES.get(name)
    if kind is None:
        if isinstance(func, cst.Name) and _NAMED_LIKE_AN_EXCUSE.fullmatch(name):
            return Pass(PassKind.SKIP, condition=normal(mark, {}))
        return None
    if not isinstance(mark, cst.Call):
        return Pass(kind)
    given = plain_arguments(mark)
    condition = keyword(mark, "condition")
    if condition is None and name in {"skipif", "skipIf", "skipUnless"} and given:
        condition = given[0]
    if condition is None and name == "xfail" and given and literal_text(given[0]) is None:
        condition = given[0]
    told = "" if condition is None else normal(condition, {})
    if told == "True" or (told == "False" and name == "skipUnless"):
        told = ""
    raises = keyword(mark, "raises")
    strict = keyword(mark, "strict")
    return Pass(
        kind,
        condition=f"not {told}" if name == "skipUnless" and told else told,
        strict=strict is not None and normal(strict, {}) == "True",
        raises="" if raises is None else normal(raises, {}),
    )


def excuse_of_call(call: cst.Call, condition: str, source: Source) -> Pass | None:
    """Return the excuse that ``pytest.skip()`` and its like are in a body, under ``condition``."""
    name = last_name(call.func)
    kind = _CALLS.get(name)
    if kind is None:
        return None
    if isinstance(call.func, cst.Attribute):
        owner = last_name(call.func.value)
        if owner not in _CALLERS:
            return None
    if name == "importorskip":
        condition = f"{condition} without {normal(call.args[0].value, {}) if call.args else ''}"
    return Pass(
        kind,
        condition=condition,
        inside=True,
        text=source.text(call),
        line=source.line(call),
    )


def marks_in(value: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """Yield the marks in the value of a ``pytestmark``."""
    if isinstance(value, cst.List | cst.Tuple):
        for element in value.elements:
            yield element.value
    else:
        yield value


def parametrizations(
    marks: Iterable[cst.BaseExpression], source: Source, values: Mapping[str, cst.BaseExpression]
) -> Iterator[Parametrization]:
    """Yield the ``parametrize`` marks; ``values`` are displays that the module gives names to."""
    for node in marks:
        mark = source.aliases.get(node.value, node) if isinstance(node, cst.Name) else node
        if not isinstance(mark, cst.Call) or last_name(mark.func) not in {"parametrize", "expand"}:
            continue
        names_node, sets = keyword(mark, "argnames", 0), keyword(mark, "argvalues", 1)
        if last_name(mark.func) == "expand":  # parameterized.expand([...])
            names_node, sets = None, keyword(mark, "input", 0)
        if isinstance(sets, cst.Name):
            sets = values.get(sets.value, sets)
        text = literal_text(names_node)
        names = (
            [name.strip() for name in text.split(",") if name.strip()]
            if text is not None
            else literal_texts(names_node) or []
        )
        yield Parametrization(
            tuple(names), _rows(sets, len(names), source), source.text(node), source.line(node)
        )


def _rows(
    node: cst.BaseExpression | None, wide: int, source: Source
) -> tuple[ParameterSet, ...] | None:
    if isinstance(node, cst.Call) and last_name(node.func) == "range" and len(node.args) == 1:
        text = normal(node.args[0].value, {})
        if text.isdigit() and int(text) <= 1000:
            return tuple(ParameterSet((str(i),), line=source.line(node)) for i in range(int(text)))
    if not isinstance(node, cst.List | cst.Tuple | cst.Set):
        return None
    if any(isinstance(element, cst.StarredElement) for element in node.elements):
        return None
    return tuple(_row(element.value, wide, source) for element in node.elements)


def _row(node: cst.BaseExpression, wide: int, source: Source) -> ParameterSet:
    marks: tuple[Pass, ...] = ()
    given: list[cst.BaseExpression]
    if isinstance(node, cst.Call) and last_name(node.func) == "param":
        given = plain_arguments(node)
        mark = keyword(node, "marks")
        if mark is not None:
            marks = tuple(excuses(marks_in(mark), source))
    elif wide != 1 and isinstance(node, cst.Tuple | cst.List):
        given = [element.value for element in node.elements]
    else:
        given = [node]
    values = tuple(normal(value, {}) for value in given)
    return ParameterSet(values, marks, source.text(node), source.line(node))

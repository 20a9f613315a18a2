"""One asserted expression → the checks it makes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import libcst as cst

from tdad.facts_checks import Check, CheckKind, Tolerance
from tdad.source.checks.normal import (
    Names,
    arguments,
    is_literal,
    keyword,
    last_name,
    normal,
    plain_arguments,
)

_EXPECTED = re.compile(
    r"_?(?:expect|want|correct|true_|desired|reference|answer)\w*|[A-Z][A-Z0-9_]+"
)
_ANYTHING = frozenset({"ANY", "mock.ANY", "unittest.mock.ANY"})
"""Equal to everything."""
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_OPPOSITE = {"<": ">=", ">": "<=", "<=": ">", ">=": "<"}
_ORDERS: dict[type[cst.BaseCompOp], str] = {
    cst.LessThan: "<",
    cst.GreaterThan: ">",
    cst.LessThanEqual: "<=",
    cst.GreaterThanEqual: ">=",
}
_CLOSE = frozenset({"isclose", "allclose"})
_SEARCHES = frozenset({"match", "search", "fullmatch"})
_BEGINNINGS = frozenset({"startswith", "endswith", "issubset", "issuperset"})
_EMPTY = frozenset({"List()", "Tuple()", "Dict()", "''", "dict()", "set()", "list()", "tuple()"})


_FALSE = frozenset({"False", "None", "0", "0.0", "b''", *_EMPTY})


@dataclass(frozen=True, slots=True)
class Reading:
    """What expressions are read with."""

    names: Names

    def of(self, node: cst.CSTNode) -> str:
        """Return the normal form."""
        return normal(node, self.names)


def demands(node: cst.BaseExpression, names: Names, *, negated: bool = False) -> Iterator[Check]:
    """Yield what it takes for ``node`` to be true (false, if ``negated``)."""
    yield from _demands(node, Reading(names), negated)


def with_plain(checks: Iterable[Check], plain: Iterable[Check]) -> list[Check]:
    """Return ``checks`` with what they say when no name stands for anything else."""
    found, others = list(checks), list(plain)
    if len(found) != len(others):
        return found
    return [
        other  # x == x, whatever x stands for
        if other.kind is CheckKind.NOTHING
        else replace(check, plain=(other.subject, other.expected))
        for check, other in zip(found, others, strict=True)
    ]


def _demands(node: cst.BaseExpression, read: Reading, negated: bool) -> Iterator[Check]:
    match node:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            yield from _demands(inner, read, not negated)
        case cst.BooleanOperation(left=left, operator=operator, right=right):
            if isinstance(operator, cst.And) is not negated:
                yield from _demands(left, read, negated)
                yield from _demands(right, read, negated)
            else:
                yield _alternative(node, read, negated)
        case cst.Comparison(left=left, comparisons=comparisons):
            if negated and len(comparisons) > 1:
                yield _truth(node, read, negated)
                return
            for target in comparisons:
                yield compared(left, target.operator, target.comparator, read, negated)
                left = target.comparator
        case cst.Call():
            yield from _called(node, read, negated)
        case cst.NamedExpr(value=inner):
            yield from _demands(inner, read, negated)
        case cst.IfExp(test=test, body=body, orelse=orelse) if is_literal(test):
            true = read.of(test) not in _FALSE
            yield from _demands(body if true else orelse, read, negated)
        case _:
            yield _plain(node, read, negated)


def _plain(node: cst.BaseExpression, read: Reading, negated: bool) -> Check:
    """A constant, or something whose truth is asked."""
    if is_literal(node):
        true = read.of(node) not in _FALSE
        return Check(CheckKind.NOTHING if true is not negated else CheckKind.UNREACHED, "")
    if not negated and _is_always_true(node):
        return Check(CheckKind.NOTHING, "")
    return _truth(node, read, negated)


def _is_always_true(node: cst.BaseExpression) -> bool:
    """``assert (x, "message")``, ``assert [x == 9]``, ``assert lambda: …``, ``assert (x for x in …)``."""
    if isinstance(node, cst.Tuple | cst.List | cst.Set | cst.Dict):
        return bool(node.elements)
    return isinstance(node, cst.Lambda | cst.GeneratorExp)


def _truth(node: cst.BaseExpression, read: Reading, negated: bool) -> Check:
    return Check(CheckKind.TRUTH, read.of(node), "not" if negated else "")


def _alternative(node: cst.BooleanOperation, read: Reading, negated: bool) -> Check:
    parts = [*_demands(node.left, read, negated), *_demands(node.right, read, negated)]
    keys: list[str] = []
    for part in parts:
        keys += part.parts or (part.key,)
    if any(part.kind is CheckKind.NOTHING for part in parts):
        return Check(CheckKind.NOTHING, "")
    subjects = {part.subject for part in parts}
    subject = subjects.pop() if len(subjects) == 1 else parts[0].subject
    return Check(CheckKind.ALTERNATIVE, subject, " | ".join(sorted(keys)), parts=tuple(keys))


def compared(
    left: cst.BaseExpression,
    operator: cst.BaseCompOp,
    right: cst.BaseExpression,
    read: Reading,
    negated: bool,
) -> Check:
    """Return the check that one comparison makes."""
    order = _ORDERS.get(type(operator))
    if order is not None:
        return _ordered(left, _OPPOSITE[order] if negated else order, right, read)
    if isinstance(operator, cst.In | cst.NotIn):
        inside = isinstance(operator, cst.In) is not negated
        return member(left, right, read, inside=inside)
    same = isinstance(operator, cst.Equal | cst.Is) is not negated
    return exact(left, right, read) if same else different(left, right, read)


def _ordered(
    left: cst.BaseExpression, order: str, right: cst.BaseExpression, read: Reading
) -> Check:
    match left:
        case cst.Call(func=cst.Name(value="abs"), args=[cst.Arg(value=inner)]) if order in "<=":
            if isinstance(inner, cst.BinaryOperation) and isinstance(inner.operator, cst.Subtract):
                wide = Tolerance(absolute=number(right, read))
                return Check(
                    CheckKind.APPROXIMATE, read.of(inner.left), read.of(inner.right), wide
                )
    if is_literal(left) and not is_literal(right):
        left, right, order = right, left, _FLIPPED[order]
    return Check(CheckKind.ORDER, read.of(left), f"{order} {read.of(right)}")


def member(
    left: cst.BaseExpression, right: cst.BaseExpression, read: Reading, *, inside: bool
) -> Check:
    """``left in right``: of one of several values, or of a part of something."""
    several = isinstance(right, cst.List | cst.Tuple | cst.Set) and not is_literal(left)
    subject, other = (left, right) if several else (right, left)
    kind = CheckKind.MEMBER if inside else CheckKind.DIFFERENT
    return Check(kind, read.of(subject), f"{'one of' if several else 'has'} {read.of(other)}")


def sides(
    left: cst.BaseExpression, right: cst.BaseExpression
) -> tuple[cst.BaseExpression, cst.BaseExpression]:
    """Return what is looked at and what it should be: literals and what is called so are expected."""
    if _is_expected(left) and not _is_expected(right):
        return right, left
    return left, right


def _is_expected(node: cst.BaseExpression) -> bool:
    return is_literal(node) or (
        isinstance(node, cst.Name) and _EXPECTED.fullmatch(node.value) is not None
    )


def exact(left: cst.BaseExpression, right: cst.BaseExpression, read: Reading) -> Check:
    """``left == right``."""
    subject, expected = sides(left, right)
    if _is_approx(subject):
        subject, expected = expected, subject
    if _is_approx(expected):
        assert isinstance(expected, cst.Call)
        return _approximate(subject, expected, read)
    value, looked = read.of(expected), read.of(subject)
    if is_literal(subject) or (value == looked and "(" not in value) or value in _ANYTHING:
        return Check(CheckKind.NOTHING, "")
    match expected, subject:
        case cst.Name(value="True"), _:
            return next(_demands(subject, read, False))
        case cst.Name(value="False"), _:
            return next(_demands(subject, read, True))
        case _, cst.Call(func=cst.Name(value="len"), args=[cst.Arg(value=inner)]):
            return Check(CheckKind.SIZE, read.of(inner), value)
    return Check(CheckKind.EXACT, looked, value)


def different(left: cst.BaseExpression, right: cst.BaseExpression, read: Reading) -> Check:
    """``left != right``."""
    subject, expected = sides(left, right)
    value = read.of(expected)
    if value in {"True", "False"}:
        return Check(CheckKind.TRUTH, read.of(subject), "not" if value == "True" else "")
    return Check(CheckKind.DIFFERENT, read.of(subject), value)


def _is_approx(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Call) and last_name(node.func) == "approx"


def _approximate(subject: cst.BaseExpression, call: cst.Call, read: Reading) -> Check:
    given = plain_arguments(call)
    expected = read.of(given[0]) if given else ""
    return Check(
        CheckKind.APPROXIMATE,
        read.of(subject),
        expected,
        Tolerance(relative=_given(call, "rel", 1, read), absolute=_given(call, "abs", 2, read)),
    )


def _given(call: cst.Call, name: str, position: int, read: Reading) -> float | str | None:
    node = keyword(call, name, position)
    return None if node is None else number(node, read)


def number(node: cst.BaseExpression, read: Reading) -> float | str | None:
    """Return the value of a number that is written out, else the normal form; ``None`` for ``None``."""
    text = read.of(node)
    if text == "None":
        return None
    try:
        return float(text)
    except ValueError:
        return text


def _called(node: cst.Call, read: Reading, negated: bool) -> Iterator[Check]:
    """Yield the checks that the truth of a call makes."""
    name, given = last_name(node.func), plain_arguments(node)
    receiver = node.func.value if isinstance(node.func, cst.Attribute) else None
    if name == "bool" and len(given) == 1:
        yield from _demands(given[0], read, negated)
    elif name in {"all", "any"} and not given and isinstance(receiver, cst.Comparison):
        yield from _demands(receiver, read, negated)  # (a == b).all()
    elif name == "all" and len(given) == 1 and isinstance(given[0], cst.Comparison):
        yield from _demands(given[0], read, negated)
    elif negated or len(given) == 0:
        yield _truth(node, read, negated)
    elif name in {"isinstance", "issubclass"} and len(given) == 2:
        yield Check(CheckKind.TYPE, read.of(given[0]), read.of(given[1]))
    elif name in _BEGINNINGS and receiver is not None:
        yield Check(CheckKind.MEMBER, read.of(receiver), f"{name} {read.of(given[0])}")
    elif name in _SEARCHES and len(given) >= 2:
        yield Check(CheckKind.MEMBER, read.of(given[1]), f"{name} {read.of(given[0])}")
    elif name in _CLOSE and len(given) >= 2:
        yield close(node, given, read, ("rel_tol", "rtol"), ("abs_tol", "atol"))
    elif name in {"array_equal", "array_equiv"} and len(given) >= 2:
        yield Check(CheckKind.EXACT, read.of(given[0]), read.of(given[1]))
    else:
        yield _truth(node, read, negated)


def close(
    call: cst.Call,
    given: list[cst.BaseExpression],
    read: Reading,
    relative: tuple[str, ...],
    absolute: tuple[str, ...],
) -> Check:
    """A call that compares its first two arguments approximately."""
    subject, expected = sides(given[0], given[1])

    def named(names: tuple[str, ...], position: int) -> float | str | None:
        for name in names:
            if (node := keyword(call, name, position)) is not None:
                return number(node, read)
        return None

    wide = Tolerance(relative=named(relative, 2), absolute=named(absolute, 3))
    return Check(CheckKind.APPROXIMATE, read.of(subject), read.of(expected), wide)


def call_text(call: cst.Call, read: Reading) -> str:
    """Return the arguments of a call in normal form."""
    return ", ".join(arguments(call.args, read.names))

"""Another operator, or one operand of ``and`` / ``or`` alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import libcst as cst

from tdad.facts_fix import Template
from tdad.source.mutations import operators as seeded
from tdad.source.mutations.site import Site
from tdad.source.repairs.offer import Context, Offer

_TEXT: dict[type[cst.CSTNode], str] = {
    cst.Add: "+", cst.Subtract: "-", cst.Multiply: "*", cst.Divide: "/", cst.FloorDivide: "//",
    cst.Modulo: "%", cst.Power: "**", cst.MatrixMultiply: "@", cst.LeftShift: "<<",
    cst.RightShift: ">>", cst.BitAnd: "&", cst.BitOr: "|", cst.BitXor: "^", cst.And: "and",
    cst.Or: "or", cst.Equal: "==", cst.NotEqual: "!=", cst.Is: "is", cst.IsNot: "is not",
    cst.In: "in", cst.NotIn: "not in", cst.LessThan: "<", cst.GreaterThan: ">",
    cst.LessThanEqual: "<=", cst.GreaterThanEqual: ">=",
    cst.AddAssign: "+=", cst.SubtractAssign: "-=", cst.MultiplyAssign: "*=",
    cst.DivideAssign: "/=", cst.FloorDivideAssign: "//=", cst.BitAndAssign: "&=",
    cst.BitOrAssign: "|=",
}  # fmt: skip
_USUAL = frozenset({"+", "-", "+=", "-=", "and", "or"})
_LIKELY, _UNLIKELY = 0.8, 0.35


def other(site: Site, context: Context) -> Iterator[Offer]:
    """What the operator may have been before somebody took the wrong one, and the opposite of it."""
    del context
    node = site.node
    match node:
        case cst.BinaryOperation() | cst.BooleanOperation():
            yield from _swap(node.operator, seeded.BINARY)
        case cst.ComparisonTarget():
            yield from _swap(node.operator, seeded.COMPARING)
        case cst.AugAssign():
            yield from _swap(node.operator, seeded.AUGMENTED)
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        yield Offer(Template.OPERATOR, node, site.text(node.expression), 0.3)


def one_operand(site: Site, context: Context) -> Iterator[Offer]:
    """``a and b`` → ``a``, ``b``."""
    del context
    if isinstance(site.node, cst.BooleanOperation):
        for side in (site.node.left, site.node.right):
            yield Offer(Template.CONDITION, site.node, site.text(side), 0.3)


def _swap(operator: cst.CSTNode, table: Mapping[type[cst.CSTNode], str]) -> Iterator[Offer]:
    here = _TEXT.get(type(operator))
    if here is None:
        return
    texts = {_TEXT[kind] for kind, text in table.items() if text == here}
    if (opposite := table.get(type(operator))) is not None:
        texts.add(opposite)
    for text in sorted(texts - {here}):
        prior = _LIKELY if text in _USUAL or len(texts) == 1 else _UNLIKELY
        yield Offer(Template.OPERATOR, operator, text, prior)

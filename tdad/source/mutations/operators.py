"""Another operator: arithmetic, bits, booleans, identity, membership, sign."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tdad.facts_faults import FaultKind
from tdad.source.mutations.site import Proposal, Site

BINARY: dict[type[cst.CSTNode], str] = {
    cst.Add: "-",
    cst.Subtract: "+",
    cst.Multiply: "+",
    cst.Divide: "*",
    cst.FloorDivide: "*",
    cst.Modulo: "*",
    cst.Power: "*",
    cst.MatrixMultiply: "*",
    cst.LeftShift: ">>",
    cst.RightShift: "<<",
    cst.BitAnd: "|",
    cst.BitOr: "&",
    cst.BitXor: "|",
    cst.And: "or",
    cst.Or: "and",
}
COMPARING: dict[type[cst.CSTNode], str] = {
    cst.Equal: "!=",
    cst.NotEqual: "==",
    cst.Is: "is not",
    cst.IsNot: "is",
    cst.In: "not in",
    cst.NotIn: "in",
    cst.LessThan: ">",
    cst.GreaterThan: "<",
}
AUGMENTED: dict[type[cst.CSTNode], str] = {
    cst.AddAssign: "-=",
    cst.SubtractAssign: "+=",
    cst.MultiplyAssign: "+=",
    cst.DivideAssign: "*=",
    cst.FloorDivideAssign: "*=",
    cst.BitAndAssign: "|=",
    cst.BitOrAssign: "&=",
}


def replaced(site: Site) -> Iterator[Proposal]:
    """One operator for another; a minus sign goes away."""
    node = site.node
    match node:
        case cst.BinaryOperation() | cst.BooleanOperation():
            yield from _swap(node.operator, BINARY)
        case cst.ComparisonTarget():
            yield from _swap(node.operator, COMPARING)
        case cst.AugAssign():
            yield from _swap(node.operator, AUGMENTED)
        case cst.UnaryOperation(operator=cst.Minus()):
            yield Proposal(FaultKind.OPERATOR, node, site.text(node.expression))


def _swap(operator: cst.CSTNode, table: dict[type[cst.CSTNode], str]) -> Iterator[Proposal]:
    if (text := table.get(type(operator))) is not None:
        yield Proposal(FaultKind.OPERATOR, operator, text)

"""Off by one: comparisons, ranges, slices."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tdad.facts_faults import FaultKind
from tdad.source.mutations.site import Proposal, Site

_EDGES: dict[type[cst.BaseCompOp], str] = {
    cst.LessThan: "<=",
    cst.LessThanEqual: "<",
    cst.GreaterThan: ">=",
    cst.GreaterThanEqual: ">",
}


def shifted(site: Site) -> Iterator[Proposal]:
    """The edge of a comparison, the stop of a ``range``, the bounds of a slice."""
    node = site.node
    if isinstance(node, cst.ComparisonTarget) and type(node.operator) in _EDGES:
        # the operator's own span has no spaces around it
        yield Proposal(FaultKind.OFF_BY_ONE, node.operator, _EDGES[type(node.operator)])
    elif isinstance(node, cst.Call):
        yield from _range(site, node)
    elif isinstance(node, cst.Slice):
        for bound in (node.lower, node.upper):
            if bound is not None:
                yield Proposal(FaultKind.OFF_BY_ONE, bound, _one_more(site, bound))


def _range(site: Site, node: cst.Call) -> Iterator[Proposal]:
    plain = all(not arg.star and arg.keyword is None for arg in node.args)
    if isinstance(node.func, cst.Name) and node.func.value == "range" and node.args and plain:
        stop = node.args[min(1, len(node.args) - 1)].value
        yield Proposal(FaultKind.OFF_BY_ONE, stop, _one_more(site, stop))


def _one_more(site: Site, node: cst.BaseExpression) -> str:
    """``n`` → ``n + 1``; what binds less tightly than ``+`` gets parentheses, unless it has some already."""
    inner = site.text(node)
    tight = cst.Name | cst.Attribute | cst.Call | cst.Subscript | cst.Integer | cst.UnaryOperation
    return f"{inner} + 1" if isinstance(node, tight) or node.lpar else f"({inner}) + 1"

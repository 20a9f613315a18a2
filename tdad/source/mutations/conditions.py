"""Negate a condition: of ``if``, ``elif``, ``while``, ``assert``, a conditional expression, a comprehension."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tdad.facts_faults import FaultKind
from tdad.source.mutations.site import Proposal, Site

_CONSTANTS = frozenset({"True", "False"})


def negated(site: Site) -> Iterator[Proposal]:
    """``x`` → ``not (x)``, ``not x`` → ``x``; a constant condition (``while True``) is left alone."""
    node = site.node
    if not isinstance(node, cst.If | cst.While | cst.Assert | cst.IfExp | cst.CompIf):
        return
    test = node.test
    if isinstance(test, cst.Name) and test.value in _CONSTANTS:
        return
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        yield Proposal(FaultKind.NEGATE, test, site.text(test.expression))
        return
    inner = site.text(test)
    simple = inner.startswith("(") or isinstance(test, cst.Name | cst.Attribute | cst.Call)
    text = f"not {inner}" if simple else f"not ({inner})"
    # the node's parentheses stay where they are, around all of it
    yield Proposal(FaultKind.NEGATE, test, text)

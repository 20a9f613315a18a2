"""Swap the arguments of a call; change the default of a parameter."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import libcst as cst

from tdad.facts_faults import FaultKind
from tdad.source.mutations.constants import other
from tdad.source.mutations.site import Proposal, Site

_SYMMETRIC = frozenset({"max", "min", "gcd", "isclose"})
"""Their arguments have no order."""


def swapped(site: Site) -> Iterator[Proposal]:
    """Two neighbours among the positional arguments change places."""
    node = site.node
    if not isinstance(node, cst.Call) or _name(node.func) in _SYMMETRIC:
        return
    plain = [arg for arg in node.args if not arg.star and arg.keyword is None]
    for left, right in pairwise(plain):
        one, two = site.text(left), site.text(right)
        if one == two:
            continue
        first, last = site.span(left)[0], site.span(right)[1]
        between = site.source[site.span(left)[1] : site.span(right)[0]].decode("utf-8")
        before = site.source[site.span(node)[0] : first].decode("utf-8")
        after = site.source[last : site.span(node)[1]].decode("utf-8")
        yield Proposal(FaultKind.SWAP, node, f"{before}{two}{between}{one}{after}")


def _name(func: cst.BaseExpression) -> str:
    if isinstance(func, cst.Attribute):
        return func.attr.value
    return func.value if isinstance(func, cst.Name) else ""


def default(site: Site) -> Iterator[Proposal]:
    """A default becomes another constant; one that is no constant becomes ``None``."""
    node = site.node
    if isinstance(node, cst.Param) and node.default is not None:
        text = other(node.default)
        yield Proposal(FaultKind.DEFAULT, node.default, "None" if text is None else text)

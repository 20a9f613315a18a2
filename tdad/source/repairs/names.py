"""Arguments in another order; another name of the same kind in scope."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tdad.facts_fix import Template
from tdad.source.mutations.arguments import swapped
from tdad.source.mutations.site import Site
from tdad.source.repairs.offer import Context, Offer

_MOST = 5


def arguments(site: Site, context: Context) -> Iterator[Offer]:
    """Two neighbours among the positional arguments change places."""
    del context
    for proposal in swapped(site):
        yield Offer(Template.ARGUMENTS, proposal.node, proposal.text, 0.7)


def other_name(site: Site, context: Context) -> Iterator[Offer]:
    """A local variable or parameter in the place of another one, where one is handed on, compared or returned."""
    for name in _read_here(site.node):
        if name.value not in context.locals:
            continue
        others = [each for each in context.locals if each != name.value]
        for text in others[:_MOST]:
            yield Offer(Template.NAME, name, text, 0.2)


def other_attribute(site: Site, context: Context) -> Iterator[Offer]:
    """Another attribute of ``self`` with a similar name."""
    node = site.node
    if not isinstance(node, cst.Attribute) or not isinstance(node.value, cst.Name):
        return
    if node.value.value != "self":
        return
    here = node.attr.value
    alike = [name for name in context.attributes if name != here and _alike(name, here)]
    for text in alike[:_MOST]:
        yield Offer(Template.NAME, node.attr, text, 0.25)


def _alike(one: str, two: str) -> bool:
    return bool(set(one.strip("_").split("_")) & set(two.strip("_").split("_")))


def _read_here(node: cst.CSTNode) -> Iterator[cst.Name]:
    """Names that the node itself reads."""
    found: list[cst.BaseExpression | None] = []
    match node:
        case cst.Arg():
            found = [node.value]
        case cst.Return() | cst.Assign():
            found = [node.value]
        case cst.Comparison():
            found = [node.left, *(target.comparator for target in node.comparisons)]
        case cst.BinaryOperation():
            found = [node.left, node.right]
        case cst.If() | cst.While():
            found = [node.test]
        case cst.Attribute() | cst.Subscript():
            found = [node.value]
    for each in found:
        if isinstance(each, cst.Name):
            yield each

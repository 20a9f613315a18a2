"""Take away an ``except``, an ``await``, a decorator, a ``super()`` call, a base class."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tdad.facts_faults import FaultKind
from tdad.source.mutations.site import Proposal, Site
from tdad.source.mutations.statements import is_super_call

_FORMAL = frozenset({"object", "Generic", "Protocol", "ABC", "NamedTuple", "TypedDict"})
"""Bases without which nothing that runs may be different, or nothing works at all."""


def handler(site: Site) -> Iterator[Proposal]:
    """``except X`` → ``except ()``, which catches nothing."""
    node = site.node
    if isinstance(node, cst.ExceptHandler) and node.type is not None:
        yield Proposal(FaultKind.EXCEPT, node.type, "()")


def awaiting(site: Site) -> Iterator[Proposal]:
    """``await x`` → ``x``."""
    if isinstance(site.node, cst.Await):
        yield Proposal(FaultKind.AWAIT, site.node, site.text(site.node.expression))


def decorator(site: Site) -> Iterator[Proposal]:
    """A decorator goes away; an empty line is left."""
    if isinstance(site.node, cst.Decorator):
        yield Proposal(FaultKind.DECORATOR, site.node, "")


def super_call(site: Site) -> Iterator[Proposal]:
    """``super().m()`` as a statement → ``pass``, else → ``None``."""
    node = site.node
    if isinstance(node, cst.Expr) and is_super_call(node.value):
        yield Proposal(FaultKind.SUPER, node, "pass")
    elif isinstance(node, cst.Return | cst.Assign) and node.value and is_super_call(node.value):
        yield Proposal(FaultKind.SUPER, node.value, "None")


def base_class(site: Site) -> Iterator[Proposal]:
    """The last base → ``object``; further to the front there is no order of bases that has it."""
    node = site.node
    if not isinstance(node, cst.ClassDef) or not node.bases:
        return
    last = node.bases[-1]
    if not last.star and _last_name(last.value) not in _FORMAL:
        yield Proposal(FaultKind.BASE_CLASS, last.value, "object")


def _last_name(node: cst.BaseExpression) -> str:
    match node:
        case cst.Name(value=name):
            return name
        case cst.Attribute(attr=cst.Name(value=name)):
            return name
        case cst.Subscript(value=value):
            return _last_name(value)
    return ""

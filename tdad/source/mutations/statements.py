"""Drop a statement, return something else, yield something else."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tdad.facts_faults import FaultKind, FaultLevel
from tdad.source.mutations.site import Proposal, Site

_NONE = "None"


def dropped(site: Site) -> Iterator[Proposal]:
    """A simple statement that does something → ``pass``."""
    node = site.node
    if isinstance(node, cst.Assign | cst.AugAssign | cst.Raise | cst.Del | cst.Assert) or (
        isinstance(node, cst.Expr) and _does_something(node.value)
    ):
        yield Proposal(FaultKind.DROP, node, "pass")


def _does_something(value: cst.BaseExpression) -> bool:
    return isinstance(value, cst.Call | cst.Await) and not is_super_call(value)


def is_super_call(value: cst.BaseExpression) -> bool:
    """``super().m()``: a fault of its own kind."""
    return (
        isinstance(value, cst.Call)
        and isinstance(value.func, cst.Attribute)
        and isinstance(value.func.value, cst.Call)
        and isinstance(value.func.value.func, cst.Name)
        and value.func.value.func.value == "super"
    )


def returned(site: Site) -> Iterator[Proposal]:
    """``return x`` → ``return None``, a comparison → its contrary; the same for what a fixture yields."""
    node = site.node
    if not isinstance(node, cst.Return | cst.Yield) or isinstance(node.value, cst.From):
        return
    if isinstance(node, cst.Yield) and site.scope.level is not FaultLevel.FIXTURE:
        return
    value = node.value
    if value is None or (isinstance(value, cst.Name) and value.value == _NONE):
        return
    if isinstance(value, cst.Comparison):
        inner = site.text(value)
        text = f"not {inner}" if value.lpar else f"not ({inner})"
        yield Proposal(FaultKind.RETURN, value, text)
    yield Proposal(FaultKind.RETURN, value, _NONE)

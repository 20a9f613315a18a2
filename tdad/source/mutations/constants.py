"""Change a constant: numbers, strings, booleans, None. What kind of fault that is depends on where it stands."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tdad.facts_faults import FaultKind, FaultLevel
from tdad.source.mutations.site import Proposal, Site

_NAMES = {"True": "False", "False": "True", "None": "0"}
_KINDS = {
    FaultLevel.MODULE: FaultKind.MODULE_CONSTANT,
    FaultLevel.CLASS: FaultKind.CLASS_ATTRIBUTE,
}


def changed(site: Site) -> Iterator[Proposal]:
    """One other value of the same sort; ``None`` becomes 0."""
    text = other(site.node)
    if text is not None:
        yield Proposal(_KINDS.get(site.scope.level, FaultKind.CONSTANT), site.node, text)


def other(node: cst.CSTNode) -> str | None:
    """Source of another value, or ``None`` when ``node`` is no constant."""
    match node:
        case cst.Integer():
            return "0" if node.evaluated_value == 1 else str(node.evaluated_value + 1)
        case cst.Float():
            return str(node.evaluated_value + 1.0)
        case cst.SimpleString():
            return _string(node)
        case cst.Name(value=name):
            return _NAMES.get(name)
    return None


def _string(node: cst.SimpleString) -> str:
    """The string with two letters more, its prefix and quotes kept; an escape is never cut."""
    start = len(node.prefix) + len(node.quote)
    return f"{node.value[:start]}XX{node.value[start:]}"

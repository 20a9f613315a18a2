"""Expressions → slots. Evaluation order is the language's, as far as names are bound on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from tdad.facts_flow import UNKNOWN
from tdad.source.flow.access import ACCESS
from tdad.source.flow.calling import CALLING
from tdad.source.flow.displays import DISPLAYS
from tdad.source.flow.functions import FUNCTIONS
from tdad.source.flow.literals import LITERALS
from tdad.source.flow.names import children
from tdad.source.flow.operations import OPERATIONS
from tdad.source.flow.scope import ScopeFlow


def evaluate(scope: ScopeFlow, node: cst.CSTNode) -> int:
    """Slot of the value of ``node``."""
    method = _EVALUATORS.get(type(node))
    if method is not None:
        return method(scope, node)
    for child in children(node):
        evaluate(scope, child)
    return UNKNOWN


_EVALUATORS: dict[type[cst.CSTNode], Callable[[ScopeFlow, Any], int]] = {
    **LITERALS,
    **ACCESS,
    **CALLING,
    **DISPLAYS,
    **FUNCTIONS,
    **OPERATIONS,
}

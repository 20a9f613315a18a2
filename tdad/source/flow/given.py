"""What a function returns where it has asked whether a parameter was given.

``def tag(function=None, *, name=""): if function is None: return partial(tag, name=name)`` gives something else to
``tag(name="x")`` than to ``tag(f)``.
"""

from __future__ import annotations

import libcst as cst

from tdad.facts_flow import FIRST_PARAMETER, RETURNED
from tdad.source.flow.operations import truth
from tdad.source.flow.scope import ScopeFlow

Given = dict[int, bool]
"""Number of a parameter → whether it is something else than ``None``."""


def if_given(scope: ScopeFlow, test: cst.BaseExpression) -> tuple[Given, Given]:
    """What is known of parameters where ``test`` holds, and where it fails."""
    wanted = True
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        test, wanted = test.expression, False
    name, is_given = _asked(test)
    number = scope.state.get(name, -1) - FIRST_PARAMETER
    if not 0 <= number < len(scope.parameters):
        return {}, {}
    return {number: is_given is wanted}, {number: is_given is not wanted}


def _asked(test: cst.BaseExpression) -> tuple[str, bool]:
    """The name that ``test`` is about, and whether it holds if that is not ``None``; the name may be empty."""
    if isinstance(test, cst.Name):
        return test.value, True
    if isinstance(test, cst.Call) and isinstance(test.func, cst.Name) and len(test.args) == 1:
        argument = test.args[0].value
        if test.func.value == "callable" and isinstance(argument, cst.Name):
            return argument.value, True
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        (part,) = test.comparisons
        none = isinstance(part.comparator, cst.Name) and part.comparator.value == "None"
        if none and isinstance(test.left, cst.Name):
            if isinstance(part.operator, (cst.Is, cst.Equal)):
                return test.left.value, False
            if isinstance(part.operator, (cst.IsNot, cst.NotEqual)):
                return test.left.value, True
    return "", True


def return_value(scope: ScopeFlow, node: cst.BaseExpression) -> None:
    """``return node``."""
    if not isinstance(node, cst.IfExp):
        scope.copy(scope.evaluate(node), _place(scope))
        return
    known = scope.given
    holds, fails = if_given(scope, node.test)
    truth(scope, scope.evaluate(node.test))
    before = scope.snapshot()
    scope.given = {**known, **holds}
    return_value(scope, node.body)
    scope.resume(before)
    scope.given = {**known, **fails}
    return_value(scope, node.orelse)
    scope.given = known


def _place(scope: ScopeFlow) -> int:
    """Where what is returned goes: what holds of the first parameter that was asked about is a necessary condition."""
    node = scope.names.node
    resumed = scope.names.generator or (
        isinstance(node, cst.FunctionDef) and node.asynchronous is not None
    )
    if not scope.given or resumed:
        return RETURNED
    key = min(scope.given.items())
    slot = scope.conditional.get(key)
    if slot is None:
        slot = scope.conditional[key] = scope.slot()
    return slot

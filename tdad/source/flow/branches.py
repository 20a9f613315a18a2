"""Branches, loops, handlers and what leaves them → operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import libcst as cst

from tdad.facts_flow import UNKNOWN, Catch, Raise
from tdad.source.flow.assignments import assign
from tdad.source.flow.displays import iterated
from tdad.source.flow.functions import entered
from tdad.source.flow.given import if_given, return_value
from tdad.source.flow.operations import implicit, truth
from tdad.source.flow.patterns import match_case
from tdad.source.flow.scope import ScopeFlow, State


def suite(scope: ScopeFlow, node: cst.BaseSuite | cst.SimpleStatementLine) -> None:
    """Run the statements of a suite or line."""
    given = scope.given
    for statement in node.body:
        scope.execute(statement)
    scope.given = given


def _return(scope: ScopeFlow, node: cst.Return) -> None:
    if node.value is not None:
        return_value(scope, node.value)
    scope.dead = True


def _raise(scope: ScopeFlow, node: cst.Raise) -> None:
    if node.exc is not None:
        slot = scope.evaluate(node.exc)
        if slot != UNKNOWN:
            scope.emit(Raise(slot, scope.file.site()))
    if node.cause is not None:
        scope.evaluate(node.cause.item)
    scope.dead = True


def _break(scope: ScopeFlow, _node: cst.Break) -> None:
    _jump(scope, scope.breaks)


def _continue(scope: ScopeFlow, _node: cst.Continue) -> None:
    _jump(scope, scope.continues)


def _jump(scope: ScopeFlow, targets: list[list[State]]) -> None:
    state = scope.snapshot()
    if state is not None and targets:
        targets[-1].append(state)
    scope.dead = True


def _if(scope: ScopeFlow, node: cst.If) -> None:
    holds, fails = if_given(scope, node.test)
    known = scope.given
    truth(scope, scope.evaluate(node.test))
    before = scope.snapshot()
    scope.given = {**known, **holds}
    suite(scope, node.body)
    after = scope.snapshot()
    scope.resume(before)
    scope.given = {**known, **fails}
    if node.orelse is not None:
        scope.execute(node.orelse)
    other = scope.snapshot()
    if after is not None:
        scope.given = known if other is not None else {**known, **holds}
    scope.resume(after, other)


def _else(scope: ScopeFlow, node: cst.Else | cst.Finally) -> None:
    suite(scope, node.body)


def _while(scope: ScopeFlow, node: cst.While) -> None:
    heads = scope.enter_loop(scope.file.index.regions[id(node)])
    truth(scope, scope.evaluate(node.test))
    head = scope.snapshot()
    endless = isinstance(node.test, cst.Name) and node.test.value == "True"
    _loop(scope, node, heads, None if endless else head)


def _for(scope: ScopeFlow, node: cst.For) -> None:
    source = scope.evaluate(node.iter)
    heads = scope.enter_loop(scope.file.index.regions[id(node)])
    head = scope.snapshot()
    assign(scope, node.target, iterated(scope, source))
    _loop(scope, node, heads, head)


def _loop(
    scope: ScopeFlow, node: cst.For | cst.While, heads: dict[str, int], head: State | None
) -> None:
    """The body of a loop and its ``else``; ``head`` is the state when it ends by itself."""
    scope.breaks.append([])
    scope.continues.append([])
    suite(scope, node.body)
    scope.close_loop(heads, [scope.snapshot(), *scope.continues.pop()])
    left = scope.breaks.pop()
    scope.resume(head)
    if node.orelse is not None:
        suite(scope, node.orelse.body)
    scope.resume(scope.snapshot(), *left)


def _try(scope: ScopeFlow, node: cst.Try | cst.TryStar) -> None:
    before = scope.snapshot()
    frame = scope.enter_try(scope.file.index.regions[id(node)])
    suite(scope, node.body)
    scope.leave_try()
    after = scope.snapshot()
    thrown = None if before is None else _thrown(before, frame)
    ends: list[State | None] = []
    for handler in node.handlers:
        scope.resume(thrown)
        _handler(scope, handler)
        ends.append(scope.snapshot())
    scope.resume(after)
    if node.orelse is not None:
        suite(scope, node.orelse.body)
    ends.append(scope.snapshot())
    scope.resume(*ends)
    if node.finalbody is not None:
        leaves = scope.dead
        if leaves and thrown is not None:
            scope.resume(thrown)
        suite(scope, node.finalbody.body)
        scope.dead = scope.dead or leaves


def _thrown(before: State, frame: dict[str, int]) -> State:
    """What the names may be where a handler starts."""
    names: State = {key: slot for key, slot in before.items() if isinstance(key, str)}
    names.update(frame)
    return names


def _handler(scope: ScopeFlow, node: cst.ExceptHandler | cst.ExceptStarHandler) -> None:
    caught = UNKNOWN if node.type is None else scope.evaluate(node.type)
    if node.name is not None:
        target = UNKNOWN
        if caught != UNKNOWN:
            target = scope.slot()
            scope.emit(Catch(target, caught))
        assign(scope, cast("cst.BaseExpression", node.name.name), target)
    suite(scope, node.body)


def _with(scope: ScopeFlow, node: cst.With) -> None:
    managers = []
    for item in node.items:
        manager = scope.evaluate(item.item)
        managers.append(manager)
        value = entered(scope, manager)
        if item.asname is not None:
            assign(scope, cast("cst.BaseExpression", item.asname.name), value)
    scope.after_call()
    suite(scope, node.body)
    scope.after_call()
    for manager in reversed(managers):
        implicit(scope, manager, ("__exit__", "__aexit__"))


def _match(scope: ScopeFlow, node: cst.Match) -> None:
    subject = scope.evaluate(node.subject)
    ends: list[State | None] = []
    for case in node.cases:
        before = scope.snapshot()
        match_case(scope, case.pattern, subject)
        if case.guard is not None:
            truth(scope, scope.evaluate(case.guard))
        suite(scope, case.body)
        ends.append(scope.snapshot())
        scope.resume(before)
    scope.resume(*ends, scope.snapshot())


BRANCHES: dict[type[cst.CSTNode], Callable[[ScopeFlow, Any], None]] = {
    cst.IndentedBlock: suite,
    cst.SimpleStatementSuite: suite,
    cst.SimpleStatementLine: suite,
    cst.Return: _return,
    cst.Raise: _raise,
    cst.Break: _break,
    cst.Continue: _continue,
    cst.If: _if,
    cst.Else: _else,
    cst.While: _while,
    cst.For: _for,
    cst.Try: _try,
    cst.TryStar: _try,
    cst.With: _with,
    cst.Match: _match,
}

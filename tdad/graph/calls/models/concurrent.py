"""What runs functions elsewhere or later: ``asyncio``, threads, processes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from tdad.facts_flow import UNKNOWN, Kind, Passing
from tdad.graph.calls.dispatch import Dispatch
from tdad.graph.calls.models.arguments import Model, argument_at, argument_named, elements_of
from tdad.graph.calls.state import At, Passed


def _run(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
    for argument in passed:
        state.each(argument.node, lambda item: state.wait(at, item, target))


def _wait(state: Dispatch, at: At, target: int, item: int) -> None:
    state.wait(at, item, target)


def _gather(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.LIST, at, len(passed))
    for position, argument in enumerate(passed):
        node = argument.node
        if argument.passing is Passing.STAR:
            node = elements_of(state, at, node)
        slot = state.item(result, position if argument.passing is Passing.PLAIN else None)
        state.each(node, partial(_wait, state, at, slot))
    state.engine.add(target, result)


def _thread(state: Dispatch, at: At, passed: Sequence[Passed], _target: int) -> None:
    function = argument_named(passed, "target", "function")
    if function == UNKNOWN:
        function = argument_at(passed, 1)
    arguments = argument_named(passed, "args")
    spread = (Passed(arguments, Passing.STAR),) if arguments != UNKNOWN else ()
    state.each(function, lambda item: state.call(at, item, spread, UNKNOWN))


def _submit(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
    rest = tuple(passed[1:])
    state.each(argument_at(passed, 0), lambda item: state.call(at, item, rest, target))


CONCURRENT: dict[str, Model] = {
    "asyncio.run": _run,
    "asyncio.gather": _gather,
    "threading.Thread": _thread,
    "threading.Timer": _thread,
    "multiprocessing.Process": _thread,
}

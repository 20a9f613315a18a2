"""How a model reads the arguments of a call."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tdad.facts_flow import UNKNOWN, Passing
from tdad.graph.calls.dispatch import Dispatch
from tdad.graph.calls.state import At, Passed

Model = Callable[[Dispatch, At, Sequence[Passed], int], None]


def elements_of(state: Dispatch, at: At, node: int) -> int:
    """What iterating over ``node`` gives, as a node."""
    target = state.engine.node()
    state.each(node, lambda item: state.iterate(at, item, target))
    return target


def argument_at(passed: Sequence[Passed], position: int) -> int:
    """Node of the positional argument at ``position``; unknown if there is none."""
    positional = [argument for argument in passed if not argument.keyword]
    if position < len(positional) and positional[position].passing is Passing.PLAIN:
        return positional[position].node
    return UNKNOWN


def argument_named(passed: Sequence[Passed], *names: str) -> int:
    """Node of the argument passed by one of ``names``; unknown if there is none."""
    return next((argument.node for argument in passed if argument.keyword in names), UNKNOWN)


def apply(state: Dispatch, at: At, function: int, nodes: Sequence[int], target: int) -> None:
    """Call ``function`` with ``nodes``; ``target`` takes what it gives."""
    passed = tuple(Passed(node) for node in nodes)
    state.each(function, lambda item: state.call(at, item, passed, target))

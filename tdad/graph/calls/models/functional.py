"""Builtins and functions of ``functools``, ``itertools`` and ``operator`` that call what they are given."""

from __future__ import annotations

from collections.abc import Sequence

from tdad.facts_flow import UNKNOWN, Kind, Passing
from tdad.graph.calls.dispatch import Dispatch
from tdad.graph.calls.models.arguments import (
    Model,
    apply,
    argument_at,
    argument_named,
    elements_of,
)
from tdad.graph.calls.state import At, Passed
from tdad.graph.calls.values import Partial


def _map(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.LIST, at)
    nodes = [elements_of(state, at, argument.node) for argument in passed[1:]]
    apply(state, at, argument_at(passed, 0), nodes, state.item(result, None))
    state.engine.add(target, result)


def _starmap(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.LIST, at)
    rows = elements_of(state, at, argument_at(passed, 1))
    spread = (Passed(rows, Passing.STAR),)
    state.each(
        argument_at(passed, 0), lambda item: state.call(at, item, spread, state.item(result, None))
    )
    state.engine.add(target, result)


def _filter(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.LIST, at)
    elements = elements_of(state, at, argument_at(passed, 1))
    apply(state, at, argument_at(passed, 0), [elements], UNKNOWN)
    state.flow(elements, state.item(result, None))
    state.engine.add(target, result)


def _reduce(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
    both = state.engine.node()
    elements = elements_of(state, at, argument_at(passed, 1))
    state.flow(elements, both)
    state.flow(argument_at(passed, 2), both)
    apply(state, at, argument_at(passed, 0), [both, elements], both)
    state.flow(both, target)


def _accumulate(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.LIST, at)
    elements = elements_of(state, at, argument_at(passed, 0))
    slot = state.item(result, None)
    state.flow(elements, slot)
    function = argument_at(passed, 1)
    if function == UNKNOWN:
        function = argument_named(passed, "func")
    apply(state, at, function, [slot, elements], slot)
    state.engine.add(target, result)


def _sorted(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.LIST, at)
    elements = elements_of(state, at, argument_at(passed, 0))
    state.flow(elements, state.item(result, None))
    key = argument_named(passed, "key")
    apply(state, at, key, [elements], UNKNOWN)
    if key == UNKNOWN:
        right = elements
        state.each(elements, lambda item: state.binary(at, item, right, ("__lt__",), UNKNOWN))
    state.engine.add(target, result)


def _extreme(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
    plain = [argument for argument in passed if not argument.keyword]
    if len(plain) == 1:
        elements = elements_of(state, at, plain[0].node)
    else:
        elements = state.engine.node()
        for argument in plain:
            state.flow(argument.node, elements)
    key = argument_named(passed, "key")
    apply(state, at, key, [elements], UNKNOWN)
    if key == UNKNOWN:
        state.each(elements, lambda item: state.binary(at, item, elements, ("__gt__",), UNKNOWN))
    state.flow(elements, target)
    state.flow(argument_named(passed, "default"), target)


def _sum(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
    elements = elements_of(state, at, argument_at(passed, 0))
    both = state.engine.node()
    state.flow(elements, both)
    state.each(elements, lambda item: state.reflect(at, UNKNOWN, item, (), "__radd__", both))
    start = argument_at(passed, 1)
    state.flow(start, both)
    state.each(both, lambda item: state.binary(at, item, elements, ("__add__",), both))
    state.flow(both, target)


def _any(state: Dispatch, at: At, passed: Sequence[Passed], _target: int) -> None:
    elements = elements_of(state, at, argument_at(passed, 0))
    state.each(
        elements,
        lambda item: state.implicit(at, item, ("__bool__", "__len__"), (), UNKNOWN),
    )


def _partial(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
    def one(function: int) -> None:
        inner = state.values[function]
        if isinstance(inner, Partial) and (inner.site, inner.frame) == (at.site, at.frame):
            return  # a loop adds arguments to its own result
        number = state.number(Partial(function, at.site, at.frame))
        state.partials[number] = tuple(passed[1:])
        state.engine.add(target, number)

    state.each(argument_at(passed, 0), one)


def _operator(method: str) -> Model:
    def model(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
        right = argument_at(passed, 1)
        state.each(
            argument_at(passed, 0), lambda item: state.binary(at, item, right, (method,), target)
        )

    return model


FUNCTIONAL: dict[str, Model] = {
    "builtins.map": _map,
    "builtins.filter": _filter,
    "itertools.filterfalse": _filter,
    "itertools.takewhile": _filter,
    "itertools.dropwhile": _filter,
    "itertools.starmap": _starmap,
    "itertools.accumulate": _accumulate,
    "functools.reduce": _reduce,
    "builtins.sorted": _sorted,
    "builtins.max": _extreme,
    "builtins.min": _extreme,
    "builtins.sum": _sum,
    "builtins.any": _any,
    "builtins.all": _any,
    "functools.partial": _partial,
    "functools.partialmethod": _partial,
    "operator.add": _operator("__add__"),
    "operator.mul": _operator("__mul__"),
    "operator.eq": _operator("__eq__"),
    "operator.lt": _operator("__lt__"),
}

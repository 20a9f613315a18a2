"""Builtins that make containers and iterators."""

from __future__ import annotations

from collections.abc import Sequence

from tdad.facts_flow import UNKNOWN, Kind
from tdad.graph.calls.dispatch import Dispatch
from tdad.graph.calls.models.arguments import Model, apply, argument_at, elements_of
from tdad.graph.calls.state import At, Passed
from tdad.graph.calls.values import Container

_COPIES = {
    "builtins.list": Kind.LIST,
    "builtins.tuple": Kind.TUPLE,
    "builtins.set": Kind.SET,
    "builtins.frozenset": Kind.SET,
    "builtins.sorted": Kind.LIST,
    "builtins.reversed": Kind.LIST,
    "collections.deque": Kind.LIST,
    "itertools.chain": Kind.LIST,
    "itertools.cycle": Kind.LIST,
    "itertools.islice": Kind.LIST,
}


def _copy(kind: Kind) -> Model:
    def model(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
        result = state.container(kind, at)
        for argument in passed:
            if argument.keyword == "key":
                elements = elements_of(state, at, argument_at(passed, 0))
                apply(state, at, argument.node, [elements], UNKNOWN)
            elif not argument.keyword:
                state.each(argument.node, lambda item: state.copy_into(at, item, result, kind))
        state.engine.add(target, result)

    return model


def _reversed(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.LIST, at)

    def reverse(item: int) -> None:
        if not state.call_method(at, item, "__reversed__", (), target):
            state.iterate(at, item, state.item(result, None))

    state.each(argument_at(passed, 0), reverse)
    state.engine.add(target, result)


def _dict(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.DICT, at)
    for argument in passed:
        if argument.keyword:
            state.flow(argument.node, state.item(result, argument.keyword))
        else:
            state.each(argument.node, lambda item: state.update(at, result, item))
    state.engine.add(target, result)


def _defaultdict(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.DICT, at)
    apply(state, at, argument_at(passed, 0), [], state.item(result, None))
    for argument in passed[1:]:
        state.each(argument.node, lambda item: state.update(at, result, item))
    state.engine.add(target, result)


def _fromkeys(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.DICT, at)
    keys = elements_of(state, at, argument_at(passed, 0))
    state.store_item(at, result, keys, argument_at(passed, 1))
    state.engine.add(target, result)


def _zip(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
    result = state.container(Kind.LIST, at)
    row = state.number(Container(Kind.TUPLE, at.site, at.frame, len(passed), result))
    for position, argument in enumerate(passed):
        state.flow(elements_of(state, at, argument.node), state.item(row, position))
    state.engine.add(state.item(result, None), row)
    state.engine.add(target, result)


def _enumerate(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
    _zip(state, at, (Passed(UNKNOWN), *passed[:1]), target)


def _iter(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
    if len(passed) == 2:
        result = state.container(Kind.LIST, at)
        apply(state, at, passed[0].node, [], state.item(result, None))
        state.engine.add(target, result)
        return

    def one(item: int) -> None:
        if not state.call_method(at, item, "__iter__", (), target):
            if isinstance(state.values[item], Container):
                result = state.container(Kind.LIST, at)
                state.iterate(at, item, state.item(result, None))
                state.engine.add(target, result)
            else:
                state.engine.add(target, item)

    state.each(argument_at(passed, 0), one)


def _next(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
    state.each(argument_at(passed, 0), lambda item: _drop(state.advance(at, item, target)))
    state.flow(argument_at(passed, 1), target)


def _drop(_result: object) -> None:
    return


COLLECTED: dict[str, Model] = {
    "builtins.reversed": _reversed,
    "builtins.dict": _dict,
    "collections.OrderedDict": _dict,
    "collections.defaultdict": _defaultdict,
    "builtins.dict.fromkeys": _fromkeys,
    "builtins.zip": _zip,
    "itertools.zip_longest": _zip,
    "builtins.enumerate": _enumerate,
    "builtins.iter": _iter,
    "builtins.aiter": _iter,
    "builtins.next": _next,
    "builtins.anext": _next,
    **{
        name: _copy(kind)
        for name, kind in _COPIES.items()
        if name not in {"builtins.sorted", "builtins.reversed"}
    },
}

"""Builtins about attributes, classes, descriptors and modules."""

from __future__ import annotations

from collections.abc import Sequence

from tdad.facts_flow import UNKNOWN
from tdad.graph.calls.dispatch import Dispatch
from tdad.graph.calls.models.arguments import Model, argument_at, argument_named
from tdad.graph.calls.models.known import IDENTITY
from tdad.graph.calls.state import At, Passed
from tdad.graph.calls.values import (
    Class,
    Constant,
    External,
    Field,
    Instance,
    Module,
    Namespace,
    Property,
    SuperView,
    Wrapped,
)


def _getattr(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
    def named(name: int) -> None:
        state.each(argument_at(passed, 0), lambda owner: state.load_named(at, owner, name, target))

    state.each(argument_at(passed, 1), named)
    state.flow(argument_at(passed, 2), target)


def _setattr(state: Dispatch, at: At, passed: Sequence[Passed], _target: int) -> None:
    def named(item: int) -> None:
        value = state.values[item]
        if isinstance(value, Constant) and isinstance(value.value, str):
            text = value.value
            source = argument_at(passed, 2)
            state.each(argument_at(passed, 0), lambda owner: state.store(at, owner, text, source))

    state.each(argument_at(passed, 1), named)


def _super(state: Dispatch, _at: At, passed: Sequence[Passed], target: int) -> None:
    def one(cls: int) -> None:
        if isinstance(state.values[cls], Class):
            state.each(
                argument_at(passed, 1), lambda item: state.give(target, SuperView(cls, item))
            )

    state.each(argument_at(passed, 0), one)


def _type(state: Dispatch, _at: At, passed: Sequence[Passed], target: int) -> None:
    def one(item: int) -> None:
        value = state.values[item]
        if isinstance(value, Instance):
            state.engine.add(target, value.cls)

    if len(passed) == 1:
        state.each(argument_at(passed, 0), one)


def _type_call(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
    """``super().__call__(…)`` in a metaclass: the receiver comes first."""
    rest = passed[1:]
    state.each(argument_at(passed, 0), lambda cls: _construct(state, at, cls, rest, target))


def _construct(state: Dispatch, at: At, cls: int, passed: Sequence[Passed], target: int) -> None:
    if isinstance(state.values[cls], Class):
        state.when_known(cls, lambda: state.construct(at, cls, passed, target))


def _new(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
    def one(cls: int) -> None:
        if isinstance(state.values[cls], Class):
            state.engine.add(target, state.instance(cls, at))

    state.each(argument_at(passed, 0), one)


def _wrapped(state: Dispatch, how: str, item: int) -> Wrapped:
    value = state.values[item]
    return Wrapped(how, value.function if isinstance(value, Wrapped) else item)


def _wrap(how: str) -> Model:
    def model(state: Dispatch, _at: At, passed: Sequence[Passed], target: int) -> None:
        state.each(
            argument_at(passed, 0), lambda item: state.give(target, _wrapped(state, how, item))
        )

    return model


def _property(state: Dispatch, _at: At, passed: Sequence[Passed], target: int) -> None:
    def with_getter(getter: int) -> None:
        state.give(target, Property(getter))
        setter = (
            argument_at(passed, 1)
            if argument_at(passed, 1) != UNKNOWN
            else argument_named(passed, "fset")
        )
        state.each(setter, lambda item: state.give(target, Property(getter, item)))

    getter = (
        argument_at(passed, 0)
        if argument_at(passed, 0) != UNKNOWN
        else argument_named(passed, "fget")
    )
    state.each(getter, with_getter)


def _import_module(state: Dispatch, at: At, passed: Sequence[Passed], target: int) -> None:
    def one(item: int) -> None:
        value = state.values[item]
        if isinstance(value, Constant) and isinstance(value.value, str):
            package = ""
            if value.value.startswith("."):
                package = next(
                    iter(state.text_of(argument_at(passed, 1))), state.package_of(at.frame)
                )
            state.import_module(absolute(value.value, package), at.frame, target)

    state.each(argument_at(passed, 0), one)


def absolute(name: str, package: str) -> str:
    """``..a`` seen from ``package``."""
    bare = name.lstrip(".")
    dots = len(name) - len(bare)
    if not dots:
        return name
    parts = package.split(".")
    kept = parts[: len(parts) - (dots - 1)]
    return ".".join([*kept, bare] if bare else kept)


def _globals(state: Dispatch, at: At, _passed: Sequence[Passed], target: int) -> None:
    state.give(target, Namespace(state.number(Module(state.module_of(at.frame)))))


def _vars(state: Dispatch, _at: At, passed: Sequence[Passed], target: int) -> None:
    state.each(argument_at(passed, 0), lambda item: state.give(target, Namespace(item)))


def _dataclass(state: Dispatch, _at: At, passed: Sequence[Passed], target: int) -> None:
    def one(item: int) -> None:
        info = state.classes.get(item)
        if info is not None:
            info.synthetic = "dataclass"
        state.engine.add(target, item)

    state.each(argument_at(passed, 0), one)
    if argument_at(passed, 0) == UNKNOWN:
        state.give(target, External("dataclasses.dataclass"))


def _field(state: Dispatch, _at: At, passed: Sequence[Passed], target: int) -> None:
    state.give(
        target,
        Field(
            argument_named(passed, "default"), argument_named(passed, "default_factory", "factory")
        ),
    )


def _wraps(state: Dispatch, _at: At, _passed: Sequence[Passed], target: int) -> None:
    state.give(target, External(IDENTITY))


def _first(state: Dispatch, _at: At, passed: Sequence[Passed], target: int) -> None:
    state.flow(argument_at(passed, 0), target)


OBJECTS: dict[str, Model] = {
    "builtins.getattr": _getattr,
    "builtins.setattr": _setattr,
    "builtins.super": _super,
    "builtins.type": _type,
    "builtins.type.__call__": _type_call,
    "builtins.object.__new__": _new,
    "builtins.staticmethod": _wrap("staticmethod"),
    "builtins.classmethod": _wrap("classmethod"),
    "abc.abstractclassmethod": _wrap("classmethod"),
    "abc.abstractstaticmethod": _wrap("staticmethod"),
    "builtins.property": _property,
    "functools.cached_property": _property,
    "abc.abstractproperty": _property,
    "importlib.import_module": _import_module,
    "builtins.__import__": _import_module,
    "builtins.globals": _globals,
    "builtins.vars": _vars,
    "dataclasses.dataclass": _dataclass,
    "dataclasses.field": _field,
    "functools.wraps": _wraps,
    "functools.update_wrapper": _first,
    "typing.cast": lambda state, _at, passed, target: state.flow(argument_at(passed, 1), target),
}

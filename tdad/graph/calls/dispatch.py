"""Calls of everything that is not a plain function: classes, methods, instances, partials, externals."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import partial

from tdad.facts_flow import FIRST_PARAMETER, RETURNED, UNKNOWN, ParameterKind, Passing
from tdad.graph.calls.frames import Frames
from tdad.graph.calls.state import At, Passed
from tdad.graph.calls.values import (
    Bound,
    Class,
    External,
    Field,
    Function,
    Instance,
    Method,
    Partial,
    Wrapped,
)

_MOST_OPERATIONS_OF_A_DECORATOR = 80
"""A decorator with more operations is run once for all that it decorates, in programs too large for contexts."""


class Dispatch(Frames, ABC):
    """Rules for ``target = function(…)`` by what the function is."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self.partials: dict[int, tuple[Passed, ...]] = {}

    @abstractmethod
    def call_external(
        self, at: At, name: str, passed: Sequence[Passed], target: int, *, decorator: bool
    ) -> None:
        """Something outside the project is called."""

    @abstractmethod
    def call_builtin_method(
        self, at: At, method: Method, passed: Sequence[Passed], target: int
    ) -> None:
        """A builtin method of a container, generator, property or function is called."""

    def call(
        self,
        at: At,
        function: int,
        passed: Sequence[Passed],
        target: int,
        *,
        decorator: bool = False,
    ) -> None:
        """Object ``function`` is called; ``target`` takes the result."""
        value = self.values[function]
        if isinstance(value, Function):
            small = len(self.scopes[value.scope].operations) <= _MOST_OPERATIONS_OF_A_DECORATOR
            context = self.context(at, decorator=decorator and small)
            self.call_function(at, function, passed, target, context)
        elif isinstance(value, Bound):
            receiver = Passed(self.holding(value.receiver))
            self.call(at, value.function, (receiver, *passed), target, decorator=decorator)
        elif isinstance(value, Class):
            self.when_known(
                function,
                lambda: self._call_class(at, function, passed, target, decorator=decorator),
            )
        elif isinstance(value, Instance):
            self.when_known(
                value.cls,
                lambda: self._call_instance(at, function, passed, target, decorator=decorator),
            )
        elif isinstance(value, Partial):
            arguments = (*self.partials[function], *passed)
            self.call(at, value.function, arguments, target, decorator=decorator)
        elif isinstance(value, Wrapped):
            self.call(at, value.function, passed, target)
        elif isinstance(value, External):
            self.call_external(at, value.name, passed, target, decorator=decorator)
        elif isinstance(value, Method):
            self.call_builtin_method(at, value, passed, target)

    def note_call(self, at: At, function: int) -> None:
        """Record that ``function`` is called, without what it is given and gives back."""
        value = self.values[function]
        if isinstance(value, (Bound, Partial)):
            value = self.values[value.function]
        if isinstance(value, Function):
            self.called(at, value.scope)
        elif isinstance(value, Instance):
            self.when_known(value.cls, lambda: self._note_member(at, value.cls, "__call__"))
        elif isinstance(value, Class):
            self.when_known(function, lambda: self._note_member(at, function, "__init__"))

    def _note_member(self, at: At, cls: int, name: str) -> None:
        if self.defines(cls, name):
            self.each(self.member(cls, name).node, lambda item: self.note_call(at, item))

    def wrap(self, wrapper: int, wrapped: int) -> None:
        """Calling ``wrapper`` calls ``wrapped`` with the same arguments: what ``__wrapped__`` means (PEP 362).

        The wrapper may do it in ways that cannot be seen, as by code that it generates.
        """
        frame = self.frame_for(wrapper, ())
        passing = {
            ParameterKind.STAR: Passing.STAR,
            ParameterKind.DOUBLE_STAR: Passing.DOUBLE_STAR,
        }
        base = self.frames[frame].base
        passed = [
            Passed(
                base + FIRST_PARAMETER + number,
                passing.get(parameter.kind, Passing.PLAIN),
                parameter.name if parameter.kind is ParameterKind.KEYWORD else "",
            )
            for number, parameter in enumerate(self.scope_of(frame).parameters)
        ]
        self.call(At(frame, -1), wrapped, passed, base + RETURNED)

    # -- construction ---------------------------------------------------------------------------------------------

    def _call_class(
        self, at: At, cls: int, passed: Sequence[Passed], target: int, *, decorator: bool
    ) -> None:
        metaclass = self.metaclass_of(cls)
        if metaclass != -1 and self.defines(metaclass, "__call__"):
            self.call_method(at, cls, "__call__", passed, target)
        elif decorator and self.depth == 0 and self.defines(cls, "__call__"):
            self._wrap_in(at, cls, passed, target)
        else:
            self.construct(at, cls, passed, target)

    def _wrap_in(self, at: At, cls: int, passed: Sequence[Passed], target: int) -> None:
        """A class decorates a function, in a program too large for contexts.

        Its methods are run once for all such objects, so what these hold says little. Each is taken to hand its
        arguments to the function that it decorates and to give back what that gives.
        """
        made = self.engine.node()
        self.construct(at, cls, passed, made)
        wrapper = self.number(Instance(cls, at.site, at.frame))
        self.decorated[wrapper] = passed[0].node if passed else UNKNOWN

        def give(item: int) -> None:
            value = self.values[item]
            same = isinstance(value, Instance) and value.cls == cls
            self.engine.add(target, wrapper if same else item)

        self.each(made, give)

    def _call_instance(
        self, at: At, item: int, passed: Sequence[Passed], target: int, *, decorator: bool
    ) -> None:
        value = self.values[item]
        assert isinstance(value, Instance)
        node = self.decorated.get(item)
        if node is None:
            self.call_method(at, item, "__call__", passed, target, decorator=decorator)
            return
        self.call_method(at, self.instance(value.cls), "__call__", passed, target)

        def hand_on(method: int) -> None:
            if isinstance(self.values[method], Function):
                inside = At(self.frame_for(method, ()), -1)
                self.each(node, lambda function: self.call(inside, function, passed, target))

        self.each(self.member(value.cls, "__call__").node, hand_on)

    def construct(
        self,
        at: At,
        cls: int,
        passed: Sequence[Passed],
        target: int,
    ) -> None:
        """What ``type.__call__`` does: ``__new__``, then ``__init__`` on what it made."""
        self.constructed.add(cls)
        made = self.engine.node()
        self.flow(made, target)
        if self.defines(cls, "__new__"):
            receiver = Passed(self.holding(cls))
            member = self.member(cls, "__new__")
            arguments = (receiver, *passed)
            self.each(member.node, lambda new: self._make(at, new, arguments, made))
        else:
            self.engine.add(made, self.instance(cls, at))
        self.each(made, lambda item: self._initialize(at, cls, item, passed))

    def _make(self, at: At, new: int, arguments: Sequence[Passed], made: int) -> None:
        value = self.values[new]
        if isinstance(value, Wrapped):
            new = value.function
        self.call(at, new, arguments, made)

    def _initialize(self, at: At, cls: int, item: int, passed: Sequence[Passed]) -> None:
        value = self.values[item]
        if not isinstance(value, Instance) or cls not in self.linearized(value.cls):
            return
        if self.call_method(at, item, "__init__", passed, UNKNOWN):
            return
        if self._synthetic(cls):
            self._fill_fields(at, item, cls, passed)
        for base in self.external_bases(value.cls):
            self.call_arguments(at, base, passed)

    def _synthetic(self, cls: int) -> bool:
        return any(
            (info := self.classes.get(item)) is not None and info.synthetic
            for item in self.linearized(cls)
        ) or "typing.NamedTuple" in self.external_bases(cls)

    def _fill_fields(self, at: At, item: int, cls: int, passed: Sequence[Passed]) -> None:
        """The constructor that ``dataclass`` and ``NamedTuple`` write."""
        fields: dict[str, None] = {}
        for part in reversed(self.linearized(cls)):
            value = self.values[part]
            if isinstance(value, Class):
                fields.update(dict.fromkeys(self.scopes[value.scope].fields))
        names = list(fields)
        position = 0
        for argument in passed:
            if argument.keyword:
                self.flow(argument.node, self.attribute(item, argument.keyword))
            elif argument.passing is Passing.PLAIN:
                if position < len(names):
                    self.flow(argument.node, self.attribute(item, names[position]))
                    self.flow(argument.node, self.item(item, position))
                position += 1
        given = {argument.keyword for argument in passed} | set(names[:position])
        for name in names:
            if name not in given:
                member = self.member(cls, name)
                target = self.attribute(item, name)
                self.each(member.node, partial(self._preset, at, target))
        self.call_method(at, item, "__post_init__", (), UNKNOWN)

    def _preset(self, at: At, target: int, found: int) -> None:
        """A field that the constructor was not given takes its default."""
        value = self.values[found]
        if isinstance(value, Field):
            self.flow(value.default, target)
            self.each(value.factory, lambda factory: self.call(at, factory, (), target))

    # -- callbacks ------------------------------------------------------------------------------------------------

    def call_arguments(self, at: At, name: str, passed: Sequence[Passed]) -> None:
        """Code outside the project may call the functions that it is given."""
        if name.partition(".")[0] in {"typing", "abc", "enum"}:
            return
        for argument in passed:
            if argument.passing is Passing.PLAIN:
                self.each(argument.node, lambda item: self._call_back(at, item))

    def _call_back(self, at: At, item: int) -> None:
        value = self.values[item]
        if isinstance(value, (Function, Bound, Partial)):
            self.call(at, item, (), UNKNOWN)


def void(_result: object) -> None:
    """Drop a result."""

"""Calls that leave the project, and the methods of builtin objects."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence

from tdad.facts_flow import RETURNED, SENT, UNKNOWN, Kind
from tdad.graph.calls.dispatch import Dispatch
from tdad.graph.calls.models import MODELS
from tdad.graph.calls.models.arguments import apply, argument_at, argument_named, elements_of
from tdad.graph.calls.models.known import (
    DECORATOR_FACTORIES,
    IDENTITY,
    IMPLICIT,
    SILENT,
    TRANSPARENT,
)
from tdad.graph.calls.state import At, Passed
from tdad.graph.calls.values import (
    Class,
    Constant,
    Container,
    External,
    Function,
    Generator,
    Instance,
    Method,
    Property,
)


class Externals(Dispatch, ABC):
    """Rules for calls that leave the project."""

    def call_external(
        self, at: At, name: str, passed: Sequence[Passed], target: int, *, decorator: bool
    ) -> None:
        """Something outside the project is called."""
        model = MODELS.get(name)
        if model is not None:
            model(self, at, passed, target)
            return
        implicit = IMPLICIT.get(name)
        if implicit is not None:
            for argument in passed:
                self.each(
                    argument.node,
                    lambda item: self.implicit(at, item, implicit, (), target),
                )
        if name == IDENTITY or decorator or name in TRANSPARENT:
            self.flow(argument_at(passed, 0), target)
            if not decorator and name in DECORATOR_FACTORIES:
                self.give(target, External(IDENTITY))
            return
        if name in DECORATOR_FACTORIES:
            self.give(target, External(IDENTITY))
            return
        if implicit is None and name not in SILENT:
            self.call_arguments(at, name, passed)

    # -- methods of builtin objects -------------------------------------------------------------------------------

    def call_builtin_method(
        self, at: At, method: Method, passed: Sequence[Passed], target: int
    ) -> None:
        """A builtin method of a container, generator, property or function is called."""
        value = self.values[method.receiver]
        if isinstance(value, Container):
            self._container_method(at, method.receiver, value.kind, method.name, passed, target)
        elif isinstance(value, Instance):
            self._container_method(at, method.receiver, Kind.DICT, method.name, passed, target)
        elif isinstance(value, Generator):
            self._generator_method(value, method.name, passed, target)
        elif isinstance(value, Property):
            self._property_method(value, method.name, passed, target)
        elif isinstance(value, Function):
            self._function_method(method.receiver, method.name, passed, target)
        elif isinstance(value, Constant) and method.name in {"join", "format"}:
            methods = ("__format__", "__str__", "__repr__") if method.name == "format" else ()
            for argument in passed:
                if methods:
                    self.each(
                        argument.node,
                        lambda item: self.implicit(at, item, methods, (), UNKNOWN),
                    )
                else:
                    elements_of(self, at, argument.node)
        elif isinstance(value, Class):
            self._class_method(at, method, passed, target)

    def _class_method(self, at: At, method: Method, passed: Sequence[Passed], target: int) -> None:
        """A method that ``type`` gives to a class."""
        cls = method.receiver
        if method.name == "__call__":
            self.when_known(cls, lambda: self.construct(at, cls, passed, target))
        elif method.name == "__subclasses__":
            result = self.container(Kind.LIST, at)
            for heir in self.subclasses(cls)[1:]:
                self.engine.add(self.item(result, None), heir)
            self.engine.add(target, result)

    def _container_method(  # noqa: PLR0917 - all of them are needed
        self, at: At, owner: int, kind: Kind, name: str, passed: Sequence[Passed], target: int
    ) -> None:
        first = argument_at(passed, 0)
        if name in {"append", "add", "appendleft", "insert"}:
            self.flow(
                argument_at(passed, 1) if name == "insert" else first, self.item(owner, None)
            )
            if name in {"insert", "appendleft"}:
                self.engine.edge(self.items(owner).every, self.item(owner, None))
        elif name in {"extend", "extendleft", "union", "difference", "intersection"}:
            for argument in passed:
                self.each(
                    argument.node, lambda item: self.iterate(at, item, self.item(owner, None))
                )
            if name != "extend":
                self.engine.add(target, owner)
        elif name == "update":
            self._update(at, owner, kind, passed)
        elif name in {"sort", "reverse", "rotate"}:
            apply(self, at, argument_named(passed, "key"), [self.items(owner).every], UNKNOWN)
            self.engine.edge(self.items(owner).every, self.item(owner, None))
        elif name == "copy":
            self.engine.add(target, owner)
        else:
            self._access_method(at, owner, kind, name, passed, target)

    def _update(self, at: At, owner: int, kind: Kind, passed: Sequence[Passed]) -> None:
        for argument in passed:
            if argument.keyword:
                self.flow(argument.node, self.item(owner, argument.keyword))
            elif kind is Kind.DICT:
                self.each(argument.node, lambda item: self.update(at, owner, item))
            else:
                self.each(
                    argument.node, lambda item: self.iterate(at, item, self.item(owner, None))
                )

    def _access_method(  # noqa: PLR0917 - all of them are needed
        self, at: At, owner: int, kind: Kind, name: str, passed: Sequence[Passed], target: int
    ) -> None:
        first = argument_at(passed, 0)
        if name in {"get", "pop", "setdefault", "__getitem__"}:
            if passed or name == "__getitem__":
                self._select(owner, first, target)
            else:
                self.engine.edge(self.items(owner).every, target)
            self.flow(argument_at(passed, 1), target)
            if name == "setdefault":
                self.store_item(at, owner, first, argument_at(passed, 1))
        elif name in {"popleft", "popitem"}:
            self.engine.edge(self.items(owner).every, target)
        elif name in {"values", "keys", "items", "__iter__"}:
            self._view(at, owner, kind, name, target)
        elif name == "__setitem__":
            self._put(owner, first, argument_at(passed, 1))

    def _view(self, at: At, owner: int, kind: Kind, name: str, target: int) -> None:
        items = self.items(owner)
        result, _ = self.derived(Kind.LIST, at, owner)
        if name == "values":
            self.engine.edge(items.every, self.item(result, None))
        elif name == "keys" or (name == "__iter__" and kind is Kind.DICT):
            self.engine.edge(items.keys, self.item(result, None))
        elif name == "__iter__":
            self.engine.edge(items.every, self.item(result, None))
        else:
            row, _ = self.derived(Kind.TUPLE, at, owner)
            self.engine.edge(items.keys, self.item(row, 0))
            self.engine.edge(items.every, self.item(row, 1))
            self.engine.add(self.item(result, None), row)
        self.engine.add(target, result)

    def _generator_method(
        self, value: Generator, name: str, passed: Sequence[Passed], target: int
    ) -> None:
        base = self.frames[value.frame].base
        if name in {"send", "asend"}:
            self.flow(argument_at(passed, 0), base + SENT)
        if name in {"send", "__next__", "throw", "asend", "__anext__"}:
            self.flow(base + 1, target)
        if name in {"__iter__", "__aiter__"}:
            self.give(target, value)
        if name == "__await__":
            self.flow(base + RETURNED, target)

    def _property_method(
        self, value: Property, name: str, passed: Sequence[Passed], target: int
    ) -> None:
        def one(item: int) -> None:
            if name == "setter":
                self.give(target, Property(value.getter, item, value.deleter))
            elif name == "deleter":
                self.give(target, Property(value.getter, value.setter, item))
            elif name == "getter":
                self.give(target, Property(item, value.setter, value.deleter))

        self.each(argument_at(passed, 0), one)

    def _function_method(
        self, owner: int, name: str, passed: Sequence[Passed], target: int
    ) -> None:
        if name == "__get__":
            self.each(argument_at(passed, 0), lambda item: self.bind_receiver(owner, item, target))
        elif name == "register":
            self.give(target, External(IDENTITY))

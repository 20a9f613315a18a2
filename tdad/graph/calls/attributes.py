"""Attribute access: instances, classes, modules, descriptors, ``super``, ``__getattr__``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from tdad.facts_flow import UNKNOWN
from tdad.graph.calls.classes import Classes
from tdad.graph.calls.state import At, Passed
from tdad.graph.calls.values import (
    Bound,
    Class,
    Constant,
    Container,
    Coroutine,
    External,
    Field,
    Function,
    Generator,
    Instance,
    Method,
    Module,
    Namespace,
    Partial,
    Property,
    SuperView,
    Text,
    Wrapped,
)

_IMPLICIT_CLASS_METHODS = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})
_IMPLICIT_STATIC = frozenset({"__new__"})
_CONTAINERS = frozenset(
    f"builtins.{name}" for name in ("dict", "list", "set", "tuple", "frozenset")
) | frozenset(
    f"collections.{name}"
    for name in ("OrderedDict", "defaultdict", "deque", "UserDict", "UserList", "Counter")
)


class Attributes(Classes, ABC):
    """Rules for ``base.name``."""

    # -- loads ----------------------------------------------------------------------------------------------------

    def load(self, at: At, item: int, name: str, target: int) -> None:
        """``target = item.name``."""
        value = self.values[item]
        if isinstance(value, Instance):
            if item in self.decorated:
                item = self.instance(value.cls)
            self._load_from_instance(at, item, value.cls, name, target)
        elif isinstance(value, Class):
            self._load_from_class(at, item, name, target)
        elif isinstance(value, Module):
            self.load_from_module(at, value, name, target)
        elif isinstance(value, External):
            if value.name.count(".") < 6:
                self.give(target, External(f"{value.name}.{name}"))
        elif isinstance(value, SuperView):
            self._load_from_super(at, value, name, target)
        elif isinstance(value, Function):
            self._load_from_function(item, name, target)
        elif isinstance(value, Bound):
            self._load_from_bound(at, value, name, target)
        elif isinstance(value, (Container, Generator, Coroutine, Property, Namespace, Constant)):
            self.give(target, Method(item, name))
        elif isinstance(value, (Partial, Wrapped)) and name in {"func", "__func__"}:
            self.engine.add(target, value.function)

    def load_named(self, at: At, item: int, name: int, target: int) -> None:
        """``target = getattr(item, name)``; of a name that is put together, every attribute that it may be."""
        text = self.values[name]
        if isinstance(text, Constant) and isinstance(text.value, str):
            self.load(at, item, text.value, target)
        elif isinstance(text, Text):
            value = self.values[item]
            cls = value.cls if isinstance(value, Instance) else item
            self.when_known(cls, lambda: self._load_matching(at, item, text, target))

    def _load_matching(self, at: At, item: int, text: Text, target: int) -> None:
        for name in sorted(self._names_of(item)):
            if name.startswith(text.prefix) and name.endswith(text.suffix):
                self.load(at, item, name, target)

    def _names_of(self, item: int) -> set[str]:
        """Names that the class of ``item``, the class or the module ``item`` binds, inherited ones included."""
        value = self.values[item]
        if isinstance(value, Module):
            return set(self.modules[value.name].scopes[0].binds)
        order = self.linearized(value.cls if isinstance(value, Instance) else item)
        classes = (self.values[cls] for cls in order)
        return {
            name
            for cls in classes
            if isinstance(cls, Class)
            for name in self.scopes[cls.scope].binds
        }

    def _load_from_instance(self, at: At, item: int, cls: int, name: str, target: int) -> None:
        if name == "__class__":
            self.engine.add(target, cls)
            return
        if name == "__dict__":
            self.give(target, Namespace(item))
            return
        self.engine.edge(self.attribute(item, name), target)
        member = self.member(cls, name)
        self.each(member.node, lambda found: self._bind(at, found, item, cls, name, target))
        self.when_known(cls, lambda: self._fall_back(at, item, cls, name, target))

    def _fall_back(self, at: At, item: int, cls: int, name: str, target: int) -> None:
        if self.defines(cls, "__getattribute__"):
            self.call_method(at, item, "__getattribute__", (self._text(name),), target)
        if self.defines(cls, "__getattr__") and not self.defines(cls, name):
            self.engine.if_empty(
                self.attribute(item, name),
                lambda: self._ask(at, item, name, target),
            )

    def _ask(self, at: At, item: int, name: str, target: int) -> None:
        self.call_method(at, item, "__getattr__", (self._text(name),), target)

    def _text(self, name: str) -> Passed:
        return Passed(self.holding(self.number(Constant(name))))

    def _load_from_class(self, at: At, item: int, name: str, target: int) -> None:
        if name == "__dict__":
            self.give(target, Namespace(item))
            return
        member = self.member(item, name)
        self.each(member.node, lambda found: self._bind(at, found, -1, item, name, target))
        metaclass = self.metaclass_of(item)
        if metaclass != -1 and name not in {"__init__", "__new__", "__call__"}:
            meta = self.member(metaclass, name)
            self.each(
                meta.node, lambda found: self._bind(at, found, item, metaclass, name, target)
            )
        if name == "__subclasses__":
            self.give(target, Method(item, name))

    def metaclass_of(self, cls: int) -> int:
        """The project metaclass of ``cls``, inherited ones included; -1: none."""
        for item in self.linearized(cls):
            info = self.classes.get(item)
            if info is not None and info.metaclass != UNKNOWN:
                for found in sorted(self.engine.held[info.metaclass]):
                    if isinstance(self.values[found], Class):
                        return found
        return -1

    def load_from_module(self, at: At, module: Module, name: str, target: int) -> None:
        """``target = module.name``: a binding, else a submodule, else what ``__getattr__`` gives."""
        owner = self.number(module)
        facts = self.modules[module.name]
        self.engine.edge(self.attribute(owner, name), target)
        if name == "__dict__":
            self.give(target, Namespace(owner))
        bound = name in facts.scopes[0].binds
        if not bound and f"{module.name}.{name}" in self.modules:
            self.give(target, Module(f"{module.name}.{name}"))
        elif bound and f"{module.name}.{name}" in self.modules:
            # ``from package import module`` in the package itself: the name is the module unless something else
            # is bound to it.
            self.engine.if_empty(
                self.attribute(owner, name),
                lambda: self.give(target, Module(f"{module.name}.{name}")),
            )
        elif not bound and "__getattr__" in facts.scopes[0].binds:
            hook = self.attribute(owner, "__getattr__")
            passed = (self._text(name),)
            self.each(hook, lambda function: self.call(at, function, passed, target))

    def _load_from_super(self, at: At, view: SuperView, name: str, target: int) -> None:
        receiver = self.values[view.receiver]
        cls = receiver.cls if isinstance(receiver, Instance) else view.receiver
        if cls in self.classes and view.cls not in self.linearized(cls):
            metaclass = self.metaclass_of(cls)
            if metaclass != -1 and view.cls in self.linearized(metaclass):
                member = self.member(metaclass, name, after=view.cls)
                self.each(
                    member.node,
                    lambda found: self._bind_to_metaclass(at, found, view.receiver, target),
                )
                return
        if cls not in self.classes:
            return
        bound_to = view.receiver if isinstance(receiver, Instance) else -1
        member = self.member(cls, name, after=view.cls)
        if bound_to == -1 and name not in _IMPLICIT_STATIC:
            self.each(
                member.node, lambda found: self._bind_to_class(at, found, view.receiver, target)
            )
            return
        self.each(member.node, lambda found: self._bind(at, found, bound_to, cls, name, target))
        self.when_known(cls, lambda: self._object_method(cls, name, view, target))

    def _bind_to_class(self, at: At, found: int, receiver: int, target: int) -> None:
        """``super().method`` in a classmethod or a metaclass."""
        value = self.values[found]
        if isinstance(value, Function):
            self.give(target, Bound(found, receiver))
        else:
            self._bind(at, found, -1, receiver, "", target)

    def _bind_to_metaclass(self, at: At, found: int, cls: int, target: int) -> None:
        """``super().method`` in a metaclass, whose instance is ``cls``."""
        value = self.values[found]
        if isinstance(value, External):
            self.give(target, Method(cls, value.name.rpartition(".")[2]))
        else:
            self._bind_to_class(at, found, cls, target)

    def _object_method(self, cls: int, name: str, view: SuperView, target: int) -> None:
        if name == "__new__" and not self.member(cls, name, after=view.cls).found:
            self.give(target, External("builtins.object.__new__"))

    def _load_from_function(self, item: int, name: str, target: int) -> None:
        self.engine.edge(self.attribute(item, name), target)
        if name == "__call__":
            self.engine.add(target, item)
        elif name in {"__get__", "register"}:
            self.give(target, Method(item, name))

    def _load_from_bound(self, at: At, value: Bound, name: str, target: int) -> None:
        if name == "__func__":
            self.engine.add(target, value.function)
        elif name == "__self__":
            self.engine.add(target, value.receiver)
        elif name == "__call__":
            self.give(target, value)
        else:
            self.load(at, value.function, name, target)

    # -- binding --------------------------------------------------------------------------------------------------

    def _bind(  # noqa: PLR0917 - all of them are needed
        self, at: At, found: int, receiver: int, cls: int, name: str, target: int
    ) -> None:
        """What looking up ``found`` in class ``cls`` gives to ``receiver`` (-1: to the class itself)."""
        value = self.values[found]
        if isinstance(value, Function):
            self._bind_function(found, receiver, cls, name, target)
        elif isinstance(value, Wrapped):
            if value.how == "classmethod":
                self.bind_receiver(value.function, cls, target)
            else:
                self.engine.add(target, value.function)
        elif isinstance(value, Property):
            if receiver == -1:
                self.engine.add(target, found)
            else:
                self.call(at, value.getter, (Passed(self.holding(receiver)),), target)
        elif isinstance(value, External):
            self._bind_external(value, receiver, target)
        elif isinstance(value, Field):
            self.flow(value.default, target)
        elif isinstance(value, Instance) and self.defines(value.cls, "__get__"):
            owner = self.holding(receiver) if receiver != -1 else UNKNOWN
            passed = (Passed(owner), Passed(self.holding(cls)))
            self.call_method(at, found, "__get__", passed, target)
        else:
            self.engine.add(target, found)

    def bind_receiver(self, function: int, receiver: int, target: int) -> None:
        """A method object, where ``function`` is one that takes a receiver."""
        value = self.values[function]
        if isinstance(value, (Function, Partial)):
            self.give(target, Bound(function, receiver))
        else:
            self.engine.add(target, function)

    def _bind_function(self, found: int, receiver: int, cls: int, name: str, target: int) -> None:
        own = self.scopes[self._function_scope(found)].name.rpartition(".")[2]
        if name in _IMPLICIT_CLASS_METHODS and own == name:
            if name in _IMPLICIT_STATIC:
                self.engine.add(target, found)
            else:
                self.give(target, Bound(found, cls))
        elif receiver == -1:
            self.engine.add(target, found)
        else:
            self.give(target, Bound(found, receiver))

    def _function_scope(self, item: int) -> int:
        value = self.values[item]
        assert isinstance(value, Function)
        return value.scope

    def _bind_external(self, value: External, receiver: int, target: int) -> None:
        base, _, name = value.name.rpartition(".")
        if receiver != -1 and base in _CONTAINERS:
            self.give(target, Method(receiver, name))
        else:
            self.give(target, value)

    # -- stores ---------------------------------------------------------------------------------------------------

    def store(self, at: At, item: int, name: str, source: int) -> None:
        """``item.name = source``."""
        value = self.values[item]
        if isinstance(value, Instance):
            self._store_in_instance(at, item, value.cls, name, source)
        elif isinstance(value, Class):
            self.flow(source, self.store_in_class(item, name))
        elif isinstance(value, (Module, Function)):
            self.flow(source, self.attribute(item, name))
            if name == "__wrapped__" and isinstance(value, Function):
                self.each(source, lambda found: self.wrap(item, found))

    @abstractmethod
    def wrap(self, wrapper: int, wrapped: int) -> None:
        """``wrapper.__wrapped__ = wrapped``."""

    def _store_in_instance(self, at: At, item: int, cls: int, name: str, source: int) -> None:
        member = self.member(cls, name)
        self.flow(source, self.attribute(item, name))
        self.each(member.node, lambda found: self._set(at, found, item, source))
        self.when_known(cls, lambda: self._set_attribute(at, item, cls, name, source))

    def _set(self, at: At, found: int, item: int, source: int) -> None:
        value = self.values[found]
        if isinstance(value, Property) and value.setter != -1:
            passed = (Passed(self.holding(item)), Passed(source))
            self.call(at, value.setter, passed, UNKNOWN)
        elif isinstance(value, Instance) and self.defines(value.cls, "__set__"):
            self.call_method(
                at, found, "__set__", (Passed(self.holding(item)), Passed(source)), UNKNOWN
            )

    def _set_attribute(self, at: At, item: int, cls: int, name: str, source: int) -> None:
        if self.defines(cls, "__setattr__"):
            self.call_method(at, item, "__setattr__", (self._text(name), Passed(source)), UNKNOWN)

    def delete(self, at: At, item: int, name: str) -> None:
        """``del item.name``."""
        value = self.values[item]
        if isinstance(value, Instance):
            member = self.member(value.cls, name)
            self.each(member.node, lambda found: self._delete(at, found, item))
            if self.defines(value.cls, "__delattr__"):
                self.call_method(at, item, "__delattr__", (self._text(name),), UNKNOWN)

    def _delete(self, at: At, found: int, item: int) -> None:
        value = self.values[found]
        passed: Sequence[Passed] = (Passed(self.holding(item)),)
        if isinstance(value, Property) and value.deleter != -1:
            self.call(at, value.deleter, passed, UNKNOWN)
        elif isinstance(value, Instance) and self.defines(value.cls, "__delete__"):
            self.call_method(at, found, "__delete__", passed, UNKNOWN)

    # -- methods that the interpreter calls -----------------------------------------------------------------------

    def call_method(
        self,
        at: At,
        receiver: int,
        name: str,
        passed: Sequence[Passed],
        target: int,
        *,
        decorator: bool = False,
    ) -> bool:
        """Call ``receiver.name`` if the class of the object has it; tells whether it has."""
        value = self.values[receiver]
        cls = -1
        if isinstance(value, Instance):
            cls = value.cls
        elif isinstance(value, Class):
            cls = self.metaclass_of(receiver)
        if cls == -1 or not self.defines(cls, name):
            return False
        member = self.member(cls, name)
        method = self.engine.node()
        self.each(member.node, lambda found: self._bind(at, found, receiver, cls, name, method))
        self.each(
            method,
            lambda function: self.call(at, function, passed, target, decorator=decorator),
        )
        return True

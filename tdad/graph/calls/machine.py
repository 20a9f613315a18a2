"""Operations → constraints."""

# The table at the end refers to the private methods of the class in the same file.
# ruff: noqa: SLF001

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tdad import facts_flow as ops
from tdad.facts_flow import UNKNOWN, Kind, Passing
from tdad.graph.calls.outside import Outside
from tdad.graph.calls.state import At, Passed
from tdad.graph.calls.values import (
    Class,
    Constant,
    Container,
    External,
    Function,
    Instance,
    Module,
    SuperView,
    Text,
    Wrapped,
)

_MOST_CALLEES = 8
"""A call that may be to more functions than this says nothing about what each of them is given and gives back: in
programs too large for contexts only the edge is kept, and the function counts as called from outside."""


class Machine(Outside):
    """The whole analysis. ``run()`` fills ``edges``."""

    def install(self, frame: int) -> None:
        """Turn the operations of the scope of ``frame`` into constraints."""
        base = self.frames[frame].base
        scope = self.frames[frame].scope
        first = self.first_site[self.file_of[scope]]
        for operation in self.scopes[scope].operations:
            _INSTALLERS[type(operation)](self, operation, frame, base, first)

    # -- one operation each ---------------------------------------------------------------------------------------

    def _copy(self, op: ops.Copy, _frame: int, base: int, _first: int) -> None:
        self.engine.edge(base + op.source, base + op.target)

    def _literal(self, op: ops.Literal, _frame: int, base: int, _first: int) -> None:
        self.give(base + op.target, Constant(op.value))

    def _affixes(self, op: ops.Affixes, _frame: int, base: int, _first: int) -> None:
        self.give(base + op.target, Text(op.prefix, op.suffix))

    def _function(self, op: ops.MakeFunction, frame: int, base: int, _first: int) -> None:
        self.give(base + op.target, Function(self._scope(frame, op.scope), frame))

    def _scope(self, frame: int, index: int) -> int:
        file = self.file_of[self.frames[frame].scope]
        return self.first_scope[self.files[file].module] + index

    def _class(self, op: ops.MakeClass, frame: int, base: int, first: int) -> None:
        scope = self._scope(frame, op.scope)
        cls = self.number(Class(scope, frame))
        at = At(frame, first + op.site)
        metaclass = UNKNOWN
        for argument in op.keywords:
            if argument.keyword == "metaclass":
                metaclass = self._at(base, argument.slot)
        self.add_class(cls, tuple(self._at(base, slot) for slot in op.bases), metaclass)
        self.open_frame(scope, frame, cls, self.frames[frame].context)
        self.engine.add(base + op.target, cls)
        self.when_known(cls, lambda: self._class_made(at, cls, op, base))

    def _class_made(self, at: At, cls: int, op: ops.MakeClass, base: int) -> None:
        """``__init_subclass__`` of the bases, ``__set_name__`` and the metaclass's constructors."""
        passed = tuple(
            Passed(self._at(base, argument.slot), Passing.PLAIN, argument.keyword)
            for argument in op.keywords
            if argument.keyword and argument.keyword != "metaclass"
        )
        hook = self.engine.node()
        for parent in self.linearized(cls)[1:]:
            if self.binds(parent, "__init_subclass__"):
                member = self.member(cls, "__init_subclass__", after=cls)
                self.each(member.node, lambda found: self._bind_hook(found, cls, hook))
                self.each(hook, lambda function: self.call(at, function, passed, UNKNOWN))
                break
        metaclass = self.metaclass_of(cls)
        if metaclass != -1:
            self._metaclass_hooks(at, cls, metaclass)
        value = self.values[cls]
        assert isinstance(value, Class)
        for name in sorted(self.scopes[value.scope].binds):
            node = self.attribute(cls, name)
            self.each(node, lambda item: self._set_name(at, item, cls))

    def _bind_hook(self, found: int, cls: int, hook: int) -> None:
        value = self.values[found]
        self.bind_receiver(value.function if isinstance(value, Wrapped) else found, cls, hook)

    def _metaclass_hooks(self, at: At, cls: int, metaclass: int) -> None:
        for name, receiver in (("__new__", metaclass), ("__init__", cls)):
            if self.defines(metaclass, name):
                member = self.member(metaclass, name)
                passed = (Passed(self.holding(receiver)), Passed(UNKNOWN))
                self.each(
                    member.node,
                    partial(self._call_hook, at, passed),
                )

    def _call_hook(self, at: At, passed: tuple[Passed, ...], found: int) -> None:
        if isinstance(self.values[found], (Function, Wrapped)):
            self.call(at, found, passed, UNKNOWN)

    def _set_name(self, at: At, item: int, cls: int) -> None:
        value = self.values[item]
        if isinstance(value, Instance):
            passed = (Passed(self.holding(cls)), Passed(UNKNOWN))
            self.when_known(
                value.cls,
                lambda: _drop(self.call_method(at, item, "__set_name__", passed, UNKNOWN)),
            )

    @staticmethod
    def _at(base: int, slot: int) -> int:
        return UNKNOWN if slot == UNKNOWN else base + slot

    def _container(self, op: ops.MakeContainer, frame: int, base: int, first: int) -> None:
        at = At(frame, first)
        made = self.number(Container(op.kind, -2 - op.target, frame, op.length))
        for key, slot in op.items:
            self.engine.edge(base + slot, self.item(made, key))
        for slot in op.spreads:
            self.each(base + slot, lambda item: self._spread_into(at, made, item, op.kind))
        self.engine.add(base + op.target, made)

    def _spread_into(self, at: At, made: int, item: int, kind: Kind) -> None:
        if kind is Kind.DICT:
            self.update(at, made, item)
        else:
            self.iterate(at, item, self.item(made, None))

    def _load_name(self, op: ops.LoadName, frame: int, base: int, _first: int) -> None:
        owner = self.cells(self.outer(frame, op.up))
        self.engine.edge(self.attribute(owner, op.name), base + op.target)
        if op.builtin:
            self.give(base + op.target, External(f"builtins.{op.name}"))

    def _store_name(self, op: ops.StoreName, frame: int, base: int, _first: int) -> None:
        owner = self.cells(self.outer(frame, op.up))
        self.engine.edge(base + op.source, self.attribute(owner, op.name))

    def _load_attribute(self, op: ops.LoadAttribute, frame: int, base: int, first: int) -> None:
        at, target = At(frame, first + op.site), base + op.target
        self.engine.watch(base + op.base, lambda item: self.load(at, item, op.name, target))

    def _store_attribute(self, op: ops.StoreAttribute, frame: int, base: int, first: int) -> None:
        at, source = At(frame, first + op.site), self._at(base, op.source)
        self.engine.watch(base + op.base, lambda item: self.store(at, item, op.name, source))

    def _load_item(self, op: ops.LoadItem, frame: int, base: int, first: int) -> None:
        at, key, target = At(frame, first + op.site), self._at(base, op.key), base + op.target
        self.engine.watch(base + op.base, lambda item: self.load_item(at, item, key, target))

    def _load_slice(self, op: ops.LoadSlice, frame: int, base: int, first: int) -> None:
        at, target = At(frame, first + op.site), base + op.target
        self.engine.watch(
            base + op.base, lambda item: self.slice_of(at, item, (op.start, op.stop), target)
        )

    def _store_item(self, op: ops.StoreItem, frame: int, base: int, first: int) -> None:
        at = At(frame, first + op.site)
        key, source = self._at(base, op.key), self._at(base, op.source)
        self.engine.watch(base + op.base, lambda item: self.store_item(at, item, key, source))

    def _unpack(self, op: ops.Unpack, frame: int, base: int, first: int) -> None:
        at, target = At(frame, first + op.site), base + op.target
        self.engine.watch(
            base + op.base, lambda item: self.unpack(at, item, op.index, target, rest=op.rest)
        )

    def _iterate(self, op: ops.Iterate, frame: int, base: int, first: int) -> None:
        at, target = At(frame, first + op.site), base + op.target
        self.engine.watch(base + op.base, lambda item: self.iterate(at, item, target))

    def _call(self, op: ops.Call, frame: int, base: int, first: int) -> None:
        at, target = At(frame, first + op.site), base + op.target
        passed = tuple(
            Passed(
                self._at(base, argument.slot),
                argument.passing,
                argument.keyword,
                certain=op.decorator,
            )
            for argument in op.arguments
        )
        function = base + op.function
        callees = 0

        def called(item: int) -> None:
            nonlocal callees
            callees += 1
            if callees > _MOST_CALLEES and not self.precise():
                self.note_call(at, item)
            else:
                self.call(at, item, passed, target, decorator=op.decorator)

        self.engine.watch(function, called)
        if op.decorator:
            self.engine.if_empty(function, lambda: self.flow(passed[0].node, target))

    def _super(self, op: ops.Super, frame: int, base: int, _first: int) -> None:
        cls, target = self.cells(self.outer(frame, op.up)), base + op.target
        self.engine.watch(base + op.receiver, lambda item: self.give(target, SuperView(cls, item)))

    def _import(self, op: ops.Import, frame: int, base: int, _first: int) -> None:
        parts = op.module.split(".")
        for count in range(1, len(parts)):
            parent = self.resolve(".".join(parts[:count]), frame)
            child = self.resolve(".".join(parts[: count + 1]), frame)
            if parent in self.modules and child in self.modules:
                owner = self.number(Module(parent))
                self.give(self.attribute(owner, parts[count]), Module(child))
        self.import_module(op.bound, frame, base + op.target)

    def _import_from(self, op: ops.ImportFrom, frame: int, base: int, _first: int) -> None:
        target = base + op.target
        module = self.resolve(op.module, frame)
        if module in self.modules:
            self.load_from_module(At(frame, -1), Module(module), op.name, target)
        elif self.resolve(f"{op.module}.{op.name}", frame) in self.modules:
            self.import_module(f"{op.module}.{op.name}", frame, target)
        else:
            self.give(target, External(f"{op.module}.{op.name}"))

    def _rebound_after(self, op: ops.ImportStar, frame: int) -> set[str]:
        """Names that further star imports, which follow directly, bind again."""
        following = self.scope_of(frame).operations
        names: set[str] = set()
        for later in following[following.index(op) + 1 :]:
            if isinstance(later, ops.ImportStar):
                module = self.resolve(later.module, frame)
                if later.certain and module in self.modules:
                    names |= self._public(module, frozenset())
            elif not isinstance(later, (ops.Import, ops.ImportFrom, ops.StoreName)):
                break
        return names

    def _import_star(self, op: ops.ImportStar, frame: int, _base: int, _first: int) -> None:
        module = self.resolve(op.module, frame)
        if module not in self.modules:
            return
        source = self.number(Module(module))
        into = self.cells(frame)
        names = self._public(module, frozenset()) - self._rebound_after(op, frame)
        for name in sorted(names):
            self.engine.edge(self.attribute(source, name), self.attribute(into, name))

    def _public(self, module: str, seen: frozenset[str]) -> set[str]:
        """What ``from module import *`` binds."""
        facts = self.modules[module]
        if facts.exports is not None:
            return set(facts.exports)
        names = {name for name in facts.scopes[0].binds if not name.startswith("_")}
        for operation in facts.scopes[0].operations:
            if isinstance(operation, ops.ImportStar):
                inner = self.resolve_from(operation.module, module)
                if inner in self.modules and inner not in seen:
                    names |= self._public(inner, seen | {module})
        return names

    def _delegate(self, op: ops.Delegate, frame: int, base: int, first: int) -> None:
        at, target = At(frame, first + op.site), base + op.target
        if op.awaited:
            self.engine.watch(base + op.source, lambda item: self.wait(at, item, target))
        else:
            yielded = base + ops.YIELDED
            self.engine.watch(
                base + op.source, lambda item: self.delegate(at, item, yielded, target)
            )

    def _enter_manager(self, op: ops.Enter, frame: int, base: int, first: int) -> None:
        at, target = At(frame, first + op.site), base + op.target
        self.engine.watch(base + op.manager, lambda item: self.enter(at, item, target))

    def _implicit(self, op: ops.Implicit, frame: int, base: int, first: int) -> None:
        at, target = At(frame, first + op.site), base + op.target
        passed = tuple(Passed(self._at(base, slot)) for slot in op.arguments)
        self.engine.watch(
            base + op.base, lambda item: self.implicit(at, item, op.methods, passed, target)
        )

    def _binary(self, op: ops.Binary, frame: int, base: int, first: int) -> None:
        at, target = At(frame, first + op.site), base + op.target
        left, right = self._at(base, op.left), self._at(base, op.right)
        self.each(left, lambda item: self.binary(at, item, right, op.methods, target))
        self.each(
            right, lambda item: self.reflect(at, left, item, op.methods, op.reflected, target)
        )

    def _raise(self, op: ops.Raise, frame: int, base: int, first: int) -> None:
        at = At(frame, first + op.site)

        def raised(item: int) -> None:
            if isinstance(self.values[item], Class):
                self.call(at, item, (), UNKNOWN)

        self.engine.watch(base + op.source, raised)

    def _annotate(self, op: ops.Annotate, frame: int, base: int, _first: int) -> None:
        if op.name:
            self.annotated_fields.append((self.cells(frame), op.name, base + op.annotation))
        else:
            self.annotated.append((base + op.target, base + op.annotation))

    def _catch(self, op: ops.Catch, _frame: int, base: int, _first: int) -> None:
        target = base + op.target

        def caught(item: int) -> None:
            value = self.values[item]
            if isinstance(value, Class):
                self.engine.add(target, self.instance(item))
                for heir in self.subclasses(item)[1:]:
                    self.engine.add(target, self.instance(heir))
            elif isinstance(value, Container):
                self.engine.watch(self.items(item).every, caught)

        self.engine.watch(base + op.source, caught)


def _drop(_result: object) -> None:
    return


_INSTALLERS: dict[type, Callable[[Machine, Any, int, int, int], None]] = {
    ops.Copy: Machine._copy,
    ops.Literal: Machine._literal,
    ops.Affixes: Machine._affixes,
    ops.MakeFunction: Machine._function,
    ops.MakeClass: Machine._class,
    ops.MakeContainer: Machine._container,
    ops.LoadName: Machine._load_name,
    ops.StoreName: Machine._store_name,
    ops.LoadAttribute: Machine._load_attribute,
    ops.StoreAttribute: Machine._store_attribute,
    ops.LoadItem: Machine._load_item,
    ops.LoadSlice: Machine._load_slice,
    ops.StoreItem: Machine._store_item,
    ops.Unpack: Machine._unpack,
    ops.Iterate: Machine._iterate,
    ops.Call: Machine._call,
    ops.Super: Machine._super,
    ops.Import: Machine._import,
    ops.ImportFrom: Machine._import_from,
    ops.ImportStar: Machine._import_star,
    ops.Delegate: Machine._delegate,
    ops.Enter: Machine._enter_manager,
    ops.Implicit: Machine._implicit,
    ops.Binary: Machine._binary,
    ops.Raise: Machine._raise,
    ops.Catch: Machine._catch,
    ops.Annotate: Machine._annotate,
}

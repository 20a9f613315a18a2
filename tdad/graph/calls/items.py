"""Elements: subscripts, iteration, unpacking, slices, operators on containers, context managers, ``await``."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence

from tdad.facts_flow import RETURNED, UNKNOWN, YIELDED, Kind
from tdad.graph.calls.attributes import Attributes
from tdad.graph.calls.state import At, Passed
from tdad.graph.calls.values import (
    Class,
    Constant,
    Container,
    Coroutine,
    External,
    Generator,
    Instance,
    Key,
    Namespace,
)


class Elements(Attributes, ABC):
    """Rules for what is in containers and comes out of iterators."""

    # -- subscripts -----------------------------------------------------------------------------------------------

    def load_item(self, at: At, base: int, key: int, target: int) -> None:
        """``target = base[key]``; ``key`` is a node."""
        value = self.values[base]
        if isinstance(value, Container):
            self._select(base, key, target)
        elif isinstance(value, Instance):
            self.when_known(value.cls, lambda: self._load_item_of(at, base, key, target))
        elif isinstance(value, Namespace):
            self.each(key, lambda item: self.load_named(at, value.of, item, target))
        elif isinstance(value, (Class, External)):
            if not self.call_method(at, base, "__getitem__", (Passed(key),), target):
                self.engine.add(target, base)
        elif isinstance(value, Generator):
            return

    def _load_item_of(self, at: At, base: int, key: int, target: int) -> None:
        if not self.call_method(at, base, "__getitem__", (Passed(key),), target):
            self._select(base, key, target)
            value = self.values[base]
            if isinstance(value, Instance) and self.defines(value.cls, "__missing__"):
                self.call_method(at, base, "__missing__", (Passed(key),), target)

    def _select(self, base: int, key: int, target: int) -> None:
        items = self.items(base)
        if key == UNKNOWN:
            self.engine.edge(items.every, target)
            return
        self.engine.edge(self.item(base, None), target)
        self.engine.watch(key, lambda item: self._select_one(base, item, target))
        self.engine.if_empty(key, lambda: self.engine.edge(items.every, target))

    def _select_one(self, base: int, item: int, target: int) -> None:
        key = self.key_of(item)
        value = self.values[base]
        if isinstance(key, int) and key < 0 and isinstance(value, Container) and value.length >= 0:
            key += value.length
        if key is None or (isinstance(key, int) and key < 0):
            self.engine.edge(self.items(base).every, target)
        else:
            self.engine.edge(self.item(base, key), target)

    def store_item(self, at: At, base: int, key: int, source: int) -> None:
        """``base[key] = source``."""
        value = self.values[base]
        if isinstance(value, Container):
            self._put(base, key, source)
        elif isinstance(value, Instance):
            passed = (Passed(key), Passed(source))
            if not self.call_method(at, base, "__setitem__", passed, UNKNOWN):
                self._put(base, key, source)
        elif isinstance(value, Namespace):
            self.each(key, lambda item: self._store_named(at, value.of, item, source))

    def _store_named(self, at: At, owner: int, item: int, source: int) -> None:
        value = self.values[item]
        if isinstance(value, Constant) and isinstance(value.value, str):
            self.store(at, owner, value.value, source)

    def _put(self, base: int, key: int, source: int) -> None:
        if key == UNKNOWN:
            self.flow(source, self.item(base, None))
            return
        self.engine.watch(key, lambda item: self.flow(source, self._place(base, item)))
        self.engine.if_empty(key, lambda: self.flow(source, self.item(base, None)))

    def _place(self, base: int, item: int) -> int:
        key = self.key_of(item)
        if isinstance(key, int) and key < 0:
            return self.item(base, None)
        return self.item(base, key)

    def copy_into(self, at: At, item: int, result: int, kind: Kind) -> None:
        """Add the elements of ``item`` to container ``result``, in their positions where these are known."""
        value = self.values[item]
        ordered = isinstance(value, Container) and value.kind in {Kind.LIST, Kind.TUPLE}
        if ordered and kind is not Kind.SET:
            self.add_items(item, result, shift=0)
        else:
            self.iterate(at, item, self.item(result, None))

    def update(self, at: At, target: int, item: int) -> None:
        """``target.update(item)``."""
        value = self.values[item]
        if isinstance(value, Container) and value.kind is Kind.DICT:
            self.add_items(item, target, shift=0)
            self.engine.edge(self.items(item).keys, self.items(target).keys)
        else:
            row = self.engine.node()
            self.iterate(at, item, row)
            self.each(row, lambda pair: self._add_pair(at, target, pair))

    def _add_pair(self, at: At, target: int, pair: int) -> None:
        key, element = self.engine.node(), self.engine.node()
        self.unpack(at, pair, 0, key, rest=False)
        self.unpack(at, pair, 1, element, rest=False)
        self.store_item(at, target, key, element)

    # -- slices, concatenation ------------------------------------------------------------------------------------

    def slice_of(
        self, at: At, base: int, bounds: tuple[int | None, int | None], target: int
    ) -> None:
        """``target = base[start:stop]``; a start of ``None``: nothing is known."""
        value = self.values[base]
        if isinstance(value, Container):
            piece, exact = self.derived(value.kind, at, base)
            known = _counted(bounds, value.length)
            if known is None or not exact:
                self.add_items(base, piece, shift=None)
            else:
                self.add_items(base, piece, shift=-known[0], stop=known[1])
            self.engine.add(target, piece)
        else:
            self.load_item(at, base, UNKNOWN, target)

    def add_items(
        self, source: int, target: int, *, shift: int | None, stop: int | None = None
    ) -> None:
        """Add the elements of ``source`` to ``target``; ``shift`` ``None``: positions are not kept.

        Elements whose position in ``source`` is known to be ``stop`` or beyond are left out.
        """
        if source == target:
            shift = None
        if shift is None:
            self.engine.edge(self.items(source).every, self.item(target, None))
            self.engine.edge(self.items(source).keys, self.items(target).keys)
            return

        def copy(key: Key, node: int) -> None:
            if isinstance(key, int):
                if key + shift < 0 or (stop is not None and key >= stop):
                    return
                key += shift
            self.engine.edge(node, self.item(target, key))

        self.on_item(source, copy)

    def concatenate(self, at: At, left: int, right: int, target: int) -> None:
        """``left + right`` or ``left | right`` of two containers."""
        first = self.values[left]
        second = self.values[right]
        assert isinstance(first, Container)
        if not isinstance(second, Container):
            return
        both, exact = self.derived(first.kind, at, left)
        keyed = first.kind is Kind.DICT
        if both != left:
            self.add_items(left, both, shift=0 if exact or keyed else None)
        known = first.length if first.length >= 0 and exact else None
        if keyed:
            known = 0
        self.add_items(right, both, shift=known)
        self.engine.add(target, both)

    # -- iteration ------------------------------------------------------------------------------------------------

    def iterate(self, at: At, item: int, target: int) -> None:
        """``for target in item``."""
        value = self.values[item]
        if isinstance(value, Container):
            items = self.items(item)
            self.engine.edge(items.keys if value.kind is Kind.DICT else items.every, target)
        elif isinstance(value, Generator):
            self.flow(self.frames[value.frame].base + YIELDED, target)
        elif isinstance(value, Instance):
            self.when_known(value.cls, lambda: self._iterate_instance(at, item, value.cls, target))
        elif isinstance(value, Class):
            self._iterate_class(at, item, target)

    def _iterate_instance(self, at: At, item: int, cls: int, target: int) -> None:
        for method in ("__iter__", "__aiter__"):
            if self.defines(cls, method):
                iterator = self.engine.node()
                self.call_method(at, item, method, (), iterator)
                self.each(iterator, lambda found: self.advance(at, found, target))
                return
        if self.call_method(at, item, "__getitem__", (Passed(UNKNOWN),), target):
            return
        if not self.advance(at, item, target):
            self.engine.edge(self.items(item).every, target)

    def _iterate_class(self, at: At, item: int, target: int) -> None:
        iterator = self.engine.node()
        if self.call_method(at, item, "__iter__", (), iterator):
            self.each(iterator, lambda found: self.advance(at, found, target))
        elif any("enum." in base for base in self.external_bases(item)):
            self.engine.add(target, self.instance(item))

    def advance(self, at: At, iterator: int, target: int) -> bool:
        """``target = next(iterator)``; tells whether something is known about it."""
        value = self.values[iterator]
        if not isinstance(value, Instance):
            self.iterate(at, iterator, target)
            return True
        if self.call_method(at, iterator, "__next__", (), target):
            return True
        result = self.engine.node()
        if self.call_method(at, iterator, "__anext__", (), result):
            self.each(result, lambda found: self.wait(at, found, target))
            return True
        return False

    def unpack(self, at: At, base: int, index: int, target: int, *, rest: bool) -> None:
        """Element ``index`` of ``base``, or the list of those from there on."""
        value = self.values[base]
        known = isinstance(value, Container) and value.kind in {Kind.LIST, Kind.TUPLE}
        if rest:
            piece, exact = self.derived(Kind.LIST, at, base)
            if known:
                self.add_items(base, piece, shift=-index if exact else None)
            else:
                self.iterate(at, base, self.item(piece, None))
            self.engine.add(target, piece)
        elif known:
            self._select_one(base, self.number(Constant(index)), target)
            self.engine.edge(self.item(base, None), target)
        else:
            self.iterate(at, base, target)

    # -- generators, coroutines, context managers -----------------------------------------------------------------

    def delegate(self, at: At, item: int, yielded: int, target: int) -> None:
        """``target = yield from item``."""
        self.iterate(at, item, yielded)
        value = self.values[item]
        if isinstance(value, Generator):
            self.flow(self.frames[value.frame].base + RETURNED, target)

    def wait(self, at: At, item: int, target: int) -> None:
        """``target = await item``."""
        value = self.values[item]
        if isinstance(value, Coroutine):
            self.flow(self.frames[value.frame].base + RETURNED, target)
        elif isinstance(value, Instance) and self.defines(value.cls, "__await__"):
            result = self.engine.node()
            self.call_method(at, item, "__await__", (), result)
            self.each(result, lambda found: self.delegate(at, found, UNKNOWN, target))
        else:
            self.engine.add(target, item)

    def enter(self, at: At, item: int, target: int) -> None:
        """``with item as target``."""
        value = self.values[item]
        if isinstance(value, Generator):
            self.flow(self.frames[value.frame].base + YIELDED, target)
        elif isinstance(value, Instance):
            self.when_known(value.cls, lambda: self._enter(at, item, target))
        elif not isinstance(value, External):
            self.engine.add(target, item)

    def _enter(self, at: At, item: int, target: int) -> None:
        if self.call_method(at, item, "__enter__", (), target):
            return
        result = self.engine.node()
        if self.call_method(at, item, "__aenter__", (), result):
            self.each(result, lambda found: self.wait(at, found, target))
        else:
            self.engine.add(target, item)

    # -- operators ------------------------------------------------------------------------------------------------

    def implicit(
        self, at: At, item: int, methods: Sequence[str], passed: Sequence[Passed], target: int
    ) -> None:
        """The interpreter calls the first of ``methods`` that the type of ``item`` has."""
        value = self.values[item]
        if methods[0].startswith("del "):
            self.delete(at, item, methods[0].removeprefix("del "))
        elif isinstance(value, Instance):
            self.when_known(value.cls, lambda: self._first(at, item, methods, passed, target))
        elif isinstance(value, Class) and self.metaclass_of(item) != -1:
            self._first(at, item, methods, passed, target)

    def _first(
        self, at: At, item: int, methods: Sequence[str], passed: Sequence[Passed], target: int
    ) -> bool:
        for method in methods:
            if method == "__iter__":
                self.iterate(at, item, self.engine.node())
                return True
            if self.call_method(at, item, method, passed, target):
                return True
        return False

    def binary(self, at: At, left: int, right: int, methods: Sequence[str], target: int) -> None:
        """The left operand's part of ``left <operator> right``; ``right`` is a node."""
        value = self.values[left]
        if isinstance(value, Container):
            if methods[-1] in {"__add__", "__or__"}:
                self.each(right, lambda item: self.concatenate(at, left, item, target))
            elif methods[-1] == "__mul__":
                piece, _ = self.derived(value.kind, at, left)
                self.add_items(left, piece, shift=None)
                self.engine.add(target, piece)
            elif methods[-1] in {"__sub__", "__and__", "__xor__"}:
                self.engine.add(target, left)
        elif isinstance(value, (Instance, Class)):
            self.implicit(at, left, methods, (Passed(right),), target)

    def reflect(  # noqa: PLR0917 - all of them are needed
        self, at: At, left: int, right: int, methods: Sequence[str], reflected: str, target: int
    ) -> None:
        """The right operand's part: its method is called where no left operand has one. ``left`` is a node."""
        value = self.values[right]
        if not isinstance(value, Instance) or not self.defines(value.cls, reflected):
            return
        passed = (Passed(left),)

        def unless_handled(item: int) -> None:
            other = self.values[item]
            handled = isinstance(other, Instance) and any(
                self.defines(other.cls, method) for method in methods
            )
            if not handled:
                self.call_method(at, right, reflected, passed, target)

        if left == UNKNOWN:
            self.call_method(at, right, reflected, passed, target)
            return
        self.each(left, unless_handled)
        self.engine.if_empty(
            left, lambda: void(self.call_method(at, right, reflected, passed, target))
        )


def _counted(bounds: tuple[int | None, int | None], length: int) -> tuple[int, int | None] | None:
    """Start and stop counted from the start; nothing if they cannot be."""
    start, stop = bounds
    if start is None or (length < 0 and (start < 0 or (stop is not None and stop < 0))):
        return None
    if start < 0:
        start = max(start + length, 0)
    if stop is not None and stop < 0:
        stop += length
    return start, stop


def void(_result: object) -> None:
    """Drop a result."""

"""What the analysis knows so far: objects, frames, and the nodes of names, attributes and elements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from tdad.facts_flow import UNKNOWN, FlowFacts, Kind, Passing, Scope
from tdad.graph.calls.engine import Engine
from tdad.graph.calls.values import (
    Cells,
    Class,
    Constant,
    Container,
    External,
    Instance,
    Key,
    Method,
    Text,
    Value,
)

_WIDEST = 400
_WIDEST_WITHOUT_CONTEXTS = 40
_LARGE = 200_000
_WIDEST_IN_LARGE = 20
"""In programs of more operations than ``_LARGE``. Measured on networkx with its tests (340,000), against 40: 13 seconds
instead of 22, 58,000 edges instead of 89,000, and of 2,129 calls that really happened 11 fewer are found."""
MOST_HANDED_ON = 8_000_000
"""Bounds the analysis of any program to about half a minute."""
_MOST_LIGHT = 6
"""So many containers, constants and things from outside a place may hold in a program too large for contexts."""
_MOST_KEYS = 400
_MOST_KEYS_WITHOUT_CONTEXTS = 24
"""Further keys of one container are not told apart."""
_HIGHEST_INDEX = 64
"""Elements of sequences beyond this index are not told apart."""
_LONGEST_DERIVATION = 4
"""Slices of slices are told apart up to this many steps."""
Modules = Mapping[str, FlowFacts]


@dataclass(frozen=True, slots=True)
class Passed:
    """One argument on its way: the node that holds it."""

    node: int
    passing: Passing = Passing.PLAIN
    keyword: str = ""
    certain: bool = False
    """It is not ``None``."""


@dataclass(frozen=True, slots=True)
class At:
    """Who does something, and where: for edges, contexts and allocation sites."""

    frame: int
    site: int


@dataclass(slots=True)
class Frame:
    """One scope being executed in one context."""

    scope: int
    base: int
    """Node of slot 0."""
    parent: int
    """Frame that ran the definition; -1 of a module."""
    context: tuple[int, ...]
    cells: int
    """The object whose attributes are the cells: module, class, or ``Cells``."""


@dataclass(slots=True)
class Items:
    """Elements of one container, by key."""

    every: int
    """Node of all elements."""
    keys: int
    """Node of the keys (dicts)."""
    by_key: dict[Key, int] = field(default_factory=dict)
    listeners: list[Callable[[Key, int], None]] = field(default_factory=list)


class State(ABC):
    """The tables. Subclasses add the rules, one concern each."""

    def __init__(
        self, files: Sequence[FlowFacts], depth: int, budget: int, most: int = MOST_HANDED_ON
    ) -> None:
        if depth:
            self.engine = Engine(_WIDEST, most, _WIDEST)
        else:
            size = sum(len(scope.operations) for facts in files for scope in facts.scopes)
            widest = _WIDEST_WITHOUT_CONTEXTS if size <= _LARGE else _WIDEST_IN_LARGE
            self.engine = Engine(widest, most, _MOST_LIGHT)
        self.depth = depth
        self.most_keys = _MOST_KEYS if depth else _MOST_KEYS_WITHOUT_CONTEXTS
        self.budget = budget
        self.scopes: list[Scope] = []
        self.names: list[str] = []
        self.offsets: list[int] = []
        self.first_scope: dict[str, int] = {}
        self.first_site: dict[int, int] = {}
        self.file_of: list[int] = []
        self.files = files
        self.modules: dict[str, FlowFacts] = {}
        self.frames: list[Frame] = []
        self.values: list[Value] = []
        self.edges: set[tuple[int, int]] = set()
        self._numbers: dict[Value, int] = {}
        self._attributes: dict[tuple[int, str], int] = {}
        self._items: dict[int, Items] = {}
        self._constants: dict[int, int] = {}
        self.constructed: set[int] = set()
        """Classes that code of the project makes instances of."""
        self.decorated: dict[int, int] = {}
        """Object that a decorator made, in a program too large for contexts → node of what it decorates."""
        sites = 0
        for number, facts in enumerate(files):
            self.modules[facts.module] = facts
            self.first_scope[facts.module] = len(self.scopes)
            self.first_site[number] = sites
            sites += facts.sites
            for scope in facts.scopes:
                self.scopes.append(scope)
                self.file_of.append(number)
                parts = (facts.module, scope.name)
                self.names.append(".".join(part for part in parts if part))

    # -- objects --------------------------------------------------------------------------------------------------

    def number(self, value: Value) -> int:
        """The number of ``value``."""
        number = self._numbers.get(value)
        if number is None:
            number = self._numbers[value] = len(self.values)
            self.values.append(value)
            if isinstance(value, (Constant, Text, Container, External, Method)):
                self.engine.light.add(number)
        return number

    def holding(self, item: int) -> int:
        """A node that holds just ``item``."""
        node = self._constants.get(item)
        if node is None:
            node = self._constants[item] = self.engine.node()
            self.engine.add(node, item)
        return node

    def give(self, target: int, value: Value) -> None:
        """Let node ``target`` hold ``value``."""
        if target != UNKNOWN:
            self.engine.add(target, self.number(value))

    def flow(self, source: int, target: int) -> None:
        """An edge, unless one end is unknown."""
        if UNKNOWN not in {source, target}:
            self.engine.edge(source, target)

    def each(self, node: int, watcher: Callable[[int], object]) -> None:
        """Watch, unless the node is unknown."""
        if node != UNKNOWN:
            self.engine.watch(node, watcher)

    def scope_of(self, frame: int) -> Scope:
        """The scope that ``frame`` executes."""
        return self.scopes[self.frames[frame].scope]

    def called(self, at: At, scope: int) -> None:
        """Record that the code at ``at`` calls ``scope``."""
        self.edges.add((self.frames[at.frame].scope, scope))

    def instance(self, cls: int, at: At | None = None) -> int:
        """The object that ``cls`` makes there; contexts off: one for all places but those that decorate."""
        value = Instance(cls)
        if at is not None and (self.precise() or self.decorating(at.frame)):
            value = Instance(cls, at.site, at.frame)
        return self.number(value)

    def decorating(self, frame: int) -> bool:
        """Tell whether ``frame`` runs for one decorated function, in a program too large for other contexts."""
        context = self.frames[frame].context
        return self.depth == 0 and bool(context) and context[0] >= 0

    def precise(self) -> bool:
        """Tell whether contexts and allocation sites are still told apart."""
        return self.depth > 0 and self.budget > 0

    # -- attributes and cells -------------------------------------------------------------------------------------

    def attribute(self, owner: int, name: str) -> int:
        """Node of what is stored in ``owner.name`` itself (no lookup in classes)."""
        node = self._attributes.get((owner, name))
        if node is None:
            node = self._attributes[owner, name] = self.engine.node()
            value = self.values[owner]
            if isinstance(value, Instance) and value.site != -1:
                general = self.number(Instance(value.cls))
                self.engine.edge(node, self.attribute(general, name))
        return node

    def stored_names(self, owner: int) -> bool:
        """Tell whether anything was ever stored in an attribute of ``owner``."""
        return any(key[0] == owner for key in self._attributes)

    def has_attribute(self, owner: int, name: str) -> bool:
        """Tell whether ``owner.name`` was ever stored to or asked for."""
        return (owner, name) in self._attributes

    def cells(self, frame: int) -> int:
        """The object that holds the cells of ``frame``."""
        return self.frames[frame].cells

    def outer(self, frame: int, up: int) -> int:
        """The frame ``up`` levels out."""
        for _ in range(up):
            frame = self.frames[frame].parent
        return frame

    # -- elements -------------------------------------------------------------------------------------------------

    def items(self, owner: int) -> Items:
        """Elements of ``owner``."""
        items = self._items.get(owner)
        if items is None:
            items = self._items[owner] = Items(self.engine.node(), self.engine.node())
        return items

    def item(self, owner: int, key: Key) -> int:
        """Node of the element of ``owner`` with that key; of ``None`` those whose key is not known."""
        items = self.items(owner)
        if isinstance(key, int) and key > _HIGHEST_INDEX and self._is_sequence(owner):
            key = None
        node = items.by_key.get(key)
        if node is None and len(items.by_key) >= self.most_keys:
            key = None
            node = items.by_key.get(key)
        if node is None:
            node = items.by_key[key] = self.engine.node()
            self.engine.edge(node, items.every)
            if isinstance(key, tuple):
                self.engine.add(items.keys, key[0])
            elif key is not None:
                value = self.values[owner]
                if not isinstance(value, Container) or value.kind is Kind.DICT:
                    self.give(items.keys, Constant(key))
            for listener in items.listeners:
                self.engine.later(partial(listener, key, node))
        return node

    def _is_sequence(self, owner: int) -> bool:
        value = self.values[owner]
        return not isinstance(value, Container) or value.kind is not Kind.DICT

    def on_item(self, owner: int, listener: Callable[[Key, int], None]) -> None:
        """Tell ``listener`` of each key of ``owner``, present and future."""
        items = self.items(owner)
        items.listeners.append(listener)
        for key, node in list(items.by_key.items()):
            listener(key, node)

    def key_of(self, item: int) -> Key:
        """The key that object ``item`` selects; ``None``: it may be any."""
        value = self.values[item]
        if isinstance(value, Text):
            return None
        return value.value if isinstance(value, Constant) else (item,)

    def container(self, kind: Kind, at: At, length: int = -1, of: int = -1) -> int:
        """The container made there."""
        return self.number(Container(kind, at.site, at.frame, length, of))

    def derived(self, kind: Kind, at: At, of: int) -> tuple[int, bool]:
        """A container made there of the elements of container ``of``, and whether positions can be kept.

        A container that is made again and again of itself (``x = x[1:]``) is one object.
        """
        ancestor = of
        for _ in range(_LONGEST_DERIVATION):
            value = self.values[ancestor]
            if not isinstance(value, Container):
                break
            if (value.site, value.frame, value.kind) == (at.site, at.frame, kind):
                return ancestor, False
            if value.of == -1:
                return self.number(Container(kind, at.site, at.frame, -1, of)), True
            ancestor = value.of
        return self.number(Container(kind, at.site, at.frame)), False

    # -- what the rules provide -----------------------------------------------------------------------------------

    @abstractmethod
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

    @abstractmethod
    def load(self, at: At, item: int, name: str, target: int) -> None:
        """``target = item.name``."""

    @abstractmethod
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

    @abstractmethod
    def when_known(self, cls: int, action: Callable[[], object]) -> None:
        """Do ``action`` when the bases of ``cls`` are known."""

    @abstractmethod
    def defines(self, cls: int, name: str) -> bool:
        """Tell whether ``cls`` or one of its project bases binds ``name``."""

    @abstractmethod
    def linearized(self, cls: int) -> Sequence[int]:
        """The method resolution order of ``cls``, external classes included."""


def class_of(values: Sequence[Value], item: int) -> int | None:
    """The project class of an instance."""
    value = values[item]
    return value.cls if isinstance(value, Instance) else None


def is_class(values: Sequence[Value], item: int) -> bool:
    """Tell whether ``item`` is a class of the project."""
    return isinstance(values[item], Class)


__all__ = ["At", "Cells", "Frame", "Items", "Modules", "Passed", "State", "class_of", "is_class"]

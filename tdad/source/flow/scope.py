"""The scope under construction: its operations, and which slot holds the current version of each name."""

from __future__ import annotations

import builtins
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import libcst as cst

from tdad.facts_flow import (
    FIRST_PARAMETER,
    UNKNOWN,
    Copy,
    LoadName,
    MakeContainer,
    Operation,
    Parameter,
    Scope,
    ScopeKind,
    StoreItem,
    StoreName,
    Unpack,
)
from tdad.source.flow.names import Index, Names

_BUILTINS = frozenset(dir(builtins))

Place = tuple[str, str, str | int]
"""``x.attr`` or ``x[literal]``: root name, ``.`` or ``[``, attribute or key."""
State = dict[str | Place, int]
"""Name or place → slot of its current version."""


@dataclass
class FileFlow:
    """What is shared by the scopes of one file."""

    module: str
    package: str
    """What relative imports start from."""
    index: Index
    root: Names
    evaluate: Callable[[ScopeFlow, cst.CSTNode], int]
    """Expression → slot. The modules below ``expressions`` call it through here: expressions hold expressions."""
    execute: Callable[[ScopeFlow, cst.CSTNode], None]
    """Run a statement or suite."""
    stars: bool = False
    """There is a star import: names may come from anywhere."""
    certain: bool = False
    """What runs now is a statement of the module itself, in no branch."""
    hidden: bool = False
    """Names may be bound by their text."""
    sites: int = 0
    scopes: list[Scope | None] = field(default_factory=list)
    queue: deque[tuple[int, ScopeFlow, cst.CSTNode]] = field(default_factory=deque)
    exports: tuple[str, ...] | None = None

    def site(self) -> int:
        """A new site number."""
        self.sites += 1
        return self.sites - 1


class ScopeFlow:
    """Collects the operations of one scope."""

    def __init__(
        self, file: FileFlow, names: Names, parent: int, parameters: tuple[Parameter, ...] = ()
    ) -> None:
        self.file = file
        self.names = names
        self.parent = parent
        self.number = -1
        self.parameters = parameters
        self.operations: list[Operation] = []
        self.slots = FIRST_PARAMETER + len(parameters)
        self.state: State = {}
        self.dead = False
        self.elements: dict[str, int] = {}
        self.fields: list[str] = []
        self.returns = UNKNOWN
        self.given: dict[int, bool] = {}
        """Parameter → whether it is something else than ``None``, where a branch has asked for that."""
        self.conditional: dict[tuple[int, bool], int] = {}
        """Parameter and whether it is not ``None`` → slot of what is returned then."""
        self.lengths: dict[str, int] = {}
        """Name → length of the list it is bound to, where that is certain."""
        self.breaks: list[list[State]] = []
        self.continues: list[list[State]] = []
        self._frames: list[dict[str, int]] = []
        self._watched: set[str] = set()
        self._cells: dict[tuple[int, str], int] = {}
        self._fresh: set[str] = set()
        self._escaped: set[str] = set()
        for number, parameter in enumerate(parameters):
            self.bind(parameter.name, FIRST_PARAMETER + number)

    # -- slots ----------------------------------------------------------------------------------------------------

    def slot(self) -> int:
        """A new slot."""
        self.slots += 1
        return self.slots - 1

    def emit(self, operation: Operation) -> None:
        """Append an operation."""
        self.operations.append(operation)

    def made(self, slot: int) -> tuple[tuple[str | int | None, int], ...]:
        """(key, slot) of the elements of the display that ``slot`` was made of; none if it was not."""
        for operation in reversed(self.operations):
            if isinstance(operation, MakeContainer) and operation.target == slot:
                return operation.items
        return ()

    def evaluate(self, node: cst.CSTNode) -> int:
        """Slot of the value of ``node``."""
        return self.file.evaluate(self, node)

    def execute(self, node: cst.CSTNode) -> None:
        """Run one statement or suite."""
        self.file.execute(self, node)

    def copy(self, source: int, target: int) -> None:
        """Let ``target`` take what ``source`` may be."""
        if source not in (UNKNOWN, target):
            self.emit(Copy(source, target))

    def join(self, slots: Sequence[int]) -> int:
        """One slot for what any of ``slots`` may be."""
        known = [slot for slot in dict.fromkeys(slots) if slot != UNKNOWN]
        if len(known) <= 1:
            return known[0] if known else UNKNOWN
        target = self.slot()
        for slot in known:
            self.emit(Copy(slot, target))
        return target

    # -- names ----------------------------------------------------------------------------------------------------

    def load(self, name: str) -> int:
        """Slot of what ``name`` means here."""
        element = self.elements.get(name)
        if element is not None:
            return element
        names = self.names
        if name in names.bound:
            if name in names.weak:
                return self._cell(0, name)
            if name in self.state:
                return self.state[name]
            if names.kind is ScopeKind.FUNCTION:
                return UNKNOWN
        return self._outside(name)

    def _outside(self, name: str) -> int:
        module = self.file.root
        if name not in self.names.global_names:
            outer, up = self.names.parent, 1
            while outer is not None and outer.kind is not ScopeKind.MODULE:
                seen = outer.kind is ScopeKind.FUNCTION
                if seen and (name in outer.bound or name in outer.elements):
                    return self._cell(up, name)
                outer, up = outer.parent, up + 1
        own = name in module.bound or name in module.weak or name in module.elements
        if self.names is module and name in module.bound and not self.file.stars:
            own = False  # not yet bound at this point, so the builtin is meant
        if own or self.file.stars or self.file.hidden or name in _BUILTINS:
            certain = own and not self.file.stars and name not in module.weak
            return self._cell(self.names.depth, name, builtin=not certain)
        return UNKNOWN

    def _cell(self, up: int, name: str, *, builtin: bool = False) -> int:
        slot = self._cells.get((up, name))
        if slot is None:
            slot = self._cells[up, name] = self.slot()
            self.emit(LoadName(slot, up, name, builtin and name in _BUILTINS))
        return slot

    def bind(self, name: str, slot: int) -> None:
        """Give ``name`` a new version."""
        if name in self.names.global_names:
            self._store(self.names.depth, name, slot)
            return
        if name in self.names.nonlocal_names:
            outer, up = self.names.parent, 1
            while outer is not None and not (
                outer.kind is ScopeKind.FUNCTION and name in outer.bound
            ):
                outer, up = outer.parent, up + 1
            if outer is not None:
                self._store(up, name, slot)
            return
        self._forget(name)
        self.state[name] = slot
        for frame in self._frames:
            if name in frame:
                self.copy(slot, frame[name])
        if name in self._watched or name in self.names.weak:
            self._store(0, name, slot)

    def _store(self, up: int, name: str, slot: int) -> None:
        if slot != UNKNOWN:
            self.emit(StoreName(up, name, slot))

    def unbind(self, name: str) -> None:
        """``del name``."""
        self._forget(name)
        self.state.pop(name, None)

    def bind_element(self, name: str, slot: int) -> None:
        """Give the variable of a comprehension its value."""
        self.elements[name] = slot
        if name in self.names.captured:
            self._store(0, name, slot)

    def watch(self, nested: Names) -> None:
        """From now on ``nested`` exists and may look at our names: keep their cells up to date."""
        if self.names.kind is ScopeKind.CLASS:
            return
        for name in sorted(nested.mentions - self._watched):
            if name in self.names.bound:
                self._watched.add(name)
                self._store(0, name, self.state.get(name, UNKNOWN))

    def publish(self) -> None:
        """The scope ends: what its names are now is what others see (of modules and classes)."""
        for name, slot in self.state.items():
            if isinstance(name, str):
                self._store(0, name, slot)

    # -- items ----------------------------------------------------------------------------------------------------

    def store_item(self, base: int, key: int, source: int) -> None:
        """``base[key] = source``."""
        if base != UNKNOWN:
            self.emit(StoreItem(base, key, source, self.file.site()))

    def unpack(self, base: int, index: int, site: int, *, rest: bool) -> int:
        """Slot of element ``index`` of ``base``, or of the list of all from there on."""
        target = self.slot()
        self.emit(Unpack(target, base, index, site, rest))
        return target

    # -- places ---------------------------------------------------------------------------------------------------

    def fresh(self, name: str) -> None:
        """``name`` has just been bound to a container that nobody else knows."""
        if name not in self.names.captured:
            self._fresh.add(name)
            self._escaped.discard(name)

    def escape(self, name: str) -> None:
        """The value of ``name`` itself is used: others may know it from now on."""
        self._escaped.add(name)

    def private(self, name: str) -> bool:
        """Tell whether nobody else knows the container that ``name`` is bound to."""
        return name in self._fresh and name not in self._escaped

    def _forget(self, name: str) -> None:
        self._fresh.discard(name)
        self.lengths.pop(name, None)
        for key in [key for key in self.state if not isinstance(key, str) and key[0] == name]:
            del self.state[key]

    def place(self, place: Place) -> int | None:
        """Slot of what was last stored there, if that is certain."""
        return self.state.get(place)

    def put(self, root: str, how: str, key: str | int | None, slot: int) -> None:
        """``root.key = …`` or ``root[key] = …``; ``key`` ``None``: which one is not known; ``root`` may be empty."""
        private = self.private(root)
        for place in [key for key in self.state if not isinstance(key, str)]:
            same = place[0] == root
            if place[1] != how or (private and not same) or self.private(place[0]) != private:
                continue
            if key is None or place[2] == key or (how == "[" and not (same and private)):
                del self.state[place]
        if root and key is not None and slot != UNKNOWN and root in self.state:
            self.state[root, how, key] = slot

    def after_call(self, receiver: str = "") -> None:
        """Unknown code has run: only private containers are as they were."""
        self.lengths.pop(receiver, None)
        for place in [key for key in self.state if not isinstance(key, str)]:
            if place[0] == receiver or place[1] == "." or not self.private(place[0]):
                del self.state[place]

    # -- control flow ---------------------------------------------------------------------------------------------

    def snapshot(self) -> State | None:
        """The current versions, or nothing when this point is not reached."""
        return None if self.dead else dict(self.state)

    def resume(self, *states: State | None) -> None:
        """Go on from where ``states`` meet; those that are ``None`` do not get here."""
        live = [state for state in states if state is not None]
        self.dead = not live
        self.lengths.clear()
        if len(live) == 1:
            self.state = dict(live[0])
        elif live:
            self.state = self._merged(live)

    def _merged(self, live: list[State]) -> State:
        first, *others = live
        merged: State = {}
        for key in dict.fromkeys(key for state in live for key in state):
            slot = first.get(key)
            if slot is not None and all(state.get(key) == slot for state in others):
                merged[key] = slot
            elif isinstance(key, str):
                merged[key] = self.join([state.get(key, UNKNOWN) for state in live])
            elif all(key in state for state in live):
                merged[key] = self.join([state[key] for state in live])
        return merged

    def enter_loop(self, region: set[str]) -> dict[str, int]:
        """Start of a loop that binds the names of ``region``: name → slot that later rounds write to."""
        heads: dict[str, int] = {}
        self.lengths.clear()
        for key in [key for key in self.state if not isinstance(key, str)]:
            del self.state[key]
        for name in sorted(region & self.names.bound):
            head = self.slot()
            self.copy(self.state.get(name, UNKNOWN), head)
            self.state[name] = heads[name] = head
        return heads

    def close_loop(self, heads: dict[str, int], rounds: Sequence[State | None]) -> None:
        """End of the loop's body: what the names are then is what the next round starts with."""
        for state in rounds:
            if state is not None:
                for name, head in heads.items():
                    self.copy(state.get(name, UNKNOWN), head)

    def enter_try(self, region: set[str]) -> dict[str, int]:
        """Start of a ``try``: name → slot of all its versions until the matching ``leave_try``."""
        frame: dict[str, int] = {}
        for name in sorted(region & self.names.bound):
            frame[name] = self.slot()
            self.copy(self.state.get(name, UNKNOWN), frame[name])
        self._frames.append(frame)
        return frame

    def leave_try(self) -> None:
        """The guarded suite ends."""
        self._frames.pop()

    def finish(self) -> Scope:
        """The facts."""
        names = self.names
        node = names.node
        return Scope(
            name=names.name,
            kind=names.kind,
            parent=self.parent,
            parameters=self.parameters,
            slots=self.slots,
            operations=tuple(self.operations),
            generator=names.generator,
            asynchronous=isinstance(node, cst.FunctionDef) and node.asynchronous is not None,
            binds=frozenset(names.bound | names.weak)
            if names.kind is not ScopeKind.FUNCTION
            else frozenset(),
            returns=self.returns,
            conditional=tuple((*key, slot) for key, slot in self.conditional.items()),
            fields=tuple(self.fields),
        )

"""Rule 7: what a cache hides. The test that fills it is seen to run the code; the others depend on it just the same.

A memoised function is one that keeps results between calls: ``functools.cache`` and relatives, ``cached_property``, a
decorator of the project that keeps them in a closure, or by hand in a module- or class-level name or in an attribute of
an object that others use as well. Whatever it can call may have been run once for everybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tdad.facts import BindingKind, DefinitionKind, Owner, OwnerKind, ReferenceKind
from tdad.graph.impacts.classes import decorators
from tdad.graph.impacts.memo_calls import Calls
from tdad.graph.impacts.world import World
from tdad.graph.resolve import Edge

CACHED = "cached"
GLOBAL_WRITER = "global-writer"
LAZY = "lazy"
KEEPER = "keeper"
MISSING = "__missing__"
MARKS = {CACHED: "<cached>", GLOBAL_WRITER: "<global-writer>", LAZY: "<lazy>"}
"""Flag of a definition → the pseudo identifier under which its file is found by ``FactsOf.mentioning``."""

_HANDED = frozenset({ReferenceKind.READ})
_BESIDE = frozenset({ReferenceKind.READ, ReferenceKind.CALL})
MAKERS = frozenset({DefinitionKind.FUNCTION, DefinitionKind.CLASS})
READING = frozenset(
    {
        "open", "open_text", "open_binary", "read", "read_text", "read_bytes", "load", "loads", "loadtxt", "get_data",
        "read_csv", "read_json", "files", "glob", "rglob", "iterdir", "listdir", "scandir", "walk", "getenv", "environ",
    }
)  # fmt: skip
"""Names by which code reads files: what a memoised function read once is hidden from all later callers."""


@dataclass(slots=True)
class Memo:
    """One memoised function."""

    definition: str
    by_hand: bool
    """It keeps results in a name of its own module, so whoever enters it may get an old one."""
    owners: frozenset[Owner]
    makers: frozenset[str] = frozenset()
    """Functions that it was given, and calls when it has no result yet."""
    lazy: bool = False
    """It keeps results in its object: only who works on an object of somebody else's may get an old one."""
    calls: frozenset[str] | None = None
    """Definitions that it can call, through functions that were seen to run with it; ``None``: not searched yet."""


@dataclass(slots=True)
class Memos:
    """The memoised functions of a world."""

    world: World
    _known: list[Memo] | None = None
    """All that were found, also those that no run entered."""
    _hiding: set[str] | None = None
    _owners: dict[str, frozenset[Owner]] = field(default_factory=dict)
    _strangers: dict[str, frozenset[str]] = field(default_factory=dict)

    def over(self, definition: str) -> Iterator[Memo]:
        """Memoised functions that may have run ``definition`` once for everybody."""
        ran = self.owners(definition)
        if not ran:
            return
        for memo in self._all():
            if memo.by_hand and memo.owners <= ran:
                continue  # it is entered also when it has the result, and all who entered it ran the definition
            if memo.definition == definition:
                yield memo
            elif not memo.owners.isdisjoint(ran):
                if memo.calls is None:
                    memo.calls = self._calls(memo)
                if definition in memo.calls:
                    yield memo

    def over_reading(self, readers: frozenset[Owner]) -> Iterator[Memo]:
        """Memoised functions that one of the owners entered, and that may have read for it."""
        for memo in self._all():
            if memo.owners.isdisjoint(readers):
                continue
            if memo.calls is None:
                memo.calls = self._calls(memo)
            if any(self._reads(definition) for definition in sorted(memo.calls)):
                yield memo

    def _reads(self, definition: str) -> bool:
        path, _, qualname = definition.partition("::")
        facts = self.world.head.get(path)
        found = self.world.definition(path, qualname)
        if facts is None or found is None or found.kind is not DefinitionKind.FUNCTION:
            return False
        return any(
            facts.definitions[reference.source].qualname == qualname
            and not READING.isdisjoint(reference.chain.replace("()", "").split("."))
            for reference in facts.references
        )

    def owners(self, definition: str) -> frozenset[Owner]:
        """Tests, fixtures, imports and others that entered the definition."""
        found = self._owners.get(definition)
        if found is None:
            path, _, qualname = definition.partition("::")
            found = self.world.entering(path, qualname)
            self._owners[definition] = found
        return found

    def hides(self, definition: str) -> bool:
        """Whether calls of the function may be answered without it: it is memoised, other than by hand."""
        if self._hiding is None:
            self._hiding = {memo.definition for memo in self._all() if not memo.by_hand}
        return definition in self._hiding

    def strangers(self, method: str) -> frozenset[str]:
        """Tests that did not make an object of the method's class themselves: theirs is one that others used before."""
        owner = self.world.now.files.owner_class(method) or ""
        if owner not in self._strangers:
            makers: set[str] = set()
            relatives = {owner, *self.world.now.mro(owner), *self.world.now.subclasses(owner)}
            for cls in relatives:
                for name in ("__init__", "__new__"):
                    makers.update(
                        each.name
                        for each in self.owners(f"{cls}.{name}")
                        if each.kind is OwnerKind.TEST
                    )
            self._strangers[owner] = frozenset(self.world.recorded.tests) - makers
        return self._strangers[owner]

    def _all(self) -> list[Memo]:
        if self._known is None:
            self._known = list(self._found())
        return self._known

    def _found(self) -> Iterator[Memo]:
        for flag, mark in MARKS.items():
            for path in self.world.head.mentioning(mark):
                facts = self.world.head.get(path)
                for definition in facts.definitions if facts else ():
                    if definition.kind is DefinitionKind.VARIABLE and flag in definition.flags:
                        yield from self._made_here(f"{path}::{definition.qualname}")
                    if (
                        definition.kind is not DefinitionKind.FUNCTION
                        or "test" in definition.flags
                    ):
                        continue  # nobody asks a test for what it kept
                    if flag in definition.flags:
                        name = f"{path}::{definition.qualname}"
                        yield Memo(name, flag != CACHED, self.owners(name), lazy=flag == LAZY)
                        if flag != CACHED and self._calls_parameter(name):
                            yield from self._asking(name)
        for name in sorted(self._decorated() | self._missing()):
            yield Memo(name, by_hand=False, owners=self.owners(name))
        yield from self._given_makers()

    def _made_here(self, variable: str) -> Iterator[Memo]:
        """``quick = lru_cache(core.slow)``: who asks ``quick`` may get what another test computed."""
        makers = frozenset(
            edge.target
            for edge in self.world.now.references(variable)
            if self.world.now.files.kind(edge.target) in MAKERS and not edge.ambiguous
        )
        owners = self.owners(variable).union(*map(self.owners, makers))
        yield Memo(variable, by_hand=False, owners=owners, makers=makers)

    def _asking(self, keeper: str) -> Iterator[Memo]:
        """``def get(): return cached(key, make)``: who hands a maker to what keeps results is memoised itself."""
        for call in self.world.now.readers(keeper):
            makers = self._beside(call) if call.kind is ReferenceKind.CALL else frozenset()
            if makers and self.world.now.files.kind(call.source) is DefinitionKind.FUNCTION:
                yield Memo(
                    call.source, by_hand=True, owners=self.owners(call.source), makers=makers
                )

    def _given_makers(self) -> Iterator[Memo]:
        """``asked = make_cached(key, make)``: the function that is returned keeps what ``make`` returns."""
        for path in self.world.head.mentioning(f"<{KEEPER}>"):
            facts = self.world.head.get(path)
            for definition in facts.definitions if facts else ():
                if KEEPER not in definition.flags or facts is None:
                    continue
                makers = self._given(f"{path}::{definition.qualname}")
                for inner in facts.definitions if makers else ():
                    if inner.qualname.startswith(f"{definition.qualname}."):
                        name = f"{path}::{inner.qualname}"
                        yield Memo(name, by_hand=True, owners=self.owners(name), makers=makers)

    def _given(self, keeper: str) -> frozenset[str]:
        """Functions beside a call of ``keeper``: handed on, or called there if it calls what it is given."""
        calls = (e for e in self.world.now.readers(keeper) if e.kind is ReferenceKind.CALL)
        kinds = _BESIDE if self._calls_parameter(keeper) else _HANDED
        return frozenset[str]().union(*(self._beside(call, kinds) for call in calls))

    def _beside(self, call: Edge, kinds: frozenset[ReferenceKind] = _BESIDE) -> frozenset[str]:
        """Functions and classes that are handed on in that line, or called in a lambda."""
        now = self.world.now
        return frozenset(
            edge.target
            for edge in now.references_at(call.source, call.line)
            if edge.kind in kinds
            and edge.target != call.target
            and now.files.kind(edge.target) in MAKERS
        )

    def _calls_parameter(self, function: str) -> bool:
        """Whether the function, or one written in it, calls what it is given: ``def cached(key, make)``."""
        found = self.world.now.files.find(function)
        if found is None:
            return False
        scope, indexes = found
        given = set() if "classmethod" in decorators(self.world.now, function) else {"cls"}
        for binding in scope.facts.bindings:  # a parameter has one, whether it is annotated or not
            if binding.owner in indexes and binding.kind is BindingKind.ANNOTATION:
                given.add(binding.target)
        definitions = scope.facts.definitions
        qualname = function.partition("::")[2]
        return any(
            reference.kind is ReferenceKind.CALL
            and reference.chain in given
            and f"{definitions[reference.source].qualname}.".startswith(f"{qualname}.")
            for reference in scope.facts.references
        )

    def _decorated(self) -> set[str]:
        """Functions under a decorator of the project that keeps results, in a closure or in an object."""
        return {
            edge.source
            for keeper in set(self._keepers())
            for edge in self.world.now.readers(keeper)
            if edge.kind is ReferenceKind.DECORATOR
        }

    def _keepers(self) -> Iterator[str]:
        for mark in (f"<{KEEPER}>", MARKS[LAZY]):
            for path in self.world.head.mentioning(mark):
                facts = self.world.head.get(path)
                for definition in facts.definitions if facts else ():
                    assert facts is not None
                    if LAZY in definition.flags and definition.name == "__call__":
                        yield f"{path}::{facts.definitions[definition.parent].qualname}"
                    elif KEEPER in definition.flags:
                        outer = definition
                        while facts.definitions[outer.parent].kind is DefinitionKind.FUNCTION:
                            outer = facts.definitions[outer.parent]  # a factory of decorators
                        yield f"{path}::{outer.qualname}"

    def _missing(self) -> set[str]:
        """``dict.__missing__`` is not entered when the key is there."""
        found: set[str] = set()
        for path in self.world.head.mentioning(MISSING):
            facts = self.world.head.get(path)
            for definition in facts.definitions if facts else ():
                if definition.name == MISSING:
                    found.add(f"{path}::{definition.qualname}")
        return found

    def _calls(self, memo: Memo) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        for definition in (memo.definition, *sorted(memo.makers)):
            found |= Calls(self.world, memo.owners, self.owners).of(definition)
        return found


def memos_of(world: World) -> Memos:
    """The memoised functions of the world, found once."""
    if world.memos is None:
        world.memos = Memos(world)
    assert isinstance(world.memos, Memos)
    return world.memos

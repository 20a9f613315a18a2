"""What a memoised function can call: its references, followed through what was seen to run with it.

Of a class that it uses, what runs within its call is the constructors, what operators and protocols run, and the
methods whose name something that it runs mentions. What the finished object is asked for later is asked outside of the
cache, and each test is seen to ask.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tdad.facts import ANNOTATIONS, DefinitionKind, Owner, ReferenceKind
from tdad.graph.impacts.classes import EXCEPTIONS
from tdad.graph.impacts.world import World
from tdad.graph.resolve.scopes import FileScope

LEAST_WEIGHT = 0.1
"""Mentions by attribute name alone are followed while there are at most ten candidates: a cache that calls through a
more common name is one that rule 7 does not see."""
_MAKING = frozenset(
    {"__new__", "__init__", "__post_init__", "__init_subclass__", "__set_name__", "__prepare__"}
)
_SPELLED = frozenset({ReferenceKind.STRING, ReferenceKind.PATCH})
_INERT = frozenset({"object", "ABC", "Generic", "Protocol", "NamedTuple", "Enum", "Exception"})
"""Bases from elsewhere that call no method by themselves but dunders."""
_IN_WORDS = frozenset({"__str__", "__repr__", "__format__"})
_ASKS_FOR_WORDS = frozenset({"str", "repr", "format", "print"})


@dataclass(slots=True)
class Calls:
    """The search for one memoised function."""

    world: World
    owners: frozenset[Owner]
    """Who entered the memoised function."""
    entered: Callable[[str], frozenset[Owner]]
    """Definition → who entered it."""
    _seen: set[str] = field(default_factory=set)
    _queue: deque[str] = field(default_factory=deque)
    _names: set[str] = field(default_factory=set)
    """Attributes and literals that the visited code mentions."""
    _waiting: dict[str, list[str]] = field(default_factory=dict)
    """Name → methods of classes in use that wait for somebody to mention it."""
    _imported: dict[str, frozenset[str]] = field(default_factory=dict)
    _stored: dict[str, frozenset[str]] = field(default_factory=dict)

    def of(self, definition: str) -> frozenset[str]:
        """Definitions that ``definition`` can call, itself included."""
        self._seen.add(definition)
        self._queue.append(definition)
        if self.world.now.files.kind(definition) is DefinitionKind.CLASS:
            self._use(definition, made=True)
        for cls in self._made_by(definition):
            self._use(cls, made=True)
        while self._queue:
            self._visit(self._queue.popleft())
        return frozenset(self._seen)

    def _made_by(self, definition: str) -> Iterator[str]:
        """Classes whose constructors ``__call__`` of a metaclass calls, by way of ``super().__call__``."""
        now = self.world.now
        owner = now.files.owner_class(definition)
        if (
            owner is not None
            and definition.endswith(".__call__")
            and _is_metaclass(self.world, owner)
        ):
            for edge in now.readers(owner):
                if (
                    edge.kind is ReferenceKind.CALL
                    and now.files.kind(edge.source) is DefinitionKind.CLASS
                ):
                    yield edge.source

    def _visit(self, definition: str) -> None:
        for name in self._mentioned(definition):
            if name not in self._names:
                self._names.add(name)
                for method in self._waiting.pop(name, ()):
                    self._enter(method)
        for edge in self.world.now.references(definition):
            if edge.target in self._seen or (edge.ambiguous and edge.weight < LEAST_WEIGHT):
                continue
            path, _, qualname = edge.target.partition("::")
            found = self.world.definition(path, qualname)
            if found is not None and found.kind is DefinitionKind.CLASS:
                self._use(edge.target, made=edge.kind not in ANNOTATIONS)
            else:
                self._enter(edge.target)

    def _enter(self, definition: str) -> None:
        if definition in self._seen:
            return
        self._seen.add(definition)
        if not self.owners.isdisjoint(self.entered(definition)):
            self._queue.append(definition)

    def _use(self, cls: str, *, made: bool) -> None:
        """Methods of the class may run. ``made``: an object of it may be made here, not only handed in."""
        if made:
            self._seen.add(cls)
        order = self.world.now.mro(cls)
        foreign = {base.rpartition(".")[2] for base in order if "::" not in base}
        everything = made and not foreign <= _INERT | EXCEPTIONS
        told = not foreign.isdisjoint(EXCEPTIONS)
        for base in {cls, *order}:
            for name, method in self._methods(base):
                if name in _MAKING:
                    if made:
                        self._enter(method)
                elif everything or name in self._names or _runs_unnamed(name, told=told):
                    self._enter(method)
                else:
                    self._waiting.setdefault(name, []).append(method)

    def _methods(self, cls: str) -> Iterator[tuple[str, str]]:
        """Name in the class and definition of each function below the class, nested ones included."""
        path, _, qualname = cls.partition("::")
        facts = self.world.head.get(path)
        for definition in facts.definitions if facts and qualname else ():
            if definition.kind is DefinitionKind.FUNCTION:
                prefix, _, rest = definition.qualname.partition(f"{qualname}.")
                if not prefix and rest:
                    yield rest.partition(".")[0], f"{path}::{definition.qualname}"

    def _mentioned(self, definition: str) -> Iterator[str]:
        """Names by which the definition may ask objects that it does not know: attributes, and literals.

        Not those of foreign modules (``re.compile``), nor attributes that objects of the file's classes are given.
        """
        found = self.world.now.files.find(definition)
        if found is None:
            return
        scope, indexes = found
        foreign, given = self._foreign(scope), self._given(scope)
        for index in indexes:
            for reference in scope.references.get(index, ()):
                root, *parts = reference.chain.replace("()", "").replace("[]", "").split(".")
                if reference.kind in _SPELLED:
                    parts = [root, *parts]
                elif root == "self" and parts and parts[0] in given:
                    parts = parts[1:]
                if reference.chain in _ASKS_FOR_WORDS and reference.kind is ReferenceKind.CALL:
                    yield from _IN_WORDS
                if root not in foreign:
                    yield from filter(str.isidentifier, parts)

    def _given(self, scope: FileScope) -> frozenset[str]:
        """Attributes that methods of the file's classes store into ``self``."""
        if scope.path not in self._stored:
            self._stored[scope.path] = frozenset(
                binding.target.removeprefix("self.")
                for binding in scope.facts.bindings
                if binding.target.startswith("self.")
            )
        return self._stored[scope.path]

    def _foreign(self, scope: FileScope) -> frozenset[str]:
        """Names that the file imports from outside the project."""
        if scope.path not in self._imported:
            self._imported[scope.path] = frozenset(
                item.alias
                for item in scope.facts.imports
                if self.world.now.module_path(item.module, scope.path) is None
            )
        return self._imported[scope.path]


def _runs_unnamed(name: str, *, told: bool) -> bool:
    """Whether operators and protocols run the method. ``told``: of an exception, which says itself when asked to."""
    return name.startswith("__") and name.endswith("__") and not (told and name in _IN_WORDS)


def _is_metaclass(world: World, cls: str) -> bool:
    return any(
        base.rpartition(".")[2] == "type"
        for each in world.now.mro(cls)
        if "::" in each
        for base in world.now.bases(each)
    )

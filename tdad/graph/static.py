"""What a changed definition reaches when nothing was recorded: backwards from it through who mentions it.

Best first: the score of a definition is the product of the weights on its best chain, each hop decayed. What no mention
shows is bridged by rules, each with a weight of its own (``Rules``): operators and protocols run dunder methods,
foreign base classes call overrides, dispatchers find methods by a computed name, registries call what was registered
with them, importing runs a module's top level.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tdad.facts import DefinitionKind, ReferenceKind, Step
from tdad.graph.resolve.chains import last_name, split
from tdad.graph.resolve.edge import Edge
from tdad.graph.resolve.resolver import Resolver

_HOW = {
    ReferenceKind.READ: "read by",
    ReferenceKind.CALL: "called by",
    ReferenceKind.WRITE: "written by",
    ReferenceKind.IMPORT: "imported by",
    ReferenceKind.BASE: "base class of",
    ReferenceKind.DECORATOR: "decorates",
    ReferenceKind.DEFAULT: "default of",
    ReferenceKind.ANNOTATION: "annotates",
    ReferenceKind.FIXTURE: "fixture used by",
    ReferenceKind.PATCH: "patched by",
    ReferenceKind.STRING: "named by",
}
_CONSTRUCTORS = frozenset({"__init__", "__new__", "__post_init__"})
_THROUGH_MEMBER = frozenset(
    {"run implicitly by users of", "found by name in", "called by a foreign base of"}
)


@dataclass(frozen=True, slots=True)
class Rules:
    """Weights between 0 and 1; what is below ``floor`` is not followed (and counted, see ``Reached.cut``)."""

    decay: float = 0.9
    """Per hop."""
    implicit: float = 0.7
    """From a dunder method to its class: whoever uses the class may run it by an operator, ``with``, iteration, …."""
    foreign: float = 0.7
    """From a method of a class with a foreign base to its class: the base may call it."""
    dispatched: float = 0.7
    """From a method that nobody mentions to its class: it is found by a computed name, or not used."""
    registered: float = 0.7
    """From what a module's top level mentions to what the same statement mentions: a registry holds it now."""
    loaded: float = 0.5
    """From a module's top level to whoever imports the module."""
    constructed: float = 0.3
    """From a constructor to its class: calls that are seen are followed as such, this is for classes passed around."""
    annotated: float = 0.3
    """From a class to what only annotates with it."""
    replaced: float = 0.05
    """From a definition to what stores another in its place (assignment, monkeypatch): that hides it."""
    spelled: float = 0.7
    """From a method to what has its name in a literal, divided by how many methods have that name."""
    unmentioned: float = 0.1
    """From a function that nobody mentions to the tests of the files that import its module."""
    floor: float = 0.05
    """By seeded faults in click and jinja2: 0.05 loses as good as nothing, 0.1 a fifth of jinja2's failing tests."""
    limit: int = 1500
    """Definitions (tests aside) whose readers are looked for at most; each costs a millisecond or two."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How a change reaches one test function."""

    distance: int
    """Hops on the best chain."""
    weight: float
    """Product of the weights on it, 0 to 1."""
    chain: tuple[Step, ...]
    """From the changed definition to the test."""


@dataclass(frozen=True, slots=True)
class Reached:
    """What a set of definitions reaches."""

    tests: Mapping[str, Reach]
    """Test function → how; best first."""
    definitions: Mapping[str, float]
    """Every definition that was visited → weight."""
    complete: bool
    """False: the search was cut off. Then widen to ``importing_tests``."""
    cut: int = 0
    """Mentions that were not followed because their weight was too small."""


@dataclass(order=True, slots=True)
class _Visit:
    """One way to a definition, in the order of the search: heaviest first, then shortest, then by name."""

    rank: float
    distance: int
    definition: str
    how: str = field(compare=False, default="")
    before: str = field(compare=False, default="")


TestsOf = Callable[[str], Iterable[str]]
"""Path of a file → the test functions that pytest collects from it (``path::qualname``, of whatever file)."""


def reach(
    resolver: Resolver,
    starts: Iterable[str],
    rules: Rules | None = None,
    tests_of: TestsOf | None = None,
) -> Reached:
    """Test functions that the definitions ``starts`` (``path::qualname``) reach; deterministic.

    ``tests_of``: by default, what is called as pytest and unittest call tests unless configured.
    """
    return _Search(resolver, rules or Rules(), tests_of or named_tests(resolver)).run(starts)


def named_tests(resolver: Resolver) -> TestsOf:
    """The test functions that a file itself defines, by the usual names."""

    def tests_of(path: str) -> Iterator[str]:
        scope = resolver.files.scope(path)
        if scope is not None:
            yield from (scope.name_of(index) for index in scope.tests)

    return tests_of


def importing_tests(
    resolver: Resolver, paths: Iterable[str], tests_of: TestsOf | None = None
) -> Mapping[str, int]:
    """Test functions of every file whose import closure contains one of ``paths`` → number of imports between."""
    tests_of = tests_of or named_tests(resolver)
    found: dict[str, int] = {}
    for path in paths:
        for importer, distance in resolver.reverse_import_closure(path).items():
            for test in tests_of(importer):
                found[test] = min(distance, found.get(test, distance))
    return dict(sorted(found.items(), key=lambda item: (item[1], item[0])))


class _Search:
    """One search, best first (Dijkstra on products of weights)."""

    def __init__(self, resolver: Resolver, rules: Rules, tests_of: TestsOf) -> None:
        self._resolver = resolver
        self._rules = rules
        self._tests_in = tests_of
        self._tests = frozenset(t for path in resolver.files.paths for t in tests_of(path))
        self._visited: dict[str, _Visit] = {}
        self._cut = 0

    def run(self, starts: Iterable[str]) -> Reached:
        heap = [_Visit(-1.0, 0, start, "changed") for start in sorted(set(starts))]
        complete = True
        followed = 0
        while heap:
            visit = heapq.heappop(heap)
            if visit.definition in self._visited:
                continue
            if visit.definition not in self._tests or visit.distance == 0:
                if followed >= self._rules.limit:
                    complete = False
                    continue  # the tests already found stay
                followed += 1
            self._visited[visit.definition] = visit
            for definition, weight, how in self._before(visit):
                rank = visit.rank * weight * self._rules.decay
                if definition in self._visited:
                    continue
                if -rank < self._rules.floor:
                    self._cut += 1
                    continue
                following = _Visit(rank, visit.distance + 1, definition, how, visit.definition)
                heapq.heappush(heap, following)
        return self._result(complete=complete)

    def _result(self, *, complete: bool) -> Reached:
        tests = {}
        for definition, visit in self._visited.items():
            if definition in self._tests:
                tests[definition] = Reach(visit.distance, -visit.rank, self._chain(visit))
        weights = {definition: -visit.rank for definition, visit in self._visited.items()}
        return Reached(tests, weights, complete, self._cut)

    def _chain(self, visit: _Visit) -> tuple[Step, ...]:
        steps = []
        current: _Visit | None = visit
        while current is not None:
            steps.append(Step(current.how, current.definition))
            current = self._visited.get(current.before)
        return tuple(reversed(steps))

    # -- one step back -----------------------------------------------------------------------------------------------

    def _before(self, visit: _Visit) -> Iterator[tuple[str, float, str]]:
        """Definitions that a change to the visited one reaches in one hop, with weight and how."""
        definition = visit.definition
        start = visit.distance == 0
        path, qualname = split(definition)
        if not qualname:
            yield from self._importers(path)
            return
        if definition in self._tests and not start:
            return  # nothing depends on a test
        mentioned = False
        for edge in self._resolver.readers(definition):
            if edge.kind is ReferenceKind.BASE and visit.how in _THROUGH_MEMBER:
                continue  # only the subclasses that inherit that member matter: see _class
            mentioned = mentioned or not (edge.ambiguous or edge.kind is ReferenceKind.IMPORT)
            yield from self._mention(edge, start=start)
        for edge in self._resolver.spelled(definition):
            yield edge.source, edge.weight * self._rules.spelled, _HOW[edge.kind]
        yield from self._enclosing(definition, mentioned=mentioned)
        if start:
            for base in self._resolver.overridden(definition):
                yield base, 1.0, "overrides"

    def _mention(self, edge: Edge, *, start: bool) -> Iterator[tuple[str, float, str]]:
        path, qualname = split(edge.source)
        weight = edge.weight
        if edge.kind is ReferenceKind.ANNOTATION:
            weight *= self._rules.annotated
        elif edge.kind in {ReferenceKind.WRITE, ReferenceKind.PATCH} and not start:
            weight *= self._rules.replaced
        if qualname:
            yield edge.source, weight, _HOW[edge.kind]
        elif edge.kind is not ReferenceKind.IMPORT:
            yield from self._registered(path, edge)

    def _registered(self, path: str, edge: Edge) -> Iterator[tuple[str, float, str]]:
        """A top-level statement that binds nothing mentions it: what else it mentions may hold it now."""
        others = {
            holder
            for other in self._resolver.references(f"{path}::")
            if other.line == edge.line and other.target != edge.target and not other.ambiguous
            for holder in self._holders(other.target)
        }
        weight = edge.weight * self._rules.registered
        yield from ((holder, weight, "registered with") for holder in sorted(others))
        if not others:
            yield f"{path}::", weight, "run by"

    def _holders(self, registrar: str) -> Iterator[str]:
        """A registry that is mentioned, or what a function that registers stores into."""
        files = self._resolver.files
        if files.kind(registrar) is DefinitionKind.VARIABLE:
            if "import" not in files.flags(registrar):
                yield registrar
            return
        if not split(registrar)[1]:
            return
        for edge in self._resolver.references(registrar):
            if edge.kind is ReferenceKind.WRITE and not edge.ambiguous:
                yield edge.target

    def _enclosing(self, definition: str, *, mentioned: bool) -> Iterator[tuple[str, float, str]]:
        """The definition around it, where that may run it without a mention."""
        files = self._resolver.files
        path, qualname = split(definition)
        outer = f"{path}::{qualname.rpartition('.')[0]}"
        kind = files.kind(definition)
        owner = files.owner_class(definition)
        if owner is not None and kind is not DefinitionKind.VARIABLE:
            yield from self._class(owner, definition, mentioned=mentioned)
        elif owner is not None and not mentioned:
            yield owner, self._rules.dispatched, "attribute of"
        elif not outer.endswith("::"):
            yield outer, 1.0, "inside"
        elif not mentioned and kind is not None and "import" not in files.flags(definition):
            yield from self._unmentioned(path, definition)

    def _class(
        self, owner: str, method: str, *, mentioned: bool
    ) -> Iterator[tuple[str, float, str]]:
        """The classes whose users may run ``method`` without a mention: its own, and those that inherit it."""
        rules = self._rules
        name = last_name(method)
        if name in _CONSTRUCTORS:
            weight, how = rules.constructed, "run implicitly by users of"
        elif name.startswith("__") and name.endswith("__"):
            weight, how = rules.implicit, "run implicitly by users of"
        elif not mentioned:
            weight, how = rules.dispatched, "found by name in"
        elif self._resolver.hierarchy.is_open(owner):
            weight, how = rules.foreign, "called by a foreign base of"
        else:
            return
        yield owner, weight, how
        for sub in self._resolver.subclasses(owner):
            if self._resolver.mro_lookup(sub, name) == method:
                yield sub, weight, how

    def _unmentioned(self, path: str, definition: str) -> Iterator[tuple[str, float, str]]:
        """A definition that nobody mentions: a decorator registered it, pytest calls it, or it is found by name."""
        name = last_name(definition)
        if name.startswith(("pytest_", "__")):
            yield f"{path}::", self._rules.dispatched, "defined in"
            return
        for edge in self._resolver.references(definition):
            if edge.kind is ReferenceKind.DECORATOR and not edge.ambiguous:
                for holder in self._holders(edge.target):
                    yield holder, self._rules.registered, "registered with"
        for importer in {edge.source for edge in self._resolver.importers_of(path)}:
            yield from self._tests_of(importer, self._rules.unmentioned)

    def _tests_of(self, path: str, weight: float) -> Iterator[tuple[str, float, str]]:
        yield from ((test, weight, "in a module that imports") for test in self._tests_in(path))

    def _importers(self, path: str) -> Iterator[tuple[str, float, str]]:
        """Everything that imports a module depends on its top level."""
        resolver = self._resolver
        for edge in resolver.importers_of(path):
            if edge.lazy and edge.how != "string":
                yield edge.definition, self._rules.loaded, "imported by"
                continue
            yield f"{edge.source}::", self._rules.loaded, "imported by"
            yield from self._tests_of(edge.source, self._rules.loaded)


def order(reached: Reached) -> Sequence[str]:
    """Test functions, best first."""
    return sorted(reached.tests, key=lambda test: (-reached.tests[test].weight, test))

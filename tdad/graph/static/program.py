"""The static graph of a whole program: the links of all files and tests, with numbers for nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from posixpath import dirname

from tdad.facts import DefinitionKind
from tdad.graph.resolve import Resolver
from tdad.graph.resolve.chains import split
from tdad.graph.resolve.scopes import MODULE
from tdad.graph.static.links import FileLinks
from tdad.graph.static.nodes import How, Link, executed, imported, loader, mentioned, named, run
from tdad.graph.tests_of import StaticTest

_XUNIT_OF_MODULE = (
    "setup_module",
    "teardown_module",
    "setup_function",
    "teardown_function",
    "setUpModule",
    "tearDownModule",
    "pytestmark",
)
"""What pytest and unittest run around, or read for, each test of a module."""
_FAMILY = 2
"""So many unmentioned members with the same first word are found by a computed name: then their whole family is."""


@dataclass(slots=True)
class Program:
    """Nodes by number; links by source and by target."""

    names: list[str] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    out: list[list[tuple[int, int]]] = field(default_factory=list)
    """Source → (target, guard); a guard of -1 is none."""
    into: list[list[tuple[int, int, How]]] = field(default_factory=list)
    """Target → (source, guard, how)."""

    def number(self, name: str) -> int:
        """The number of a node; a new one if there was none."""
        found = self.numbers.get(name)
        if found is None:
            found = self.numbers[name] = len(self.names)
            self.names.append(name)
            self.out.append([])
            self.into.append([])
        return found

    def add(self, link: Link) -> None:
        """Take in one link."""
        source, target = self.number(link.source), self.number(link.target)
        guard = self.number(link.guard) if link.guard else -1
        self.out[source].append((target, guard))
        self.into[target].append((source, guard, link.how))


def make_program(
    resolver: Resolver, files: Iterable[FileLinks], tests: Sequence[StaticTest]
) -> Program:
    """Join the links of files, those that depend on what others mention, and those of the tests."""
    program = Program()
    files = list(files)
    for each in files:
        for link in each.links:
            program.add(link)
    uses = frozenset[str]().union(*(each.uses for each in files))
    members = frozenset[str]().union(*(each.members for each in files))
    found = _families(files, uses)
    for each in files:
        for name, link in each.unused:
            if name not in uses or (
                name in each.members and (each.path, _first_word(name)) in found
            ):
                program.add(link)
        for name, link in each.unowned:
            if name not in members:
                program.add(link)
    paths = frozenset(resolver.files.paths)
    for link in _loaded(files, program, tests, paths):
        program.add(link)
    for test in tests:
        for link in test_links(resolver, test):
            program.add(link)
    return program


def _loaded(
    files: Iterable[FileLinks],
    program: Program,
    tests: Sequence[StaticTest],
    paths: frozenset[str],
) -> Iterator[Link]:
    """Modules of packages that no file imports are found by a computed name, if at all."""
    collected = {test.node_id.partition("::")[0] for test in tests}
    for each in files:
        number = program.numbers.get(imported(each.path))
        lonely = number is None or not program.into[number]
        packaged = f"{dirname(each.path)}/__init__.py".lstrip("/") in paths
        if lonely and packaged and each.path not in collected:
            yield Link(loader(each.path), imported(each.path), How.LOADED)


def _first_word(name: str) -> str:
    """``visit_`` of ``visit_Name``; empty when there is no such word."""
    word, underscore, _ = name.partition("_")
    return word + underscore if word and underscore else ""


def _families(files: Iterable[FileLinks], uses: frozenset[str]) -> frozenset[tuple[str, str]]:
    """(file, first word) of members that are found by a computed name, judged by those that nobody mentions."""
    counted: dict[tuple[str, str], set[str]] = {}
    for each in files:
        for name, _ in each.unused:
            if name in each.members and name not in uses and (word := _first_word(name)):
                counted.setdefault((each.path, word), set()).add(name)
    return frozenset(key for key, names in counted.items() if len(names) >= _FAMILY)


def test_links(resolver: Resolver, test: StaticTest) -> Iterator[Link]:
    """What running a test makes happen at once: its function, its file, its class, the fixtures nobody asks for."""
    start, path = run(test.node_id), test.node_id.partition("::")[0]
    yield Link(start, executed(test.definition))
    yield Link(start, mentioned(test.definition))
    yield Link(start, imported(path), How.LOADED)
    for edge in resolver.imports_of(path):
        if not edge.lazy and edge.how == "import":
            yield Link(start, named(edge.target), How.LOADED)
    scope = resolver.files.scope(path)
    top = scope.children.get(MODULE, {}) if scope is not None else {}
    for name in _XUNIT_OF_MODULE:
        if name in top:
            yield Link(start, executed(f"{path}::{name}"), How.BESIDE)
    cls = _class_of(resolver, test)
    if cls:
        yield Link(start, mentioned(cls), How.INSIDE)
    inside = split(cls)[1] if cls.startswith(f"{path}::") else ""
    for fixture in resolver.fixtures.autouse_of(path, inside):
        yield Link(start, executed(fixture), How.FIXTURE)
        yield Link(start, mentioned(fixture))


def _class_of(resolver: Resolver, test: StaticTest) -> str:
    """The class that a test is collected from (``path::qualname``), which may be imported; empty: none."""
    path, *parts = test.node_id.split("::")
    if len(parts) == 1:
        return ""
    found = resolver.names.member(path, parts[0])
    for value in found.values if found is not None else ():
        inner = ".".join([value.what, *parts[1:-1]])
        if resolver.files.kind(inner) is DefinitionKind.CLASS:
            return inner
    return resolver.files.owner_class(test.definition) or ""

"""The links that one file gives: from what its definitions mention, import and nest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from tdad.facts import (
    ANNOTATIONS,
    Definition,
    DefinitionKind,
    Reference,
    ReferenceKind,
    Span,
    StatementKind,
)
from tdad.graph.patterns import is_test_function
from tdad.graph.resolve import Resolver
from tdad.graph.resolve.chains import last_name, split, tokens_of
from tdad.graph.resolve.edge import Edge
from tdad.graph.resolve.scopes import MODULE, FileScope, is_header
from tdad.graph.static.around import test_links
from tdad.graph.static.members import class_links, member_links
from tdad.graph.static.modules import holding_links, module_links
from tdad.graph.static.nodes import (
    OF_KIND,
    How,
    Link,
    asked,
    built,
    consulted,
    executed,
    imported,
    instanced,
    live,
    loader,
    mentioned,
    named,
    spelled,
)
from tdad.graph.tests_of import Patterns, StaticTest, tests_in
from tdad.graph.vocabulary import FileWords, file_words

_SKIPPED = ANNOTATIONS
_LOADERS = frozenset(
    {
        "__import__",
        "import_module",
        "exec_module",
        "load_module",
        "module_from_spec",
        "run_module",
        "run_path",
        "entry_points",
        "walk_packages",
        "iter_modules",
    }
)
"""Functions of the standard library that import modules by a computed name, or start what does."""


_STORING = frozenset({"append", "appendleft", "add", "insert", "extend", "update", "setdefault"})
"""Methods by which containers take things in."""


@dataclass(frozen=True, slots=True)
class FileLinks:
    """What one file contributes to the static graph."""

    path: str
    links: tuple[Link, ...]
    unused: tuple[tuple[str, Link], ...]
    """(name, link): the link exists only if no file mentions that name, so that something else must run it."""
    unowned: tuple[tuple[str, Link], ...]
    """(name, link): the link exists only if no class has a member of that name."""
    uses: frozenset[str]
    """Names that the file mentions, also as attributes."""
    members: frozenset[str]
    """Names of members of its classes."""
    defines: frozenset[str]
    """What the links of other files depend on: qualnames of its definitions, of classes with their bases."""
    tests: tuple[StaticTest, ...]
    """What pytest collects from it; their links are among ``links``."""
    words: FileWords
    """What its tests are about."""


def file_links(resolver: Resolver, path: str, patterns: Patterns) -> FileLinks | None:
    """The links of one file; ``None``: there is no such file."""
    scope = resolver.files.scope(path)
    if scope is None:
        return None
    tests = tuple(tests_in(resolver, path, patterns))

    def is_test(qualname: str) -> bool:
        return is_test_function(qualname.rpartition(".")[2], patterns)

    return _File(resolver, scope).links(tests, file_words(scope.facts, is_test))


class _File:
    """One file being linked."""

    def __init__(self, resolver: Resolver, scope: FileScope) -> None:
        self._resolver = resolver
        self._files = resolver.files
        self._scope = scope
        self._definitions = scope.facts.definitions
        self._uses: set[str] = set()
        self._unused: list[tuple[str, Link]] = []
        self._unowned: list[tuple[str, Link]] = []
        self._kept: set[int] = set()
        """Functions that a registry holds."""

    def links(self, tests: tuple[StaticTest, ...], words: FileWords) -> FileLinks:
        """Everything that the file gives."""
        links = [
            *self._references(),
            *self._imports(),
            *self._nesting(),
            *member_links(self._scope, self._unused),
            *module_links(self._scope),
            *class_links(self._resolver, self._scope),
            *(link for test in tests for link in test_links(self._resolver, test)),
        ]
        members = frozenset(
            d.name
            for d in self._definitions[1:]
            if self._definitions[d.parent].kind is DefinitionKind.CLASS
        )
        return FileLinks(
            self._scope.path,
            tuple(dict.fromkeys(links)),
            tuple(self._unused),
            tuple(self._unowned),
            frozenset(self._uses),
            members,
            frozenset(self._defines()),
            tests,
            words,
        )

    def _defines(self) -> Iterator[str]:
        for index, definition in enumerate(self._definitions):
            if self._definitions[definition.parent].kind is DefinitionKind.FUNCTION:
                continue
            if definition.kind is DefinitionKind.CLASS:
                bases = ",".join(self._resolver.bases(self._scope.name_of(index)))
                yield f"{definition.qualname}({bases})"
            else:
                yield definition.qualname

    # -- references --------------------------------------------------------------------------------------------------

    def _references(self) -> Iterator[Link]:
        for reference in self._scope.facts.references:
            if reference.kind in _SKIPPED:
                continue
            definition = self._definitions[reference.source]
            if reference.kind is ReferenceKind.IMPORT and definition.kind is DefinitionKind.MODULE:
                continue  # see _imports
            tokens = tokens_of(reference.chain)
            if reference.kind is not ReferenceKind.IMPORT:
                self._uses.update(tokens)
            source = self._source(reference, definition)
            if not _LOADERS.isdisjoint(tokens):
                yield Link(source, loader(self._scope.path), How.CALL)
            if reference.kind is ReferenceKind.STRING and reference.chain.isidentifier():
                yield Link(source, spelled(reference.chain), How.STRING)
                yield from self._spelled(reference, source)
            inherited = bool(tokens) and tokens[0] == "super"
            edges = self._resolver.resolve(self._scope, reference)
            yield from holding_links(self._files, source, reference, edges)
            if definition.kind is DefinitionKind.MODULE:
                yield from self._while_importing(reference, edges)
                continue
            for edge in edges:
                yield from self._link(source, edge, inherited=inherited)
            if reference.kind is ReferenceKind.DECORATOR:
                root = tokens[0] if len(tokens) > 1 else ""  # alone it may be an argument
                yield from self._registered(reference, edges, root)

    def _source(self, reference: Reference, definition: Definition) -> str:
        """The node that the mention is part of."""
        name = self._scope.name_of(reference.source)
        if definition.kind is DefinitionKind.MODULE:
            return imported(self._scope.path)
        if definition.kind is DefinitionKind.CLASS:
            return built(name)
        method = self._definitions[definition.parent].kind is DefinitionKind.CLASS
        if is_header(reference, definition) and not method:
            return mentioned(name)
        return executed(name)

    def _link(
        self, source: str, edge: Edge, *, inherited: bool, how: How = How.SAME
    ) -> Iterator[Link]:
        how, target = how or OF_KIND[edge.kind], edge.target
        if edge.ambiguous:
            yield Link(source, asked(last_name(target)), how)
            return
        path, qualname = split(target)
        if not qualname:
            if edge.kind is ReferenceKind.IMPORT:
                yield Link(source, imported(path), how)
            return
        kind = self._files.kind(target)
        if kind is None or (
            edge.kind is ReferenceKind.WRITE and kind is not DefinitionKind.FUNCTION
        ):
            return  # what is stored there, somebody else reads; storing into a property runs it
        owner = self._files.owner_class(target)
        if edge.kind is ReferenceKind.BASE:
            yield Link(source, built(target), how)
        elif kind is DefinitionKind.CLASS:
            yield Link(source, mentioned(target), how)
        elif owner is not None:
            yield Link(
                source, executed(target), how, instanced(owner) if inherited else live(target)
            )
            if edge.kind is ReferenceKind.FIXTURE:  # a test class that inherits the test
                for each in self._resolver.overrides(target):
                    yield Link(source, executed(each), how, live(each))
        elif kind is DefinitionKind.FUNCTION:
            yield Link(source, mentioned(target), how)
        else:
            yield Link(source, executed(target), how)

    # -- statements of the module ------------------------------------------------------------------------------------

    def _while_importing(self, reference: Reference, edges: tuple[Edge, ...]) -> Iterator[Link]:
        """A statement that binds nothing runs what it calls; what it only mentions, something may hold from then on."""
        if self._only_as_script(reference.line):
            return
        source = imported(self._scope.path)
        for edge in edges:
            variable = self._files.kind(edge.target) is DefinitionKind.VARIABLE
            if variable and not edge.ambiguous:
                yield Link(source, consulted(edge.target), OF_KIND[edge.kind])
            elif edge.kind in {ReferenceKind.CALL, ReferenceKind.IMPORT} or edge.ambiguous:
                yield from self._link(source, edge, inherited=False)
            elif reference.kind is not ReferenceKind.WRITE:
                yield from self._held_after(source, edge)

    def _held_after(self, source: str, edge: Edge) -> Iterator[Link]:
        holders = [
            holder
            for other, found in self._at_line.get(edge.line, ())
            for each in found
            if each.target != edge.target and not each.ambiguous
            for holder in self._stores(each.target)
        ]
        for holder in dict.fromkeys(holders):
            yield from self._link(executed(holder), edge, inherited=False, how=How.REGISTERED)
        if not holders and any(o.kind is ReferenceKind.CALL for o, _ in self._at_line[edge.line]):
            yield from self._link(source, edge, inherited=False)

    @cached_property
    def _at_line(self) -> dict[int, list[tuple[Reference, tuple[Edge, ...]]]]:
        """Line → what the module's own statements there mention."""
        found: dict[int, list[tuple[Reference, tuple[Edge, ...]]]] = {}
        for reference in self._scope.references.get(MODULE, ()):
            edges = self._resolver.resolve(self._scope, reference)
            found.setdefault(reference.line, []).append((reference, edges))
        return found

    def _only_as_script(self, line: int) -> bool:
        """Tell whether the line is below ``if __name__ == …``."""
        return any(line in suite for suite in self._scripts)

    @cached_property
    def _scripts(self) -> list[Span]:
        named = {r.line for r in self._scope.references.get(MODULE, ()) if r.chain == "__name__"}
        return [
            statement.suite
            for statement in self._scope.facts.statements
            if statement.kind is StatementKind.COMPOUND
            and statement.owner == MODULE
            and any(line in statement.span for line in named)
        ]

    def _stores(self, target: str) -> Iterator[str]:
        """A variable, or those that a function stores into."""
        if self._files.kind(target) is DefinitionKind.VARIABLE:
            yield from self._holders(target, last_name(target))
        else:
            yield from self._holders(target, "")

    # -- registration ------------------------------------------------------------------------------------------------

    def _spelled(self, reference: Reference, source: str) -> Iterator[Link]:
        """A literal that is the name of something in the same file: a hand-made list of what is public."""
        target = f"{self._scope.path}::{reference.chain}"
        kind = self._files.kind(target)
        if kind in {DefinitionKind.CLASS, DefinitionKind.FUNCTION}:
            yield Link(source, mentioned(target), How.STRING)

    def _registered(
        self, reference: Reference, edges: tuple[Edge, ...], root: str
    ) -> Iterator[Link]:
        """What a decorator's object, or what its function stores into, may hold the decorated function now."""
        definition = self._definitions[reference.source]
        if {"test", "fixture"} & set(definition.flags) or self._definitions[
            definition.parent
        ].kind is DefinitionKind.CLASS:
            return
        held = mentioned(self._scope.name_of(reference.source))
        for edge in edges:
            if not edge.ambiguous:
                for holder in self._holders(edge.target, root):
                    self._kept.add(reference.source)
                    yield Link(executed(holder), held, How.REGISTERED)

    def _holders(self, target: str, root: str) -> Iterator[str]:
        kind = self._files.kind(target)
        if kind is DefinitionKind.VARIABLE:
            if last_name(target) == root and "import" not in self._files.flags(target):
                yield target
        elif kind is DefinitionKind.FUNCTION:
            yield from self._stored_into(target)

    def _stored_into(self, function: str) -> Iterator[str]:
        """Module-level variables that a function, or one that it makes, stores into."""
        found = self._files.find(function)
        if found is None:
            return
        scope, indexes = found
        inside = f"{split(function)[1]}."
        for index, definition in enumerate(scope.facts.definitions):
            if index not in indexes and not definition.qualname.startswith(inside):
                continue
            for reference in scope.references.get(index, ()):
                if not _stores(reference):
                    continue
                for edge in self._resolver.resolve(scope, reference):
                    variable = self._files.kind(edge.target) is DefinitionKind.VARIABLE
                    if variable and not edge.ambiguous and "." not in split(edge.target)[1]:
                        yield edge.target

    # -- imports -----------------------------------------------------------------------------------------------------

    def _imports(self) -> Iterator[Link]:
        for edge in self._resolver.imports_of(self._scope.path):
            source = imported(self._scope.path)
            if edge.lazy:
                kind = self._files.kind(edge.definition)
                if kind in {DefinitionKind.FUNCTION, DefinitionKind.VARIABLE}:
                    source = executed(edge.definition)
                elif kind is DefinitionKind.CLASS:
                    source = built(edge.definition)
            yield Link(source, imported(edge.target), How.LOADED)
        yield from self._local_imports()

    def _local_imports(self) -> Iterator[Link]:
        """A function that imports a name mentions it: uses of a local name are no references."""
        for item in self._scope.facts.imports:
            if item.name and self._definitions[item.owner].kind is DefinitionKind.FUNCTION:
                name = self._scope.name_of(item.owner)
                found = self._resolver.names.imported(item, self._scope.path)
                self._uses.add(item.name)
                for hit in found.hits:
                    edge = Edge(name, hit.definition, ReferenceKind.READ, item.line, hit.weight)
                    yield from self._link(executed(name), edge, inherited=False)

    # -- definitions -------------------------------------------------------------------------------------------------

    def _nesting(self) -> Iterator[Link]:
        for index, definition in enumerate(self._definitions):
            if index == MODULE or definition.kind is DefinitionKind.VARIABLE:
                continue
            name = self._scope.name_of(index)
            parent = self._definitions[definition.parent]
            function = definition.kind is DefinitionKind.FUNCTION
            if function and parent.kind is not DefinitionKind.CLASS:
                yield Link(mentioned(name), executed(name))
            if parent.kind is DefinitionKind.FUNCTION:
                outer = executed(self._scope.name_of(definition.parent))
                yield Link(outer, mentioned(name), How.INSIDE)
            elif parent.kind is DefinitionKind.MODULE:
                self._unmentioned(index, definition, name)

    def _unmentioned(self, index: int, definition: Definition, name: str) -> None:
        """A function or class at the top level that nobody mentions is run by who finds it in its module, if at all."""
        if index in self._scope.fixture_at or index in self._kept or "test" in definition.flags:
            return
        source = imported(self._scope.path)
        if definition.kind is DefinitionKind.FUNCTION:
            if not (definition.name.startswith("pytest_") or self._is_handed_on(index)):
                source = named(self._scope.path)
            asking = Link(asked(definition.name), mentioned(name))
            self._unowned.append((definition.name, asking))
        self._unused.append((definition.name, Link(source, mentioned(name), How.DEFINED)))

    def _is_handed_on(self, index: int) -> bool:
        """Tell whether a decorator from outside the project takes the function: it may keep it."""
        return any(
            not self._resolver.resolve(self._scope, reference)
            for reference in self._scope.references.get(index, ())
            if reference.kind is ReferenceKind.DECORATOR
        )


def _stores(reference: Reference) -> bool:
    """Tell whether a reference stores something into what it mentions."""
    if reference.kind is ReferenceKind.WRITE:
        return True
    return reference.kind is ReferenceKind.CALL and tokens_of(reference.chain)[-1] in _STORING

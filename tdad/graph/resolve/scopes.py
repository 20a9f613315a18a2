"""The scopes of one file: which names each of its definitions binds, and what a name means where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from tdad.facts import (
    ANNOTATIONS,
    Binding,
    BindingKind,
    Definition,
    DefinitionKind,
    FactsOf,
    FileFacts,
    Fixture,
    Import,
    Reference,
    ReferenceKind,
)
from tdad.graph.resolve.chains import names_in, tokens_of

MODULE = 0
"""Index of a file's module definition."""

_HEADER = frozenset(
    {
        ReferenceKind.BASE,
        ReferenceKind.DECORATOR,
        ReferenceKind.DEFAULT,
        *ANNOTATIONS,
    }
)


@dataclass(frozen=True, slots=True)
class Found:
    """What a name means in a scope: everything that may have bound it there."""

    scope: int
    """Index of the definition in whose scope it is bound."""
    definitions: tuple[int, ...]
    imports: tuple[Import, ...]
    bindings: tuple[Binding, ...]


class FileScope:
    """One file's facts, indexed by scope and by name. Everything is built when first asked for."""

    def __init__(self, facts: FileFacts) -> None:
        self.facts = facts
        self.path = facts.path

    def name_of(self, index: int) -> str:
        """``path::qualname`` of a definition."""
        return f"{self.path}::{self.facts.definitions[index].qualname}"

    @cached_property
    def by_qualname(self) -> dict[str, tuple[int, ...]]:
        """Qualname → indexes; several when it is defined more than once (branches, overloads, setters)."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for index, definition in enumerate(self.facts.definitions):
            found[definition.qualname].append(index)
        return {qualname: tuple(indexes) for qualname, indexes in found.items()}

    @cached_property
    def children(self) -> dict[int, dict[str, tuple[int, ...]]]:
        """Index of a definition → name → indexes of the definitions directly below it."""
        found: dict[int, dict[str, tuple[int, ...]]] = {}
        for index, definition in enumerate(self.facts.definitions):
            if index != MODULE:
                below = found.setdefault(definition.parent, {})
                below[definition.name] = (*below.get(definition.name, ()), index)
        return found

    @cached_property
    def imports(self) -> dict[int, dict[str, tuple[Import, ...]]]:
        """Index of a definition → alias → imports that bind it there."""
        found: dict[int, dict[str, tuple[Import, ...]]] = {}
        for item in self.facts.imports:
            if item.alias:
                below = found.setdefault(item.owner, {})
                below[item.alias] = (*below.get(item.alias, ()), item)
        return found

    @cached_property
    def imported(self) -> dict[str, tuple[Import, ...]]:
        """Name in the imported module → imports of it."""
        found: defaultdict[str, list[Import]] = defaultdict(list)
        for item in self.facts.imports:
            if item.name and item.alias:
                found[item.name].append(item)
        return {name: tuple(items) for name, items in found.items()}

    @cached_property
    def stars(self) -> tuple[Import, ...]:
        """Star imports of the module."""
        return tuple(item for item in self.facts.imports if item.name == "*")

    @cached_property
    def bindings(self) -> dict[tuple[int, str], tuple[Binding, ...]]:
        """(index of a definition, target) → what is known of its value."""
        found: defaultdict[tuple[int, str], list[Binding]] = defaultdict(list)
        for binding in self.facts.bindings:
            found[binding.owner, binding.target].append(binding)
        return {key: tuple(bindings) for key, bindings in found.items()}

    @cached_property
    def self_bindings(self) -> dict[tuple[int, str], tuple[Binding, ...]]:
        """(index of a class, attribute) → what its methods (and nested functions) store into ``self.attribute``."""
        found: defaultdict[tuple[int, str], list[Binding]] = defaultdict(list)
        for binding in self.facts.bindings:
            if binding.target.startswith("self."):
                cls = self.class_around(binding.owner)
                if cls is not None:
                    found[cls, binding.target[5:]].append(binding)
        return {key: tuple(bindings) for key, bindings in found.items()}

    @cached_property
    def by_name(self) -> dict[str, tuple[int, ...]]:
        """Last name → indexes of the definitions with that name."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for index, definition in enumerate(self.facts.definitions):
            found[definition.name].append(index)
        return {name: tuple(indexes) for name, indexes in found.items()}

    @cached_property
    def references(self) -> dict[int, tuple[Reference, ...]]:
        """Index of a definition → what it mentions."""
        found: defaultdict[int, list[Reference]] = defaultdict(list)
        for reference in self.facts.references:
            found[reference.source].append(reference)
        return {source: tuple(references) for source, references in found.items()}

    @cached_property
    def by_token(self) -> dict[str, tuple[Reference, ...]]:
        """Identifier → references in whose chain it occurs."""
        found: defaultdict[str, list[Reference]] = defaultdict(list)
        for reference in self.facts.references:
            for name in names_in(reference):
                found[name].append(reference)
        return {name: tuple(references) for name, references in found.items()}

    @cached_property
    def fixtures(self) -> dict[str, tuple[Fixture, ...]]:
        """Fixture name → fixtures, in source order."""
        found: defaultdict[str, list[Fixture]] = defaultdict(list)
        for fixture in self.facts.fixtures:
            found[fixture.name].append(fixture)
        return {name: tuple(fixtures) for name, fixtures in found.items()}

    @cached_property
    def fixture_at(self) -> dict[int, Fixture]:
        """Index of a definition → the fixture it is."""
        return {fixture.definition: fixture for fixture in self.facts.fixtures}

    @cached_property
    def renamed(self) -> dict[str, tuple[str, ...]]:
        """Name → other names the file gives it: ``import … as``, and assignments at module and class level."""
        found: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for name, alias in self._renamed():
            found[name][alias] = None
        return {name: tuple(aliases) for name, aliases in found.items()}

    def _renamed(self) -> Iterator[tuple[str, str]]:
        for item in self.facts.imports:
            name = item.name or item.module.rpartition(".")[2]
            if item.alias and item.alias not in {name, item.module.partition(".")[0]}:
                yield name, item.alias
        for binding in self.facts.bindings:
            owner = self.facts.definitions[binding.owner]
            if binding.kind is BindingKind.ASSIGN and owner.kind is not DefinitionKind.FUNCTION:
                name, alias = tokens_of(binding.chain)[-1], binding.target
                if name.isidentifier() and alias.isidentifier() and name != alias:
                    yield name, alias

    @cached_property
    def tests(self) -> tuple[int, ...]:
        """Indexes of the test functions, by the ``test`` flag."""
        return tuple(
            index
            for index, definition in enumerate(self.facts.definitions)
            if definition.kind is DefinitionKind.FUNCTION and "test" in definition.flags
        )

    @cached_property
    def locals(self) -> dict[int, frozenset[str]]:
        """Index of a definition → names its statements and parameters bind in its scope."""
        found: defaultdict[int, set[str]] = defaultdict(set)
        for statement in self.facts.statements:
            found[statement.owner].update(statement.binds)
        for binding in self.facts.bindings:
            if binding.target.isidentifier():
                found[binding.owner].add(binding.target)
        for reference in self.facts.references:
            if reference.kind is ReferenceKind.FIXTURE:
                found[reference.source].add(reference.chain)
        return {owner: frozenset(names) for owner, names in found.items()}

    def scopes_from(self, index: int, *, header: bool = False) -> Iterator[int]:
        """Scopes in which a name mentioned by definition ``index`` is looked up, innermost first.

        Classes are skipped unless the name is mentioned directly in the class body (language reference, 4.2.2).
        ``header``: the mention is in a decorator, default, annotation or base, outside the definition's own scope.
        """
        definitions = self.facts.definitions
        if index != MODULE and (header or definitions[index].kind is DefinitionKind.VARIABLE):
            index = definitions[index].parent
        first = True
        while True:
            if first or definitions[index].kind is not DefinitionKind.CLASS:
                yield index
            if index == MODULE:
                return
            first = False
            index = definitions[index].parent

    def look_up(self, name: str, index: int, *, header: bool = False) -> Found | None:
        """What ``name`` means in definition ``index``; ``None`` when no scope of the file binds it."""
        for scope in self.scopes_from(index, header=header):
            found = self.bound_in(name, scope)
            if found is not None:
                return found
        return None

    def bound_in(self, name: str, scope: int) -> Found | None:
        """Everything that binds ``name`` in one scope, or ``None``."""
        definitions = self.children.get(scope, {}).get(name, ())
        imports = self.imports.get(scope, {}).get(name, ())
        bindings = self.bindings.get((scope, name), ())
        if definitions or imports or bindings or name in self.locals.get(scope, ()):
            return Found(scope, definitions, imports, bindings)
        return None

    def class_around(self, index: int) -> int | None:
        """Index of the class in whose method definition ``index`` is (or which it is), or ``None``."""
        definitions = self.facts.definitions
        while index != MODULE:
            if definitions[index].kind is DefinitionKind.CLASS:
                return index
            index = definitions[index].parent
        return None


def is_header(reference: Reference, definition: Definition) -> bool:
    """Tell whether ``reference`` is evaluated outside the scope of the definition that mentions it."""
    return reference.kind in _HEADER and definition.kind is not DefinitionKind.MODULE


class Files:
    """The scopes of every file, made when first asked for."""

    def __init__(self, facts: FactsOf) -> None:
        self._facts = facts
        self._scopes: dict[str, FileScope | None] = {}
        self._mentioning: dict[str, tuple[str, ...]] = {}
        self.paths: Sequence[str] = facts.paths()

    def scope(self, path: str) -> FileScope | None:
        """Scope of the file, or ``None`` when there is no such file."""
        if path not in self._scopes:
            facts = self._facts.get(path)
            self._scopes[path] = FileScope(facts) if facts is not None else None
        return self._scopes[path]

    def mentioning(self, name: str) -> tuple[str, ...]:
        """Paths of the files in which ``name`` occurs, sorted."""
        if name not in self._mentioning:
            self._mentioning[name] = tuple(sorted(set(self._facts.mentioning(name))))
        return self._mentioning[name]

    def find(self, definition: str) -> tuple[FileScope, tuple[int, ...]] | None:
        """Scope and indexes of ``path::qualname``, or ``None`` when it does not exist."""
        path, _, qualname = definition.partition("::")
        scope = self.scope(path)
        indexes = scope.by_qualname.get(qualname) if scope is not None else None
        return (scope, indexes) if scope is not None and indexes else None

    def kind(self, definition: str) -> DefinitionKind | None:
        """Kind of a definition (of its last version in the file), or ``None`` when it does not exist."""
        found = self.find(definition)
        return found[0].facts.definitions[found[1][-1]].kind if found else None

    def flags(self, definition: str) -> frozenset[str]:
        """Flags of all versions of a definition."""
        found = self.find(definition)
        if not found:
            return frozenset()
        return frozenset(f for index in found[1] for f in found[0].facts.definitions[index].flags)

    def owner_class(self, definition: str) -> str | None:
        """The class a method or class attribute is directly below, or ``None``."""
        found = self.find(definition)
        if not found:
            return None
        scope, indexes = found
        parent = scope.facts.definitions[indexes[-1]].parent
        if (
            indexes[-1] == MODULE
            or scope.facts.definitions[parent].kind is not DefinitionKind.CLASS
        ):
            return None
        return scope.name_of(parent)

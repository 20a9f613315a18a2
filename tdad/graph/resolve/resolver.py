"""The resolver: what mentions what, answered on demand from the facts of one version of a project."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tdad.facts import (
    ANNOTATIONS,
    DEFINING,
    RENAMING,
    DefinitionKind,
    FactsOf,
    Import,
    Reference,
    ReferenceKind,
)
from tdad.graph.resolve.aliases import Aliases
from tdad.graph.resolve.chains import CALLED, LITERAL_KINDS, is_target, last_name, split
from tdad.graph.resolve.edge import Edge, ImportEdge
from tdad.graph.resolve.fixtures import Fixtures
from tdad.graph.resolve.imports import Imports
from tdad.graph.resolve.modules import Modules
from tdad.graph.resolve.scopes import MODULE, Files, FileScope, is_header
from tdad.graph.resolve.types import Types
from tdad.graph.resolve.values import Hit

_CONSTRUCTORS = frozenset({"__init__", "__new__", "__post_init__"})
_DECLARED = ANNOTATIONS | {
    ReferenceKind.DECORATOR,
    ReferenceKind.BASE,
    ReferenceKind.DEFAULT,
}
_CARRIERS = (str, bytes, list, tuple, dict, set, frozenset, int, float, type, BaseException)
"""Builtin types whose attributes an unknown receiver may as well have."""
_WEIGHT_OF_BUILTIN = 4
"""How many definitions of the project one of those counts for."""


class Resolver:
    """Answers point questions; nothing is resolved before it is asked for, and nothing twice.

    ``roots``: folders on ``sys.path``, relative to the project root, besides those that pytest and usual layouts put
    there.
    """

    def __init__(self, facts: FactsOf, roots: Sequence[str] = ()) -> None:
        self.files = Files(facts)
        self.modules = Modules(self.files.paths, roots)
        self._aliases = Aliases(self.files)
        self._types = Types(
            self.files, self.modules, self._aliases.names_of, self._by_name, self._fixture_of
        )
        self.names = self._types.names
        self.hierarchy = self._types.hierarchy
        self.fixtures = Fixtures(self.files, self.modules, self._types)
        self._imports = Imports(self.files, self.modules)
        self._hits: dict[int, tuple[Edge, ...]] = {}
        self._named: dict[str, tuple[Hit, ...]] = {}
        self._by_target: dict[tuple[str, str], dict[str, list[Edge]]] = {}
        self._readers: dict[str, tuple[Edge, ...]] = {}
        self._references: dict[str, tuple[Edge, ...]] = {}

    # -- references --------------------------------------------------------------------------------------------------

    def references(self, definition: str) -> Sequence[Edge]:
        """What ``definition`` itself mentions (body and header, not what is nested in it), sorted by line."""
        if definition not in self._references:
            found = self.files.find(definition)
            edges: set[Edge] = set()
            if found is not None:
                scope, indexes = found
                for index in indexes:
                    for reference in scope.references.get(index, ()):
                        edges.update(self.resolve(scope, reference))
                edges.update(self._autouse(scope, indexes[-1]))
            self._references[definition] = tuple(sorted(edges, key=_in_source))
        return self._references[definition]

    def references_at(self, definition: str, line: int) -> Iterator[Edge]:
        """What ``definition`` mentions in that line; the rest of it is not resolved."""
        found = self.files.find(definition)
        if found is not None:
            scope, indexes = found
            for index in indexes:
                for reference in scope.references.get(index, ()):
                    if reference.line == line:
                        yield from self.resolve(scope, reference)

    def _autouse(self, scope: FileScope, index: int) -> Iterator[Edge]:
        """Fixtures a test gets without asking."""
        if index not in scope.tests:
            return
        cls = scope.class_around(index)
        qualname = scope.facts.definitions[cls].qualname if cls is not None else ""
        for fixture in self.fixtures.autouse_of(scope.path, qualname):
            yield Edge(scope.name_of(index), fixture, ReferenceKind.FIXTURE, 0)

    def resolve(self, scope: FileScope, reference: Reference) -> tuple[Edge, ...]:
        """The edges of one reference of one file: every definition its chain mentions on the way."""
        key = id(
            reference
        )  # the facts live as long as we do, and hashing a reference costs more than resolving most
        if key not in self._hits:
            source = scope.name_of(reference.source)
            best: dict[tuple[str, ReferenceKind], Edge] = {}
            for kind, hit in self._mentioned(scope, reference):
                edge = Edge(
                    source, hit.definition, kind, reference.line, hit.weight, hit.ambiguous
                )
                known = best.get((hit.definition, kind))
                if known is None or known.weight < edge.weight or known.ambiguous:
                    best[hit.definition, kind] = edge
            self._hits[key] = tuple(best[each] for each in sorted(best))
        return self._hits[key]

    def _mentioned(
        self, scope: FileScope, reference: Reference
    ) -> Iterator[tuple[ReferenceKind, Hit]]:
        kind = reference.kind
        if kind is ReferenceKind.FIXTURE:
            found = self.fixtures.requested(scope, reference.source, reference.chain)
            if found is not None:
                yield kind, Hit(found)
        elif kind is ReferenceKind.IMPORT:
            yield from ((kind, hit) for hit in self.names.module(reference.chain, scope.path).hits)
        elif kind in LITERAL_KINDS:
            yield from ((kind, hit) for hit in self._named_by(reference.chain, scope.path))
        else:
            yield from self._in_chain(scope, reference)

    def _in_chain(
        self, scope: FileScope, reference: Reference
    ) -> Iterator[tuple[ReferenceKind, Hit]]:
        header = is_header(reference, scope.facts.definitions[reference.source])
        steps = self._types.chain(scope, reference.source, reference.chain, header=header)
        tokens = [token for token, _ in steps]
        for position, (token, found) in enumerate(steps):
            last = position == len(steps) - 1
            called = token == CALLED or (not last and tokens[position + 1] == CALLED)
            kind = ReferenceKind.CALL if called else ReferenceKind.READ
            if reference.kind in _DECLARED:
                kind = reference.kind
            yield from ((reference.kind if last else kind, hit) for hit in found.hits)
        runs = reference.kind in {ReferenceKind.CALL, ReferenceKind.DECORATOR}
        for value in steps[-1][1].values if steps and runs else ():
            yield from ((ReferenceKind.CALL, hit) for hit in self._types.call(value).hits)

    def _named_by(self, literal: str, importer: str) -> Iterable[Hit]:
        """Definitions that a literal ``pkg.mod.name`` or ``pkg.mod:name`` names, the module included."""
        if not is_target(literal):
            return ()
        parts = literal.replace(":", ".").split(".")
        for cut in range(len(parts), 0, -1):
            dotted = ".".join(parts[:cut])
            if self.modules.path_of(dotted, importer) is not None:
                return self._below(dotted, parts[cut:], importer)
        return ()

    def _below(self, dotted: str, names: Sequence[str], importer: str) -> Iterable[Hit]:
        found = self.names.module(dotted, importer)
        hits = list(found.hits)
        for name in names:
            found = self._types.attributes(found.values, name)
            hits.extend(hit for hit in found.hits if not hit.ambiguous)
        return hits

    def _by_name(self, name: str) -> Sequence[Hit]:
        """Class members called ``name`` anywhere, else module-level definitions: one of as many as there are."""
        if name not in self._named:
            members: set[str] = set()
            others: set[str] = set()
            for path in self.files.mentioning(DEFINING + name):
                scope = self.files.scope(path)
                for index in scope.by_name.get(name, ()) if scope is not None else ():
                    self._sort_in(scope, index, members, others)
            found = sorted(members or others)
            n = len(found) + _WEIGHT_OF_BUILTIN * sum(hasattr(c, name) for c in _CARRIERS)
            self._named[name] = tuple(
                Hit(definition, 1 / n, ambiguous=True) for definition in found
            )
        return self._named[name]

    @staticmethod
    def _sort_in(scope: FileScope | None, index: int, members: set[str], others: set[str]) -> None:
        if scope is None or index == MODULE:
            return
        parent = scope.facts.definitions[index].parent
        if scope.facts.definitions[parent].kind is DefinitionKind.CLASS:
            members.add(scope.name_of(index))
        elif (
            parent == MODULE and scope.facts.definitions[index].kind is not DefinitionKind.VARIABLE
        ):
            others.add(scope.name_of(index))

    def _fixture_of(self, scope: FileScope, index: int, name: str) -> str | None:
        return self.fixtures.of_parameter(scope, index, name)

    # -- readers -----------------------------------------------------------------------------------------------------

    def readers(self, definition: str) -> Sequence[Edge]:
        """Who mentions ``definition``, sorted. It need not exist: a deleted name may still be asked for.

        A module is mentioned by who imports it or reads its attributes; a fixture by who gets it; a constructor by who
        calls the class. Operators, ``with`` and iteration mention no definition: see ``tdad.graph.static``.
        """
        if definition not in self._readers:
            edges = set(self._mentions_of(definition))
            edges.update(self._imports_of_name(definition))
            edges.update(self.fixtures.users(definition))
            if not split(definition)[1]:
                edges.update(self._import_readers(split(definition)[0]))
            self._readers[definition] = tuple(sorted(edges, key=_in_target))
        return self._readers[definition]

    def _mentions_of(self, definition: str) -> Iterator[Edge]:
        for name in self.names_of(definition):
            for path in self.files.mentioning(name):
                yield from self._mentioned_by(path, name).get(definition, ())
        if last_name(definition) == "__call__":
            yield from self._calls_of(definition)

    def _calls_of(self, definition: str) -> Iterator[Edge]:
        """Calls of instances, in files that mention the class: the name that is called may be any."""
        paths = {
            path for name in self.names_of(definition) for path in self.files.mentioning(name)
        }
        for path in sorted(paths):
            scope = self.files.scope(path)
            for reference in scope.facts.references if scope is not None else ():
                if scope is not None and reference.kind is ReferenceKind.CALL:
                    edges = self.resolve(scope, reference)
                    yield from (edge for edge in edges if edge.target == definition)

    def _mentioned_by(self, path: str, name: str) -> Mapping[str, Sequence[Edge]]:
        """Definition → edges to it from the references of the file in whose chain ``name`` occurs."""
        key = (path, name)
        if key not in self._by_target:
            found: dict[str, list[Edge]] = {}
            scope = self.files.scope(path)
            for reference in scope.by_token.get(name, ()) if scope is not None else ():
                assert scope is not None
                for edge in self.resolve(scope, reference):
                    found.setdefault(edge.target, []).append(edge)
            self._by_target[key] = found
        return self._by_target[key]

    def _imports_of_name(self, definition: str) -> Iterator[Edge]:
        """``from … import`` statements that bind ``definition``: the alias reads it (in a function: the function)."""
        for name in self._aliases.names_of(definition):
            for path in self.files.mentioning(name):
                scope = self.files.scope(path)
                for item in scope.imported.get(name, ()) if scope is not None else ():
                    assert scope is not None
                    found = self.names.imported(item, path)
                    if any(hit.definition == definition for hit in found.hits):
                        source = self._alias(scope, item)
                        yield Edge(source, definition, ReferenceKind.IMPORT, item.line)

    @staticmethod
    def _alias(scope: FileScope, item: Import) -> str:
        owner = scope.facts.definitions[item.owner]
        if owner.kind is DefinitionKind.FUNCTION:
            return scope.name_of(item.owner)
        return f"{scope.path}::{owner.qualname}{'.' if owner.qualname else ''}{item.alias}"

    def names_of(self, definition: str) -> Sequence[str]:
        """Identifiers that a mention of ``definition`` must contain one of."""
        path, qualname = split(definition)
        if not qualname:
            names = [dotted.rpartition(".")[2] for dotted in self.modules.names_of(path)]
            return tuple(
                dict.fromkeys(n for name in names for n in (name, *self._module_aliases(name)))
            )
        names = list(self._aliases.names_of(definition))
        if names[0] in _CONSTRUCTORS or names[0] == "__call__":
            owner = self.files.owner_class(definition) or definition.rpartition(".")[0]
            for cls in (owner, *self.hierarchy.subclasses(owner)):
                names.extend(self._aliases.names_of(cls))
            names += ["cls", "self"]
        return tuple(dict.fromkeys(names))

    def _module_aliases(self, name: str) -> Iterator[str]:
        for path in self.files.mentioning(RENAMING + name):
            scope = self.files.scope(path)
            yield from scope.renamed.get(name, ()) if scope is not None else ()

    def _import_readers(self, path: str) -> Iterator[Edge]:
        for edge in self.importers_of(path):
            if edge.how in {"import", "literal", "plugin", "package"} and edge.line:
                yield Edge(edge.definition, f"{path}::", ReferenceKind.IMPORT, edge.line)

    def spelled(self, definition: str) -> Iterator[Edge]:
        """Who has the name of a method in a literal: ``getattr(x, "m")`` far away, generated code, dispatch tables."""
        name = last_name(definition)
        if self.files.owner_class(definition) is None or name.startswith("__"):
            return
        weight = 1 / max(1, len(self._by_name(name)))
        for path in self.files.mentioning(name):
            scope = self.files.scope(path)
            for reference in scope.by_token.get(name, ()) if scope is not None else ():
                if reference.kind is ReferenceKind.STRING and reference.chain == name:
                    assert scope is not None
                    source = scope.name_of(reference.source)
                    yield Edge(
                        source, definition, reference.kind, reference.line, weight, ambiguous=True
                    )

    # -- classes -----------------------------------------------------------------------------------------------------

    def bases(self, cls: str) -> Sequence[str]:
        """Direct bases as written: ``path::qualname``, or dotted text of what is outside the project."""
        return self.hierarchy.bases(cls)

    def mro(self, cls: str) -> Sequence[str]:
        """Method resolution order, ``cls`` first."""
        return self.hierarchy.mro(cls)

    def subclasses(self, cls: str, *, transitive: bool = True) -> Sequence[str]:
        """Classes that derive from ``cls``, sorted."""
        return self.hierarchy.subclasses(cls, transitive=transitive)

    def mro_lookup(self, cls: str, name: str) -> str | None:
        """The definition that attribute ``name`` of class ``cls`` is, or ``None``."""
        return self.hierarchy.mro_lookup(cls, name)

    def overrides(self, method: str) -> Sequence[str]:
        """Definitions in subclasses that hide ``method``, sorted."""
        return self.hierarchy.overrides(method)

    def overridden(self, method: str) -> Sequence[str]:
        """Definitions in base classes that ``method`` hides, nearest first."""
        return self.hierarchy.overridden(method)

    # -- modules -----------------------------------------------------------------------------------------------------

    def module_path(self, dotted: str, importer: str = "") -> str | None:
        """Path of the module or package ``dotted`` as the file ``importer`` would get it, or ``None``."""
        return self.modules.path_of(dotted, importer)

    def imports_of(self, path: str) -> Sequence[ImportEdge]:
        """Files whose top level ``path`` may run, sorted by line."""
        return self._imports.imports_of(path)

    def importers_of(self, path: str) -> Sequence[ImportEdge]:
        """Files that may run the top level of ``path``, sorted."""
        return self._imports.importers_of(path)

    def import_closure(self, path: str) -> Mapping[str, int]:
        """Files that ``path`` imports, directly or not → number of imports between (0: itself)."""
        return self._imports.import_closure(path)

    def reverse_import_closure(self, path: str) -> Mapping[str, int]:
        """Files that import ``path``, directly or not → number of imports between (0: itself)."""
        return self._imports.reverse_import_closure(path)

    # -- fixtures ----------------------------------------------------------------------------------------------------

    def fixture_for(self, test_path: str, name: str, class_qualname: str = "") -> str | None:
        """The fixture definition a test in that class (or at module level) of ``test_path`` gets for ``name``."""
        return self.fixtures.fixture_for(test_path, name, class_qualname)

    def fixture_users(self, fixture: str) -> Sequence[Edge]:
        """Tests and fixtures that get the fixture definition ``fixture``, autouse included, sorted."""
        return self.fixtures.users(fixture)


def _in_source(edge: Edge) -> tuple[int, str, str, float]:
    """Order of the edges of one source. Tuples of strings compare faster than dataclasses, and there are many."""
    return edge.line, edge.target, edge.kind.value, edge.weight


def _in_target(edge: Edge) -> tuple[str, int, str, float]:
    """Order of the edges to one target."""
    return edge.source, edge.line, edge.kind.value, edge.weight

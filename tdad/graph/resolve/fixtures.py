"""pytest fixtures: which definition a test's parameter is, and who uses a fixture.

The rules are pytest's ("Override a fixture on various levels", how-to/fixtures): the class and its bases, the module
(what it imports included), ``conftest.py`` from the nearest folder outwards, then plugins; the nearest wins, and a
fixture that requests its own name gets the next one outwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from posixpath import basename, dirname

from tdad.facts import Fixture, ReferenceKind
from tdad.graph.resolve.chains import split
from tdad.graph.resolve.edge import Edge
from tdad.graph.resolve.modules import Modules
from tdad.graph.resolve.scopes import MODULE, Files, FileScope
from tdad.graph.resolve.types import Types
from tdad.graph.resolve.values import Form


class Fixtures:
    """Finds fixtures by pytest's rules."""

    def __init__(self, files: Files, modules: Modules, types: Types) -> None:
        self._files = files
        self._modules = modules
        self._types = types
        self._places: dict[str, tuple[str, ...]] = {}
        self._found: dict[tuple[str, str, str], tuple[str, ...]] = {}

    # -- from a request to the fixture -------------------------------------------------------------------------------

    def candidates(self, path: str, name: str, class_qualname: str = "") -> tuple[str, ...]:
        """Fixtures called ``name`` that are visible there, nearest first."""
        key = (path, name, class_qualname)
        if key not in self._found:
            self._found[key] = tuple(dict.fromkeys(self._visible(path, name, class_qualname)))
        return self._found[key]

    def fixture_for(
        self, path: str, name: str, class_qualname: str = "", requester: str = ""
    ) -> str | None:
        """The fixture that a test or fixture in that class (or at module level) of ``path`` gets for ``name``.

        ``requester``: the fixture that asks, so that one that overrides ``name`` and requests it gets the overridden.
        """
        found = self.candidates(path, name, class_qualname)
        if requester in found:
            found = found[found.index(requester) + 1 :]
        return found[0] if found else None

    def _visible(self, path: str, name: str, class_qualname: str) -> Iterator[str]:
        while class_qualname:
            yield from self._in_class(f"{path}::{class_qualname}", name)
            class_qualname = class_qualname.rpartition(".")[0]
        yield from self._in_module(path, name)
        for place in self.places(path):
            yield from self._in_module(place, name)
        yield from self._of_entry_points(path, name)

    def _in_class(self, cls: str, name: str) -> Iterator[str]:
        for each in self._types.hierarchy.mro(cls):
            found = self._files.find(each)
            if found is None:
                continue
            scope, indexes = found
            for fixture in reversed(scope.fixtures.get(name, ())):
                if scope.facts.definitions[fixture.definition].parent in indexes:
                    yield scope.name_of(fixture.definition)

    def _in_module(self, path: str, name: str) -> Iterator[str]:
        scope = self._files.scope(path)
        if scope is None:
            return
        for fixture in reversed(scope.fixtures.get(name, ())):
            if scope.facts.definitions[fixture.definition].parent == MODULE:
                yield scope.name_of(fixture.definition)
        if name in scope.imports.get(MODULE, {}) or scope.stars:
            yield from self._imported(path, name)

    def _imported(self, path: str, name: str) -> Iterator[str]:
        """Fixtures a module imports are the module's."""
        found = self._types.names.member(path, name)
        for value in found.values if found is not None else ():
            if value.form is Form.OBJECT and self.fixture(value.what) is not None:
                yield value.what

    def _of_entry_points(self, path: str, name: str) -> Iterator[str]:
        """Fixtures of the project's own plugins (``pytest11``): of modules that are neither tests nor conftests."""
        for candidate in self._files.mentioning(name):
            scope = self._files.scope(candidate)
            if (
                candidate != path
                and scope is not None
                and name in scope.fixtures
                and _is_plugin(candidate)
            ):
                yield from self._in_module(candidate, name)

    def places(self, path: str) -> tuple[str, ...]:
        """Files other than ``path`` whose fixtures its tests see, nearest first: conftests, then plugins."""
        if path not in self._places:
            conftests = self._modules.conftests(path)
            roots = (path, *conftests)
            self._places[path] = tuple(dict.fromkeys((*conftests, *self._plugins(roots))))
        return self._places[path]

    def _plugins(self, paths: Iterable[str]) -> Iterator[str]:
        queue = list(paths)
        seen: set[str] = set()
        for path in queue:
            scope = self._files.scope(path)
            for dotted in scope.facts.plugins if scope is not None else ():
                plugin = self._modules.path_of(dotted, path)
                if plugin is not None and plugin not in seen:
                    seen.add(plugin)
                    queue.append(plugin)
                    yield plugin

    def fixture(self, definition: str) -> Fixture | None:
        """The fixture that ``definition`` is, or ``None``."""
        found = self._files.find(definition)
        if found is None:
            return None
        scope, indexes = found
        return next(
            (scope.fixture_at[i] for i in reversed(indexes) if i in scope.fixture_at), None
        )

    def of_parameter(self, scope: FileScope, index: int, name: str) -> str | None:
        """The fixture that parameter ``name`` of definition ``index`` is, if it requests one."""
        for reference in scope.references.get(index, ()):
            if reference.kind is ReferenceKind.FIXTURE and reference.chain == name:
                return self.requested(scope, index, name)
        return None

    def requested(self, scope: FileScope, index: int, name: str) -> str | None:
        """The fixture that definition ``index`` gets when it requests ``name``."""
        cls = scope.class_around(index)
        qualname = scope.facts.definitions[cls].qualname if cls is not None else ""
        requester = scope.name_of(index) if index in scope.fixture_at else ""
        return self.fixture_for(scope.path, name, qualname, requester)

    def nearer(self, test: str, path: str, class_qualname: str = "") -> Iterator[str]:
        """Fixtures that the test ``test``, collected in that class of ``path``, gets instead of outer ones.

        Also for what the fixtures that it requests request: those are looked up from where the test is.
        """
        found = self._files.find(test)
        if found is None:
            return
        scope, indexes = found
        pending = [
            reference.chain
            for index in indexes
            for reference in scope.references.get(index, ())
            if reference.kind is ReferenceKind.FIXTURE
        ]
        seen = set(pending)
        while pending:
            candidates = self.candidates(path, pending.pop(), class_qualname)
            if len(candidates) > 1:
                yield candidates[0]
            for each in candidates:
                fixture = self.fixture(each)
                more = set(fixture.requests) - seen if fixture is not None else set()
                seen |= more
                pending += sorted(more)

    # -- from the fixture to its users -------------------------------------------------------------------------------

    def users(self, definition: str) -> tuple[Edge, ...]:
        """Tests and fixtures that get the fixture ``definition``: by request, or because it is autouse."""
        fixture = self.fixture(definition)
        if fixture is None:
            return ()
        edges: set[Edge] = set()
        for path in self._files.mentioning(fixture.name):
            scope = self._files.scope(path)
            if scope is not None:
                edges.update(self._requests(scope, definition, fixture.name))
        if fixture.autouse:
            edges.update(self._captured(definition, fixture.name))
        return tuple(sorted(edges))

    def _requests(self, scope: FileScope, definition: str, name: str) -> Iterator[Edge]:
        for reference in scope.by_token.get(name, ()):
            if reference.kind is not ReferenceKind.FIXTURE or reference.chain != name:
                continue
            source = scope.name_of(reference.source)
            if source != definition and self._gets(scope, reference.source, name, definition):
                yield Edge(source, definition, ReferenceKind.FIXTURE, reference.line)

    def _gets(self, scope: FileScope, index: int, name: str, definition: str) -> bool:
        """Tell whether the requester gets ``definition``, itself or when a subclass or importer runs it elsewhere."""
        if self.requested(scope, index, name) == definition:
            return True
        cls = scope.class_around(index)
        if cls is not None:
            for sub in self._types.hierarchy.subclasses(scope.name_of(cls)):
                path, qualname = split(sub)
                if self.fixture_for(path, name, qualname) == definition:
                    return True
        return not self.candidates(scope.path, name) and not _is_plugin(split(definition)[0])

    def _captured(self, definition: str, name: str) -> Iterator[Edge]:
        """Tests that get an autouse fixture without asking."""
        path = split(definition)[0]
        owner = self._files.owner_class(definition)
        for place in self._reach_of(path):
            scope = self._files.scope(place)
            for index in scope.tests if scope is not None else ():
                cls = scope.class_around(index) if scope is not None else None
                if scope is None or (owner is not None and cls is None):
                    continue
                within = scope.facts.definitions[cls].qualname if cls is not None else ""
                if definition in self.candidates(place, name, within)[:1]:
                    yield Edge(scope.name_of(index), definition, ReferenceKind.FIXTURE, 0)

    def _reach_of(self, path: str) -> Iterable[str]:
        """Files whose tests may see the fixtures of ``path``."""
        if basename(path) == "conftest.py":
            return self._modules.below(dirname(path))
        mentioning = {
            p
            for name in self._modules.names_of(path)
            for p in self._files.mentioning(name.rpartition(".")[2])
        }
        if _is_plugin(path):
            return self._files.paths
        folders = {dirname(p) for p in mentioning if basename(p) == "conftest.py"}
        below = {p for folder in folders for p in self._modules.below(folder)}
        return sorted(mentioning | below | {path})

    def autouse_of(self, path: str, class_qualname: str = "") -> tuple[str, ...]:
        """Autouse fixtures that a test in that class (or at module level) of ``path`` gets, sorted."""
        found: set[str] = set()
        for place in (path, *self.places(path)):
            scope = self._files.scope(place)
            for fixture in scope.facts.fixtures if scope is not None else ():
                if fixture.autouse and scope is not None:
                    definition = scope.name_of(fixture.definition)
                    if definition in self.candidates(path, fixture.name, class_qualname)[:1]:
                        found.add(definition)
        if class_qualname:
            found.update(self._autouse_of_class(f"{path}::{class_qualname}"))
        return tuple(sorted(found))

    def _autouse_of_class(self, cls: str) -> Iterator[str]:
        for each in self._types.hierarchy.mro(cls):
            found = self._files.find(each)
            if found is not None:
                scope, indexes = found
                for fixture in scope.facts.fixtures:
                    if (
                        fixture.autouse
                        and scope.facts.definitions[fixture.definition].parent in indexes
                    ):
                        yield scope.name_of(fixture.definition)


def _is_plugin(path: str) -> bool:
    """Tell whether pytest may load ``path`` as a plugin by entry point: it is neither a test module nor a conftest."""
    name = basename(path)
    return not (name == "conftest.py" or name.startswith("test_") or name.endswith("_test.py"))

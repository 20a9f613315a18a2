"""Who imports a module: the tests whose process, run alone, runs its top level."""

from __future__ import annotations

import posixpath
from collections import deque
from collections.abc import Iterator

from tdad.facts import DefinitionKind, Owner, OwnerKind, Site
from tdad.graph.impacts.world import World, innermost
from tdad.graph.resolve.edge import ImportEdge


def tests_importing(world: World, path: str) -> frozenset[str]:
    """Tests whose process, run alone, imports ``path``.

    Imports at the top of files give more files, and with them the tests in those files, or below a conftest. An import
    inside a function counts for whoever entered the function, not for every file that could call it; who was seen to
    run the module first is only one of them, for the others found it in ``sys.modules``.
    """
    if path not in world.importing:
        world.importing[path] = frozenset(_Importers(world, path).tests())
    return world.importing[path]


class _Importers:
    def __init__(self, world: World, path: str) -> None:
        self._world = world
        self._files = {path}
        self._pending = deque([path])
        self._tests: set[str] = set()
        self._functions: set[tuple[str, str]] = set()
        self._moved = list(world.now.files.paths) != list(world.before.files.paths)
        self._before: dict[str, list[ImportEdge]] = {}
        for changed in world.old:
            for edge in world.before.imports_of(changed):
                self._before.setdefault(edge.target, []).append(edge)

    def tests(self) -> set[str]:
        while self._pending:
            current = self._pending.popleft()
            self._written(current)
            self._seen(current)
        for path, node_ids in self._world.tests_by_file().items():
            if path in self._files or not self._files.isdisjoint(_conftests(path)):
                self._tests.update(node_ids)
        return self._tests

    def _written(self, path: str) -> None:
        """Import statements, and what amounts to them."""
        world = self._world
        before = world.before.importers_of(path) if self._moved else self._before.get(path, ())
        for edge in (*world.now.importers_of(path), *before):
            qualname = edge.definition.partition("::")[2]
            found = world.definition(edge.source, qualname) if edge.lazy else None
            if found is not None and found.kind is DefinitionKind.FUNCTION:
                self._function(edge.source, qualname)
            else:
                self._file(edge.source)

    def _seen(self, path: str) -> None:
        """Who was seen to run the top level, and the code that asked for it."""
        for owner, sites in self._world.recorded.importers(path).items():
            self._owner(owner)
            if owner.kind is not OwnerKind.IMPORT:
                for site in sites:
                    self._asked_at(site)

    def _asked_at(self, site: Site) -> None:
        world = self._world
        for digest in world.recorded.versions(site.path):
            facts = world.recorded_facts(site.path, digest)
            if facts is not None:
                asking = innermost(facts, site.line)
                if asking.kind is DefinitionKind.FUNCTION:
                    self._function(site.path, asking.qualname)

    def _function(self, path: str, qualname: str) -> None:
        """Whoever entered the function."""
        if (path, qualname) in self._functions:
            return
        self._functions.add((path, qualname))
        for owner, _ in self._world.entered(path, qualname):
            self._owner(owner)

    def _owner(self, owner: Owner) -> None:
        if owner.kind is OwnerKind.IMPORT:
            self._file(owner.name)
        else:
            self._tests.update(self._world.recorded.inheritors(owner))

    def _file(self, path: str) -> None:
        if path not in self._files:
            self._files.add(path)
            self._pending.append(path)


def _conftests(path: str) -> Iterator[str]:
    directory = posixpath.dirname(path)
    while True:
        yield posixpath.join(directory, "conftest.py")
        if not directory:
            return
        directory = posixpath.dirname(directory)

"""Which file runs which other file's top level."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from posixpath import basename, dirname

from tdad.facts import DefinitionKind, Import
from tdad.graph.resolve.chains import LITERAL_KINDS
from tdad.graph.resolve.edge import ImportEdge
from tdad.graph.resolve.modules import Modules
from tdad.graph.resolve.scopes import MODULE, Files, FileScope

_INIT = "__init__.py"


class Imports:
    """Import edges between the project's files."""

    def __init__(self, files: Files, modules: Modules) -> None:
        self._files = files
        self._modules = modules
        self._of: dict[str, tuple[ImportEdge, ...]] = {}
        self._into: dict[str, list[ImportEdge]] = {}
        """Target → edges of the files that were looked at so far."""
        self._importers: dict[str, tuple[ImportEdge, ...]] = {}

    def imports_of(self, path: str) -> tuple[ImportEdge, ...]:
        """What ``path`` imports, sorted by line; packages around a target come with it, and ``conftest.py`` files."""
        if path not in self._of:
            scope = self._files.scope(path)
            edges = set(self._edges(scope)) if scope is not None else set()
            self._of[path] = tuple(sorted(edges, key=lambda e: (e.line, e)))
            for edge in self._of[path]:
                self._into.setdefault(edge.target, []).append(edge)
        return self._of[path]

    def _edges(self, scope: FileScope) -> Iterator[ImportEdge]:
        for item in scope.facts.imports:
            for target, how in self._targets(item, scope.path):
                by_name = (
                    "literal" if how == "import" and not item.alias and not item.name else how
                )
                yield self._edge(
                    scope, item.owner, item.line, target, by_name, conditional=item.conditional
                )
        for reference in scope.facts.references:
            if reference.kind in LITERAL_KINDS:
                for target in self._literal(reference.chain, scope.path):
                    yield self._edge(scope, reference.source, reference.line, target, "string")
        for plugin in scope.facts.plugins:
            for target, _ in self._chain_of(plugin, scope.path):
                yield self._edge(scope, MODULE, 1, target, "plugin")
        for target in self._modules.ancestors(scope.path):
            yield self._edge(scope, MODULE, 0, target, "package")
        for target in self._modules.conftests(scope.path):
            yield self._edge(scope, MODULE, 0, target, "conftest")

    def _edge(
        self,
        scope: FileScope,
        owner: int,
        line: int,
        target: str,
        how: str,
        *,
        conditional: bool = False,
    ) -> ImportEdge:
        definitions = scope.facts.definitions
        index = owner
        while index != MODULE and definitions[index].kind is not DefinitionKind.FUNCTION:
            index = definitions[index].parent
        lazy = MODULE not in {index, owner}
        if how == "string":
            lazy = True  # whoever reads the literal may import it, later
        return ImportEdge(scope.path, target, scope.name_of(owner), line, conditional, lazy, how)

    def _targets(self, item: Import, importer: str) -> Iterator[tuple[str, str]]:
        yield from self._chain_of(item.module, importer)
        if item.name == "*":
            yield from ((path, "import") for path in self._starred(item.module, importer))
        elif item.name:
            inner = self._modules.path_of(f"{item.module}.{item.name}", importer)
            if inner is not None and inner != importer:
                yield inner, "import"

    def _chain_of(self, dotted: str, importer: str) -> Iterator[tuple[str, str]]:
        """The module ``dotted`` and the packages around it."""
        path = self._modules.path_of(dotted, importer)
        if path is not None:
            if path != importer:
                yield path, "import"
            yield from ((p, "package") for p in self._modules.ancestors(path) if p != importer)
            return
        outer = dotted.rpartition(".")[0]
        while outer:  # ``import pkg.missing`` runs pkg/__init__.py before it fails
            path = self._modules.path_of(outer, importer)
            if path is not None and path != importer:
                yield path, "package"
            outer = outer.rpartition(".")[0]

    def _starred(self, module: str, importer: str) -> Iterator[str]:
        """Submodules that ``from module import *`` imports because ``__all__`` lists them."""
        path = self._modules.path_of(module, importer)
        scope = self._files.scope(path) if path is not None else None
        for name in (scope.facts.exports or ()) if scope is not None else ():
            inner = self._modules.path_of(f"{module}.{name}", importer)
            if inner is not None:
                yield inner

    def _literal(self, literal: str, importer: str) -> Iterator[str]:
        """The longest beginning of ``literal`` that is a module; a name without dots is any word, so it is not."""
        dotted = literal.replace(":", ".")
        while "." in dotted:
            path = self._modules.path_of(dotted, importer)
            if path is not None:
                yield path
                return
            dotted = dotted.rpartition(".")[0]

    def importers_of(self, path: str) -> tuple[ImportEdge, ...]:
        """Who imports ``path``, sorted."""
        if path not in self._importers:
            candidates = self._candidates(path) - {path}
            for candidate in candidates:
                self.imports_of(candidate)
            edges = [edge for edge in self._into.get(path, ()) if edge.source in candidates]
            self._importers[path] = tuple(sorted(edges))
        return self._importers[path]

    def _candidates(self, path: str) -> set[str]:
        found: set[str] = set()
        folder = dirname(path)
        for dotted in self._modules.names_of(path):
            found.update(self._files.mentioning(dotted.rpartition(".")[2]))
        if basename(path) in {_INIT, "conftest.py"}:
            found.update(self._modules.below(folder))
        package = f"{folder}/{_INIT}" if folder else _INIT
        scope = self._files.scope(package) if package != path else None
        if scope is not None and basename(path).removesuffix(".py") in (scope.facts.exports or ()):
            found.update(edge.source for edge in self.importers_of(package))
        return found

    def closure(self, path: str, step: Callable[[str], Iterable[str]]) -> dict[str, int]:
        """Files reachable from ``path`` by ``step`` → number of imports between; ``path`` itself is 0."""
        distance = {path: 0}
        queue = [path]
        for current in queue:
            for following in step(current):
                if following not in distance:
                    distance[following] = distance[current] + 1
                    queue.append(following)
        return distance

    def import_closure(self, path: str) -> dict[str, int]:
        """Files whose top level (or a function's import) ``path`` may run → number of imports between."""
        return self.closure(path, lambda p: [edge.target for edge in self.imports_of(p)])

    def reverse_import_closure(self, path: str) -> dict[str, int]:
        """Files that may run the top level of ``path`` → number of imports between."""
        return self.closure(path, lambda p: [edge.source for edge in self.importers_of(p)])

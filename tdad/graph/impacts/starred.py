"""What ``from module import *`` brings, in both versions."""

from __future__ import annotations

from tdad.facts import AND_MORE, Change, FileFacts
from tdad.graph.impacts.importing import tests_importing
from tdad.graph.impacts.world import World
from tdad.graph.resolve.names import is_exported

ALL = "__all__"


def star_importers(world: World, path: str) -> set[str]:
    """Files with ``from <path> import *``, now or before."""
    found = set()
    for resolver in (world.now, world.before):
        for edge in resolver.importers_of(path):
            scope = resolver.files.scope(edge.source)
            for item in scope.stars if scope is not None else ():
                if resolver.module_path(item.module, edge.source) == path:
                    found.add(edge.source)
    return found


def importing_by_star(world: World, path: str) -> frozenset[str]:
    """Tests whose process runs a star import of the module."""
    importers = star_importers(world, path)
    return frozenset[str]().union(*(tests_importing(world, importer) for importer in importers))


def bound_names(facts: FileFacts | None) -> frozenset[str]:
    """Names that the module itself binds; a star import of ``__all__`` raises for a name that is not there."""
    if facts is None:
        return frozenset()
    names = {d.qualname for d in facts.definitions[1:] if d.parent == 0}
    return frozenset(names | {item.alias for item in facts.imports if item.owner == 0})


def starred_names(facts: FileFacts | None) -> frozenset[str]:
    """Names that a star import brings, as far as ``__all__`` is literal; else all that are not private."""
    if facts is None:
        return frozenset()
    listed = frozenset(facts.exports or ()) - {AND_MORE}
    return listed | {name for name in bound_names(facts) if name and is_exported(facts, name)}


def may_be_starred(world: World, path: str, change: Change) -> frozenset[str]:
    """Names that a star import may bring or not, when what ``__all__`` is computed from is affected by the change.

    None when it is literal in both versions and the statement itself changed: then the two lists say which.
    """
    versions = [
        facts for facts in (world.old.get(path), world.head.get(path)) if facts is not None
    ]
    itself = path == change.path and ALL in {change.qualname, *change.binds}
    if itself and not any(is_computed(facts) for facts in versions):
        return frozenset()
    literal = frozenset[str].intersection(*(frozenset(facts.exports or ()) for facts in versions))
    return frozenset[str]().union(*map(bound_names, versions)) - literal - {ALL}


def is_computed(facts: FileFacts) -> bool:
    """Whether ``__all__`` is there and is more than a literal."""
    return AND_MORE in (facts.exports or ())

"""One static step: from an affected name to the places whose code mentions it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tdad.facts import ANNOTATIONS, Definition, DefinitionKind, Evidence, ReferenceKind, Site
from tdad.graph.impacts.classes import annotations_are_read, split
from tdad.graph.impacts.handed_on import is_given_attribute
from tdad.graph.impacts.importing import tests_importing
from tdad.graph.impacts.making import makers_seen
from tdad.graph.impacts.raising import HEADER_KINDS, may_fail_at
from tdad.graph.impacts.search import Search
from tdad.graph.impacts.trails import Trail
from tdad.graph.impacts.world import World
from tdad.graph.resolve import Edge, Resolver


def new_edges(world: World, now: Sequence[Edge], before: Sequence[Edge]) -> Iterable[Edge]:
    """Edges that the old version did not have: in a changed file only its lines are the recorded ones."""
    known = {(edge.source, edge.kind) for edge in before if split(edge.source)[0] in world.old}
    return (edge for edge in now if (edge.source, edge.kind) not in known)


def looked_up(search: Search, path: str, name: str, trail: Trail) -> None:
    """Looking the name up from outside of the module is affected, not what it means."""
    world = search.world
    where = f"{path}::{name}"
    before = world.before.readers(where)
    for edge in before:
        if not edge.source.startswith(f"{path}::"):
            follow_edge(search, world.before, edge, where, trail)
    for edge in new_edges(world, world.now.readers(where), before):
        if not edge.source.startswith(f"{path}::"):
            follow_edge(search, world.now, edge, where, trail)


def called(search: Search, path: str, qualname: str, trail: Trail) -> None:
    """Calls of the function are affected, also those that never get into it."""
    before = search.world.before
    where = f"{path}::{qualname}"
    for edge in before.readers(where):
        if edge.kind is ReferenceKind.CALL:
            follow_edge(search, before, edge, where, trail)


def read_by(search: Search, where: str, trail: Trail, line: int) -> None:
    """A definition reads something affected in that line of the current version."""
    reader = search.world.definition(*split(where))
    if reader is not None:
        edge = Edge(where, "", ReferenceKind.READ, line)
        _follow_reader(search, search.world.now, edge, reader, trail)


def follow_edge(search: Search, resolver: Resolver, edge: Edge, target: str, trail: Trail) -> None:
    """Follow one mention of ``target``, unless it says nothing about the value."""
    world = search.world
    if edge.ambiguous and _is_observed(search, target):
        return  # it may be of any class, and whoever meant this one entered it
    if edge.ambiguous:
        trail = trail.only(tests_importing(world, split(target)[0]))
    reader = world.definition(*split(edge.source))
    step = trail.then("read by", edge.source, edge.weight, Evidence.DERIVED)
    if reader is None or edge.kind is ReferenceKind.WRITE:
        return
    if edge.kind is ReferenceKind.FIXTURE and search.follows_change:
        world.rebound.add(edge.source)  # the fixture's parameters are in the ids
    if edge.kind is ReferenceKind.IMPORT:
        return  # whoever reads the alias is among the readers as well
    if edge.kind is ReferenceKind.READ and is_given_attribute(resolver, edge):
        return  # it is kept in the class itself: whoever reads it there has the class
    if edge.kind in ANNOTATIONS and not annotations_are_read(resolver, edge.source):
        return
    _follow_reader(search, resolver, edge, reader, step)


def _is_observed(search: Search, target: str) -> bool:
    """Whether the target is a function, recorded as it was, that runs whenever it is used."""
    world = search.world
    return (
        world.before.files.kind(target) is DefinitionKind.FUNCTION
        and bool(world.recorded.versions(split(target)[0]))
        and not search.memos.hides(target)
    )


def _follow_reader(
    search: Search, resolver: Resolver, edge: Edge, reader: Definition, step: Trail
) -> None:
    world = search.world
    path, qualname = split(edge.source)
    if step.raises and not edge.ambiguous and may_fail_at(world, resolver, edge, reader):
        search.fails(path, step)
    makers = makers_seen(world, edge, reader) if search.follows_change else None
    if makers is not None and not search.memos.hides(edge.target):
        step = step.used_by(makers)
    if reader.kind is DefinitionKind.FUNCTION:
        if edge.kind in HEADER_KINDS | ANNOTATIONS:
            search.bound(path, qualname, step)
        old = resolver is world.before and path in world.old
        search.executed(path, qualname, step, edge.line, old=old)
    elif reader.kind is DefinitionKind.MODULE:
        now = resolver is world.now and path in world.old
        search.statement(Site(path, edge.line), step, now=now)
    else:
        search.bound(path, qualname, step)

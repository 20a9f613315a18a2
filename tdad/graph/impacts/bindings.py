"""From a name whose value is affected to who gets at it: by writing the name, and in the ways that do not write it."""

from __future__ import annotations

from tdad.facts import (
    ONLY_ANNOTATIONS,
    ONLY_PARAMETERS,
    DefinitionKind,
    Evidence,
    OwnerKind,
    Part,
)
from tdad.graph.impacts.collected import asked_through_pytest, governed
from tdad.graph.impacts.effects import stores_only
from tdad.graph.impacts.handed_on import holders, passed_on
from tdad.graph.impacts.members import carried, in_hand
from tdad.graph.impacts.places import Bound
from tdad.graph.impacts.readers import follow_edge, looked_up, new_edges, read_by
from tdad.graph.impacts.search import Search
from tdad.graph.impacts.starred import ALL, importing_by_star, may_be_starred
from tdad.graph.impacts.trails import Trail
from tdad.graph.impacts.world import World, innermost


def follow_bound(search: Search, place: Bound) -> None:
    """Tests that the name defines or governs, what it carries with it, and its readers."""
    world, path, qualname, trail = search.world, place.path, place.qualname, place.trail
    where = f"{path}::{qualname}"
    definition = world.definition(path, qualname)
    if search.follows_change:
        world.rebound.add(where)
        trail = in_hand(search, path, qualname, trail)
    search.tests(
        world.tests_of_definition(where),
        trail.then("defines the test", where, evidence=Evidence.DERIVED),
    )
    decides = trail.then("is looked up by pytest for", path, evidence=Evidence.DERIVED)
    search.tests(governed(world, path, qualname), decides)
    if definition is not None and not (place.kept and definition.kind is DefinitionKind.VARIABLE):
        carried(search, path, definition, trail)
    _read(search, where, trail, kept=place.kept)
    if qualname == ALL:
        _exported(search, path, trail)
    if "." not in qualname:
        _unwritten(search, path, qualname, trail)


def _read(search: Search, where: str, trail: Trail, *, kept: bool) -> None:
    """Whoever mentions the name. ``kept``: only to store into it says nothing of what it holds."""
    world = search.world
    change = trail.change
    same = change.part is Part.DOCSTRING or change.detail in {ONLY_ANNOTATIONS, ONLY_PARAMETERS}
    before = world.before.readers(where)
    for edge in before:
        if not (kept and stores_only(world.before, edge, same_keys=same)):
            follow_edge(search, world.before, edge, where, trail)
    for edge in new_edges(world, world.now.readers(where), before):
        if not (kept and stores_only(world.now, edge, same_keys=same)):
            follow_edge(search, world.now, edge, where, trail)


def _exported(search: Search, path: str, trail: Trail) -> None:
    """What ``__all__`` is made from is affected: star imports may bring more names, or fewer."""
    world = search.world
    names = may_be_starred(world, path, trail.change) if search.follows_change else ()
    narrowed = trail.only(importing_by_star(world, path)) if names else trail
    for name in sorted(names):
        step = narrowed.then("may export", f"{path}::{name}", evidence=Evidence.DERIVED)
        looked_up(search, path, name, step)


def _unwritten(search: Search, path: str, name: str, trail: Trail) -> None:
    """Whoever may read a name of the module without writing it."""
    world = search.world
    narrowed = trail.only(frozenset(world.tests_of_file(path)))
    for reader, line in asked_through_pytest(world, path, name):
        step = narrowed.then("is asked for by", reader, evidence=Evidence.DERIVED)
        read_by(search, reader, step, line)
    _loaded(search, path, trail)
    _handed_on(search, path, name, trail)


def _loaded(search: Search, path: str, trail: Trail) -> None:
    """Code that imported the module by a computed name may read any name of it."""
    world = search.world
    for owner, sites in world.recorded.importers(path).items():
        for site in sites:
            if not site.path or _imports_statically(world, site.path, path):
                continue
            step = trail.then(
                "imported by a computed name at",
                f"{site.path}:{site.line}",
                evidence=Evidence.DERIVED,
            )
            if owner.kind is OwnerKind.IMPORT and owner.name == site.path:
                search.statement(site, step)
            facts = world.facts_of_run(site.path)
            if facts is not None:
                search.executed(site.path, innermost(facts, site.line).qualname, step)


def _imports_statically(world: World, importer: str, path: str) -> bool:
    return any(edge.target == path for edge in world.now.imports_of(importer))


def _handed_on(search: Search, path: str, name: str, trail: Trail) -> None:
    """Code that has the module in hand, or one that imports the name, may read it without writing it."""
    world = search.world
    for resolver in (world.before, world.now):
        for module in {path, *passed_on(resolver, path, name)}:
            if search.first(("handed on", resolver is world.now, module, trail.requires)):
                for edge in holders(resolver, module):
                    follow_edge(search, resolver, edge, f"{module}::", trail)

"""From code that is affected to who was seen to run it: owners of observations, and the statements of imports."""

from __future__ import annotations

from tdad.facts import Evidence, OwnerKind, Site
from tdad.graph.impacts.caches import cached
from tdad.graph.impacts.computed import stored_besides
from tdad.graph.impacts.effects import Effects
from tdad.graph.impacts.importing import tests_importing
from tdad.graph.impacts.places import AtImport, Executed, Imported
from tdad.graph.impacts.search import Search
from tdad.graph.impacts.world import statement_binding, statement_span


def follow_executed(search: Search, place: Executed) -> None:
    """Everybody who entered the definition, or executed its line; and what keeps results of it."""
    world, trail = search.world, place.trail
    path, qualname, line = place.path, place.qualname, place.line
    meant = world.old.get(path) if place.old else world.head.get(path)
    for digest in world.recorded.versions(path):
        facts = world.recorded_facts(path, digest)
        lines = world.recorded.executed(path, digest)
        precise = bool(line and lines and meant is not None and meant.digest == digest)
        if precise and facts is not None:
            span = statement_span(facts, line)
            allowed = set(world.executed_within(path, digest, (span,)))
        for owner, start in world.entered_in(path, digest, qualname):
            if owner.kind is OwnerKind.IMPORT:
                search.entered_by(owner, Site(path, start), trail)
            elif not precise or owner in allowed:
                search.owner(owner, trail)
    cached(search, f"{path}::{qualname}", trail)


def follow_statement(search: Search, place: AtImport) -> None:
    """The names that the statement binds or stores into; with neither, the import of its module."""
    world, site, trail = search.world, place.site, place.trail
    facts = world.head.get(site.path) if place.now else world.facts_of_run(site.path)
    if facts is None or site.line == 0:
        step = trail.then("a side effect of", site.path, evidence=Evidence.DERIVED)
        search.imported(site.path, step)
        return
    scope, names = statement_binding(facts, site.line)
    if not names and scope:
        search.bound(site.path, scope, trail)
    elif not names:
        effects = Effects(world, world.now if place.now else world.before)
        span = statement_span(facts, site.line)
        search.stored(site.path, effects.of_statement(site.path, span), trail)
    for name in names:
        qualname = f"{scope}.{name}" if scope else name
        step = trail.then("computes", f"{site.path}::{qualname}", evidence=Evidence.DERIVED)
        search.bound(site.path, qualname, step)
    if names and search.follows_change:
        resolver = world.now if place.now else world.before
        span = statement_span(facts, site.line)
        search.stored(site.path, stored_besides(world, resolver, site.path, (span,)), trail)


def follow_import(search: Search, place: Imported) -> None:
    """Every test whose process imports the module."""
    step = place.trail.then("imported by", place.path, evidence=Evidence.DERIVED)
    search.tests(tests_importing(search.world, place.path), step)

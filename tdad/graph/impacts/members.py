"""A name and its class: what a name with another value carries along, and who can get at an attribute at all."""

from __future__ import annotations

from dataclasses import replace

from tdad.facts import Definition, DefinitionKind, Evidence
from tdad.graph.impacts.classes import decorators, has_processing_base, is_special, split
from tdad.graph.impacts.search import Search
from tdad.graph.impacts.trails import Trail
from tdad.graph.impacts.world import World


def in_hand(search: Search, path: str, qualname: str, trail: Trail) -> Trail:
    """An attribute of a class is only read by who has to do with the class, or with one derived from it."""
    world = search.world
    owner = qualname.rpartition(".")[0]
    found = world.definition(path, owner) if owner else None
    if found is None or found.kind is not DefinitionKind.CLASS:
        return trail
    class_id = f"{path}::{owner}"
    kin = {class_id}.union(*(each.subclasses(class_id) for each in (world.before, world.now)))
    return trail.used_by(frozenset().union(*map(search.users_of_class, sorted(kin))))


def carried(search: Search, path: str, definition: Definition, trail: Trail) -> None:
    """What a re-bound name carries with it: the code written inside it, and the class it is an attribute of."""
    where = f"{path}::{definition.qualname}"
    derived = trail.then("defines", where, evidence=Evidence.DERIVED)
    if definition.kind is DefinitionKind.VARIABLE:
        search.executed(path, definition.qualname, derived)  # lambdas in its value
        owner, _, _ = definition.qualname.rpartition(".")
        if owner and is_special(definition.name):
            search.bound(path, owner, derived)
        elif owner and _is_processed(search.world, f"{path}::{owner}"):
            # what is made of the attribute is no base that fits no more
            search.bound(path, owner, replace(derived, raises=False))
    else:
        search.members(path, definition.qualname, derived)
    if definition.kind is DefinitionKind.CLASS:
        for sub in search.world.now.subclasses(where):
            step = trail.then("inherited by", sub, evidence=Evidence.DERIVED)
            search.bound(*split(sub), step)


def _is_processed(world: World, class_id: str) -> bool:
    """Whether something turns the class body into other things: a decorator, a metaclass, a base we do not know."""
    return bool(decorators(world.now, class_id)) or has_processing_base(world.now, class_id)

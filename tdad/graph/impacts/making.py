"""Calls of classes: who was seen to make objects, and which classes make theirs without running any code."""

from __future__ import annotations

from tdad.facts import Definition, DefinitionKind, OwnerKind, ReferenceKind
from tdad.graph.impacts.classes import has_processing_base, is_plain, split
from tdad.graph.impacts.versions import Versions
from tdad.graph.impacts.world import World
from tdad.graph.resolve import Edge, Resolver

_CONSTRUCTORS = ("__new__", "__init__")


def makers_seen(world: World, edge: Edge, reader: Definition) -> frozenset[str] | None:
    """Tests that may have got to a call of a class in a function: they entered its constructor. ``None``: not known.

    Not where the class is gone, as the name is looked up before the arguments; nor in files of tests, where a call with
    wrong arguments may be what is tested; nor of a class of which objects are made while something is imported.
    """
    if edge.kind is not ReferenceKind.CALL or edge.ambiguous or edge.weight < 1:
        return None
    if reader.kind is not DefinitionKind.FUNCTION or world.tests_of_file(split(edge.source)[0]):
        return None
    classes = (each.files.kind(edge.target) for each in (world.before, world.now))
    if any(kind is not DefinitionKind.CLASS for kind in classes):
        return None
    constructor = _constructor(world.before, edge.target)
    if constructor is None or has_processing_base(world.before, edge.target):
        return None
    owners = world.entering(*split(constructor))
    if not owners or any(owner.kind is OwnerKind.IMPORT for owner in owners):
        return None
    return frozenset(test for owner in owners for test in world.recorded.inheritors(owner))


def is_made_plainly(versions: Versions, edge: Edge) -> bool:
    """Whether the call makes an object of a class that has no constructor of its own, neither before nor now."""
    if edge.kind is not ReferenceKind.CALL or edge.ambiguous:
        return False
    return all(
        _is_without_code(each, edge.target) for each in (versions.before, versions.now)
    ) and (_raisable(versions.before, edge.target) == _raisable(versions.now, edge.target))


def _is_without_code(resolver: Resolver, cls: str) -> bool:
    return (
        resolver.files.kind(cls) is DefinitionKind.CLASS
        and not has_processing_base(resolver, cls)
        and _constructor(resolver, cls) is None
    )


def _constructor(resolver: Resolver, cls: str) -> str | None:
    """What runs first in the project when the class is called."""
    for name in _CONSTRUCTORS:
        found = resolver.mro_lookup(cls, name)
        if found is not None:
            return found
    return None


def _raisable(resolver: Resolver, cls: str) -> bool:
    """Whether it is an exception, which takes any arguments."""
    return any(
        "::" not in base
        and is_plain(base)
        and base.rpartition(".")[2] not in {"object", "Generic"}
        for base in resolver.mro(cls)
    )

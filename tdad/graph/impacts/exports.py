"""Names that others get without writing them (``__all__``, ``vars(module)``), and imports that now raise."""

from __future__ import annotations

from tdad.facts import DefinitionKind, Evidence, ReferenceKind
from tdad.graph.impacts.classes import split
from tdad.graph.impacts.readers import looked_up
from tdad.graph.impacts.spread import Spread
from tdad.graph.impacts.starred import (
    bound_names,
    importing_by_star,
    star_importers,
    starred_names,
)
from tdad.graph.impacts.trails import Trail
from tdad.graph.impacts.world import World
from tdad.graph.resolve import Edge

LISTINGS = frozenset({"vars", "dir", "__dict__", "getmembers", "getmembers_static"})
"""What lists all names of a module that somebody else wrote."""
_EVALUATED = frozenset({ReferenceKind.READ, ReferenceKind.CALL, ReferenceKind.BASE})
"""Mentions that raise at once when the name is gone, if they are at the top level of a module."""


def exported(world: World, spread: Spread, trail: Trail) -> None:
    """``__all__`` is another: star imports of the module bring more names, or fewer.

    Only tests whose process runs one of these imports can notice.
    """
    path = trail.change.path
    importers = star_importers(world, path)
    if not importers:
        return
    before = starred_names(world.old.get(trail.change.old_path or path))
    now = starred_names(world.head.get(path))
    narrowed = trail.only(importing_by_star(world, path))
    for name in sorted(before ^ now):
        how = "stops exporting" if name in before else "exports"
        step = narrowed.then(how, f"{path}::{name}", evidence=Evidence.DERIVED)
        looked_up(spread, path, name, step)
        if name in before:
            importing_statements(world, spread, path, name, step, by_star=True)
    if before ^ now:
        for importer in importers:
            listed(world, spread, importer, narrowed)
    if not now - before <= bound_names(world.head.get(path)):
        for importer in sorted(importers):
            spread.fails(importer, trail)


def listed(world: World, spread: Spread, path: str, trail: Trail) -> None:
    """The module has a name more, or one less: whoever imports it and lists what is in it may see that.

    So do the modules that import all of it with a star.
    """
    pending, seen = [path], {path}
    while pending:
        current = pending.pop()
        for edge in world.now.readers(f"{current}::"):
            if edge.kind is not ReferenceKind.IMPORT and _lists(world, edge.source):
                _spread_listing(world, spread, edge.source, trail)
        for lookup in _module_lookups(world, current):
            step = trail.then("may be found by", lookup, evidence=Evidence.DERIVED)
            spread.executed(*split(lookup), step)
        for importer in star_importers(world, current) - seen:
            seen.add(importer)
            pending.append(importer)


def _module_lookups(world: World, path: str) -> list[str]:
    """Functions of the same module that look names up by computation (``globals()[name]``)."""
    facts = world.head.get(path)
    found = set()
    for reference in facts.references if facts else ():
        if facts and reference.chain.split(".")[0].removesuffix("()") in {
            "globals",
            "locals",
            "vars",
        }:
            found.add(f"{path}::{facts.definitions[reference.source].qualname}")
    return sorted(found)


def _lists(world: World, where: str) -> bool:
    """Whether the definition mentions the module, which is known, and something that lists names."""
    path, _, qualname = where.partition("::")
    facts = world.head.get(path)
    return facts is not None and any(
        reference.chain.rpartition(".")[2].removesuffix("()") in LISTINGS
        and facts.definitions[reference.source].qualname == qualname
        for reference in facts.references
    )


def _spread_listing(world: World, spread: Spread, where: str, trail: Trail) -> None:
    path, _, qualname = where.partition("::")
    step = trail.then("may be listed by", where, evidence=Evidence.DERIVED)
    definition = world.definition(path, qualname)
    if definition is not None and definition.kind is DefinitionKind.FUNCTION:
        spread.executed(path, qualname, step)
    elif qualname:
        spread.bound(path, qualname, step)
    else:
        spread.imported(path, step)


def importing_statements(
    world: World, spread: Spread, path: str, qualname: str, trail: Trail, *, by_star: bool = False
) -> None:
    """Rule 4: importing a module that imports ``gone``, or reads it at its top level, now raises.

    So whoever imports that module is affected. Only while the statement still stands: one that went with the
    definition is a change of its own. ``by_star``: who imports from the module itself still finds the name.
    """
    if _still_binds(world, path, qualname):
        return
    for edge in world.before.readers(f"{path}::{qualname}"):
        reader, _, reading = edge.source.partition("::")
        if reader in world.old and reader != path and not _stands(world, edge, qualname):
            continue
        if by_star and _imports_from(world, reader, path, qualname):
            continue
        definition = world.definition(reader, reading)
        in_function = definition is not None and definition.kind is DefinitionKind.FUNCTION
        if edge.kind is ReferenceKind.IMPORT:
            step = trail.then("imported by", edge.source, evidence=Evidence.DERIVED)
            if in_function:
                spread.executed(reader, reading, step)
            else:
                spread.imported(reader, step)
        elif edge.kind in _EVALUATED and not in_function and reader != path and edge.weight == 1:
            step = trail.then("read at import by", edge.source, evidence=Evidence.DERIVED)
            spread.imported(reader, step)


def _still_binds(world: World, path: str, name: str) -> bool:
    """Whether the module now imports the name from a file of the project that has it."""
    facts = world.head.get(path)
    items = [i for i in facts.imports if i.owner == 0 and i.alias == name] if facts else []
    return bool(items) and all(world.now.names.imported(item, path).hits for item in items)


def _stands(world: World, edge: Edge, qualname: str) -> bool:
    """Whether the reader's file, which changed as well, still has the statement."""
    path, _, source = edge.source.partition("::")
    facts = world.head.get(path)
    if facts is None:
        return False
    name = qualname.rpartition(".")[2]
    if edge.kind is ReferenceKind.IMPORT:
        return any(item.name == name for item in facts.imports)
    return any(
        facts.definitions[reference.source].qualname == source
        and name in reference.chain.replace("()", "").split(".")
        for reference in facts.references
    )


def _imports_from(world: World, reader: str, path: str, name: str) -> bool:
    scope = world.before.files.scope(reader)
    return scope is not None and any(
        world.before.module_path(item.module, reader) == path
        for item in scope.imported.get(name, ())
    )

"""A docstring matters to who reads it: doctests, ``__doc__``, ``inspect.getdoc``, decorators, readers of source."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tdad.facts import Change, DefinitionKind, Evidence, Reference, ReferenceKind
from tdad.graph.impacts.applied import applied
from tdad.graph.impacts.classes import decorators, is_pure, split
from tdad.graph.impacts.effects import Effects
from tdad.graph.impacts.inspecting import copied_to
from tdad.graph.impacts.readers import read_by
from tdad.graph.impacts.spread import Spread
from tdad.graph.impacts.trails import Trail
from tdad.graph.impacts.world import World

READING = ("__doc__", "getdoc", "getsource")
"""Names by which code reads docstrings."""
HOOKS = ("__init_subclass__", "__new__", "__init__", "__prepare__", "__set_name__")
"""What a class statement may run of its bases, metaclasses and attributes."""
DEEPEST = 4
"""How many calls are followed from a decorator or hook to the reader of the docstring."""


def docstring(world: World, spread: Spread, trail: Trail) -> None:
    """Follow an edited docstring to its readers; most have none."""
    change = trail.change
    where = f"{change.path}::{change.qualname}"
    for node_id in world.tests_of_file(change.path) if change.detail == "doctest" else ():
        if world.recorded.tests[node_id].definition == where:
            spread.test(node_id, trail.then("is the doctest", where))
    found = {
        (not where.startswith(f"{change.path}::"), where, line)
        for where, line in _readers(world, change)
    }
    readers = [(where, line) for _elsewhere, where, line in sorted(found)]
    kept = _is_kept(world, where, {reader for reader, _line in readers})
    if kept:
        for stored in (
            applied(world, world.now, where),
            Effects(world, world.now).of_class(where),
        ):
            spread.stored(change.path, stored, trail)
    if kept or _decorated_by_whatever(world, where):
        spread.bound(change.path, change.qualname, trail)
    tests = _reading(world, change, readers)
    if tests:
        step = trail.then("docstrings read by", readers[0][0], evidence=Evidence.DERIVED)
        narrowed = step.only(tests)
        spread.members(change.path, change.qualname, narrowed)
        if change.qualname:
            spread.bound(change.path, change.qualname, narrowed)
        else:
            spread.imported(change.path, narrowed)


def _reading(world: World, change: Change, readers: list[tuple[str, int]]) -> frozenset[str]:
    """Tests that execute one of the readers, or read what it makes while it is imported."""
    if not readers:
        return frozenset()
    read = Spread(world, follows_change=False)
    for reader, line in readers:
        read_by(read, reader, Trail(change), line)
    return frozenset(read.run())


def _readers(world: World, change: Change) -> Iterator[tuple[str, int]]:
    """Definitions that may read this docstring, with the line; under another name, if it is kept under one."""
    names = list(READING)
    for name in names:
        for where, reference in world.mentions(name, partial(_reads, name)):
            path = split(where)[0]
            if _reads_another(reference, path, change):
                continue
            facts = world.head.get(path)
            kept = copied_to(facts, reference, name) if facts is not None else None
            if kept is None:
                yield where, reference.line
            elif kept not in names:
                names.append(kept)


def _reads(name: str, reference: Reference) -> bool:
    return name in reference.chain.replace("()", "").split(".")


def _reads_another(reference: Reference, path: str, change: Change) -> bool:
    """A bare ``__doc__`` is that of the module itself."""
    bare = reference.chain == "__doc__" and reference.kind is not ReferenceKind.STRING
    return bare and (change.qualname != "" or path != change.path)


def _decorated_by_whatever(world: World, where: str) -> bool:
    """Whether a decorator does what we cannot tell, which may be to read the docstring."""
    impure = any(not is_pure(chain) for chain in decorators(world.now, where))
    return impure and applied(world, world.now, where) is None


def _is_kept(world: World, where: str, readers: set[str]) -> bool:
    """Whether a decorator, or a hook of a base or metaclass, reads the docstring when the definition is made."""
    if not readers:
        return False
    pending = list(_run_by_definition(world, where))
    seen = set(pending)
    for _ in range(DEEPEST):
        inner = {each for definition in pending for each in _inside(world, definition)}
        if not readers.isdisjoint(inner):
            return True
        pending = [
            edge.target
            for definition in sorted(inner)
            for edge in world.now.references(definition)
            if edge.target not in seen
            and world.now.files.kind(edge.target) is DefinitionKind.FUNCTION
        ]
        seen.update(pending)
    return False


def _run_by_definition(world: World, where: str) -> Iterator[str]:
    now = world.now
    for edge in now.references(where):
        if edge.kind in {ReferenceKind.DECORATOR, ReferenceKind.CALL}:
            yield edge.target
    if now.files.kind(where) is DefinitionKind.CLASS:
        for cls in now.mro(where)[1:]:
            yield from (f"{cls}.{hook}" for hook in HOOKS)
        for each in now.mro(where):
            metas = (
                edge.target for edge in now.references(each) if edge.kind is ReferenceKind.CALL
            )
            for meta in metas:
                yield from (f"{base}.{hook}" for base in now.mro(meta) for hook in HOOKS)


def _inside(world: World, definition: str) -> Iterator[str]:
    """The function and those written in it; of a class what calling it, or an object of it, runs."""
    path, qualname = split(definition)
    facts = world.head.get(path)
    if facts is None or not qualname:
        return
    for found in facts.definitions[1:]:
        if found.kind is DefinitionKind.FUNCTION and (
            found.qualname == qualname or found.qualname.startswith(f"{qualname}.")
        ):
            yield f"{path}::{found.qualname}"

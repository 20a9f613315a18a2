"""Annotations: who reads them when the program runs, and whether they run themselves."""

from __future__ import annotations

from tdad.facts import (
    ANNOTATIONS,
    AUTOSPEC,
    ChangeKind,
    Evidence,
    FileFacts,
)
from tdad.graph.impacts.applied import applied
from tdad.graph.impacts.classes import annotations_are_read
from tdad.graph.impacts.evaluated import unknown_in_annotations
from tdad.graph.impacts.inspecting import (
    inspected_at,
    inspecting,
    is_about_others,
    ours,
)
from tdad.graph.impacts.readers import called
from tdad.graph.impacts.spread import NO_CHANGE, Spread
from tdad.graph.impacts.trails import Trail
from tdad.graph.impacts.world import World

READERS = (
    "get_type_hints", "__annotations__", "get_annotations", "annotation", "return_annotation", "annotations",
    "evaluate_forward_ref",
)  # fmt: skip
"""What code mentions that looks at annotations (of ``inspect``, ``typing``, or the objects themselves)."""


def annotated(world: World, spread: Spread, trail: Trail) -> None:
    """Only annotations are others: what processes the definition may read them, and who asks for hints."""
    change = trail.change
    for name in change.binds:
        qualname = f"{change.scope}.{name}" if change.scope else name
        where = f"{change.path}::{qualname}"
        if any(
            resolver.files.find(where) is not None and annotations_are_read(resolver, where)
            for resolver in (world.now, world.before)
        ):
            spread.members(change.path, qualname, trail)
            spread.bound(change.path, qualname, trail)
        _asked_for(world, spread, trail, qualname, READERS)
    if unknown_in_annotations(world, change.path):
        spread.fails(change.path, trail)


SIGNATURES = (
    "signature", "getfullargspec", "getargspec", "getcallargs", "__defaults__", "__kwdefaults__", "__code__",
    "co_varnames", "co_argcount", AUTOSPEC,
)  # fmt: skip
"""What code mentions that looks at the parameters of functions."""


def parameters(world: World, spread: Spread, trail: Trail) -> None:
    """Only parameters and defaults are others: they count when the function is called, and for who inspects it."""
    change = trail.change
    for path, qualname in (
        (change.path, change.qualname),
        (change.old_path or change.path, change.old_qualname or change.qualname),
    ):
        spread.members(path, qualname, trail)
        called(spread, path, qualname, trail)
    _asked_for(world, spread, trail, change.qualname, SIGNATURES)


def specified(world: World, spread: Spread, trail: Trail) -> None:
    """A member of a class came or went: stand-ins that are made of the class have one more, or one less."""
    change = trail.change
    if change.scope and change.kind is not ChangeKind.EDITED:
        for name in change.binds:
            _asked_for(world, spread, trail, f"{change.scope}.{name}", (AUTOSPEC,))


def postponed(world: World, spread: Spread, trail: Trail) -> None:
    """``from __future__ import annotations`` came or went: in all of the file annotations are texts, or run."""
    path = trail.change.path
    facts = world.head.get(path)
    if unknown_in_annotations(world, path):
        spread.fails(path, trail)
    for index, definition in enumerate(facts.definitions if facts is not None else ()):
        if facts is None or not _has_annotations(facts, index):
            continue
        if annotations_are_read(world.now, f"{path}::{definition.qualname}"):
            spread.bound(path, definition.qualname, trail)
        _asked_for(world, spread, trail, definition.qualname, READERS)


def _has_annotations(facts: FileFacts, index: int) -> bool:
    return any(
        reference.source == index and reference.kind in ANNOTATIONS
        for reference in facts.references
    )


def _asked_for(
    world: World, spread: Spread, trail: Trail, qualname: str, names: tuple[str, ...]
) -> None:
    """Tests that execute something that looks at such things, and have to do with the definition or its class."""
    looking = inspecting(world, names)
    if not looking.first:
        return
    path = trail.change.path
    where, cls = f"{path}::{qualname}", qualname.rpartition(".")[0]
    stores = applied(world, world.now, where)
    mine = ours(world, where, stores)
    imports = [each for each in looking.imports if not is_about_others(world, each[1], mine)]
    search = Spread(world, follows_change=False)
    for owner, site in imports:
        search.entered_by(owner, site, Trail(NO_CHANGE))
    if imports and names is SIGNATURES:  # a default may not please it
        spread.fails(path, trail)
    elif imports:
        spread.stored(path, stores, trail)
    step = trail.only(looking.tests.union(search.run())).then(
        "may be inspected by", looking.first, evidence=Evidence.DERIVED
    )
    for name in filter(None, (qualname, cls)):
        spread.members(path, name, step)
        spread.bound(path, name, step)
    for site in inspected_at(world, looking, mine):
        step = trail.then(
            "may be inspected at", f"{site.path}:{site.line}", evidence=Evidence.DERIVED
        )
        spread.statement(site, step, now=site.path in world.old)

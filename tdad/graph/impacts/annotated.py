"""Annotations: who reads them when the program runs, and whether they run themselves."""

from __future__ import annotations

from tdad.facts import (
    ANNOTATIONS,
    AUTOSPEC,
    ChangeKind,
    DefinitionKind,
    Evidence,
    FileFacts,
    ReferenceKind,
    Span,
    StatementKind,
)
from tdad.graph.impacts.applied import applied
from tdad.graph.impacts.classes import annotations_are_read
from tdad.graph.impacts.inspecting import (
    inspected_at,
    inspecting,
    is_about_others,
    last_part,
    ours,
)
from tdad.graph.impacts.readers import called
from tdad.graph.impacts.spread import NO_CHANGE, Spread
from tdad.graph.impacts.trails import Trail
from tdad.graph.impacts.world import World
from tdad.graph.resolve.scopes import FileScope, Found
from tdad.graph.resolve.values import NOTHING

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


def unknown_in_annotations(world: World, path: str) -> bool:
    """Whether evaluating the annotations of the file fails: a name that is nowhere, or is bound further down."""
    facts = world.head.get(path)
    scope = world.now.files.scope(path)
    if facts is None or scope is None or is_postponed(facts):
        return False
    headers = {
        line
        for statement in facts.statements
        if statement.kind is StatementKind.DEF
        for line in range(statement.span.first, statement.span.last + 1)
    }
    unbound = _for_checkers(facts)
    for reference in facts.references:
        if reference.kind is not ReferenceKind.ANNOTATION:
            continue
        source = facts.definitions[reference.source]
        if facts.definitions[source.parent].kind is DefinitionKind.FUNCTION:
            continue
        if source.kind is DefinitionKind.FUNCTION and reference.line not in headers:
            continue  # of a local variable: these never run
        root = reference.chain.partition(".")[0]
        found = scope.look_up(root, reference.source, header=True)
        if found is None:
            if _is_nowhere(world, scope, root):
                return True
        elif _is_unbound(facts, found, unbound):
            return True
        elif found.definitions and not found.imports and not found.bindings:
            first = min(facts.definitions[index].span.first for index in found.definitions)
            if first > reference.line:
                return True
    return False


def _for_checkers(facts: FileFacts) -> frozenset[int]:
    """Lines below ``if TYPE_CHECKING``: what they bind is not bound when the program runs."""
    asking = {r.line for r in facts.references if last_part(r.chain) == "TYPE_CHECKING"}
    asked = {
        index: statement
        for index, statement in enumerate(facts.statements)
        if statement.word == "if" and not asking.isdisjoint(_lines(statement.span))
    }
    below = {line for each in asked.values() for line in _lines(each.suite)}
    otherwise = {
        line
        for each in facts.statements
        if each.parent in asked and each.word in {"else", "elif"}
        for line in _lines(each.suite)
    }
    return frozenset(below - otherwise)


def _lines(span: Span) -> range:
    return range(span.first, span.last + 1)


def _is_unbound(facts: FileFacts, found: Found, unbound: frozenset[int]) -> bool:
    lines = {facts.definitions[index].span.first for index in found.definitions}
    lines.update(item.line for item in found.imports)
    return bool(lines) and lines <= unbound


def _is_nowhere(world: World, scope: FileScope, name: str) -> bool:
    return world.now.names.name(scope, 0, name) == NOTHING and not scope.stars


def is_postponed(facts: FileFacts) -> bool:
    """Whether annotations do not run (``from __future__ import annotations``)."""
    return any(
        item.module == "__future__" and item.name == "annotations" for item in facts.imports
    )

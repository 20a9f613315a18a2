"""Rule 7: what a cache hides. The test that fills it is seen to run the code; the others depend on it just the same."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from tdad.facts import (
    DefinitionKind,
    Evidence,
    Owner,
    OwnerKind,
    Part,
    ReferenceKind,
)
from tdad.graph.impacts.spread import Spread
from tdad.graph.impacts.trails import Trail
from tdad.graph.impacts.world import World

CACHED = "cached"
GLOBAL_WRITER = "global-writer"
MARKS = {CACHED: "<cached>", GLOBAL_WRITER: "<global-writer>"}
"""Flag of a definition → the pseudo identifier under which its file is found by ``FactsOf.mentioning``."""


def hidden_by_caches(world: World, spread: Spread, trail: Trail) -> None:
    """Follow a change inside code that a memoised function may have run once for all."""
    change = trail.change
    if change.part not in {Part.BODY, Part.WHOLE, Part.HEADER} or not change.qualname:
        return
    path = change.old_path or change.path
    qualname = change.old_qualname or change.qualname
    runners = _owners(world, path, qualname)
    if not runners:
        return
    changed = f"{path}::{qualname}"
    for memo, flag in memoised(world):
        memo_path, _, memo_name = memo.partition("::")
        filled_by = _owners(world, memo_path, memo_name) & runners
        if not filled_by or not (memo == changed or _reaches(world, memo, changed, filled_by)):
            continue
        step = trail.then("may be cached by", memo, evidence=Evidence.DERIVED)
        if flag == GLOBAL_WRITER:
            spread.executed(memo_path, memo_name, step)
        for edge in world.now.readers(memo):
            reader_path, _, reader_name = edge.source.partition("::")
            reader = world.definition(reader_path, reader_name)
            if reader is not None and reader.kind is DefinitionKind.FUNCTION and edge.kind is not ReferenceKind.IMPORT:
                where = step.then("called by", edge.source, edge.weight, Evidence.DERIVED)
                spread.executed(reader_path, reader_name, where, edge.line)


def memoised(world: World) -> list[tuple[str, str]]:
    """Every function that keeps results between calls, with the flag that says how."""
    found = []
    for flag, mark in MARKS.items():
        for path in world.head.mentioning(mark):
            facts = world.head.get(path)
            found += [
                (f"{path}::{definition.qualname}", flag)
                for definition in (facts.definitions if facts else ())
                if flag in definition.flags and definition.kind is DefinitionKind.FUNCTION
            ]
    return sorted(found)


def _owners(world: World, path: str, qualname: str) -> set[Owner]:
    return {owner for owner, _ in world.entered(path, qualname) if owner.kind is not OwnerKind.IMPORT}


def _reaches(world: World, memo: str, changed: str, owners: Iterable[Owner]) -> bool:
    """Whether ``memo`` can call ``changed``: references, through functions that one of ``owners`` entered."""
    entered = frozenset(owners)
    seen = {memo}
    queue = deque([memo])
    while queue:
        for edge in world.now.references(queue.popleft()):
            if edge.target == changed:
                return True
            if edge.target in seen:
                continue
            seen.add(edge.target)
            path, _, qualname = edge.target.partition("::")
            if _is_class(world, path, qualname) or entered & _owners(world, path, qualname):
                queue.append(edge.target)
                queue.extend(_constructor(world, edge.target, seen))
    return False


def _is_class(world: World, path: str, qualname: str) -> bool:
    definition = world.definition(path, qualname)
    return definition is not None and definition.kind is DefinitionKind.CLASS


def _constructor(world: World, class_id: str, seen: set[str]) -> Iterable[str]:
    """Methods of a class in use: whatever the object is asked for, some method of it answers."""
    path, _, qualname = class_id.partition("::")
    if not _is_class(world, path, qualname):
        return
    facts = world.head.get(path)
    for definition in facts.definitions if facts else ():
        method = f"{path}::{definition.qualname}"
        if (
            definition.qualname.startswith(f"{qualname}.")
            and definition.kind is DefinitionKind.FUNCTION
            and method not in seen
        ):
            seen.add(method)
            yield method

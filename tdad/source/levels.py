"""Module- and class-level statements: what changed, and whether a new order matters.

Statements at these levels run once, at import, and are compared as a set: defs, imports and constants may move freely.
The order counts where one binds or reads what the other binds, and between effects (statements that bind nothing,
decorated definitions and star imports, which may do anything).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tdad.facts import (
    ONLY_ANNOTATIONS,
    Change,
    ChangeKind,
    Import,
    Part,
    Span,
    StatementKind,
)
from tdad.source.order import Level, misplaced
from tdad.source.suites import Node

_BARE = "annotation"
"""Word of an annotation without a value (``x: int``): it binds nothing."""
_MOST_NEIGHBOURS = 100
"""So many new compounds are considered as partners of an old one."""


def compare_level(
    old: Level, new: Level, before: Sequence[Node], after: Sequence[Node], base: Change
) -> list[Change]:
    """Return the changes between two suites of the same scope.

    ``base`` carries what all have in common. Functions and classes among the statements are somebody else's affair
    (they are definitions), except for where they stand.
    """
    base = replace(base, scope=new.qualname)
    gone, come, kept = _matched(before, after)
    changes = []
    pairs, gone, come = _partners(gone, come)
    for left, right in pairs:
        changes += _edited(old, new, left, right, base)
    changes += _imports(old, new, gone, come, base)
    changes += [
        _change(node, new.qualname, base, ChangeKind.REMOVED)
        for node in gone
        if not node.is_definition and node.statement.kind is not StatementKind.IMPORT
    ]
    body = old.facts.definitions[old.owner].body
    changes += [
        _change(node, new.qualname, base, ChangeKind.ADDED, around=() if body is None else (body,))
        for node in come
        if not node.is_definition and node.statement.kind is not StatementKind.IMPORT
    ]
    for left, right, why in misplaced(new, kept):
        made = _change(right, new.qualname, base, ChangeKind.EDITED, detail=why)
        changes.append(replace(made, old=(left.statement.suite,)))
    return changes


def _key(node: Node) -> tuple[str, ...]:
    """Definitions stay themselves whatever their header says; everything else is its digest."""
    if node.is_definition:
        return ("def", node.statement.binds[0])
    return (node.digest,)


def _matched(
    before: Sequence[Node], after: Sequence[Node]
) -> tuple[list[Node], list[Node], list[tuple[int, int, Node, Node]]]:
    """Return what is only old, what is only new, and (old position, new position, old, new) of the rest."""
    waiting: dict[tuple[str, ...], list[tuple[int, Node]]] = defaultdict(list)
    for position, node in enumerate(before):
        waiting[_key(node)].append((position, node))
    come: list[Node] = []
    kept: list[tuple[int, int, Node, Node]] = []
    for position, node in enumerate(after):
        same = waiting.get(_key(node))
        if same:
            at, partner = same.pop(0)
            kept.append((at, position, partner, node))
        else:
            come.append(node)
    left = sorted((item for items in waiting.values() for item in items), key=lambda item: item[0])
    return [node for _at, node in left], come, kept


def _partners(
    gone: list[Node], come: list[Node]
) -> tuple[list[tuple[Node, Node]], list[Node], list[Node]]:
    """Pair old and new versions of one statement: same shape and same names bound, or the only effect of its kind."""
    pairs: list[tuple[Node, Node]] = []
    for same in (_same_binds, _overlapping):
        buckets: dict[tuple[object, ...], list[Node]] = defaultdict(list)
        for node in come:
            buckets[_bucket(node)].append(node)
        alone = []
        for node in gone:
            near = buckets.get(_bucket(node), [])[:_MOST_NEIGHBOURS]
            partner = next((other for other in near if same(node, other)), None)
            if partner is None:
                alone.append(node)
            else:
                pairs.append((node, partner))
                buckets[_bucket(node)].remove(partner)
                come = [other for other in come if other is not partner]
        gone = alone
    return pairs, gone, come


def _bucket(node: Node) -> tuple[object, ...]:
    """Only statements of one bucket can be partners; of simple ones those that bind the same names."""
    names = () if node.is_compound else tuple(sorted(node.statement.binds))
    return (node.statement.kind, node.word if node.is_compound else "", names)


def _same_binds(old: Node, new: Node) -> bool:
    if old.is_definition or new.is_definition or old.statement.kind is not new.statement.kind:
        return False
    if old.statement.kind is StatementKind.IMPORT:
        return False  # compared alias by alias
    if old.is_compound:
        return old.statement.fingerprint == new.statement.fingerprint and (
            old.statement.binds == new.statement.binds
        )
    return old.statement.binds == new.statement.binds and old.word == new.word


def _overlapping(old: Node, new: Node) -> bool:
    if old.is_definition or new.is_definition or old.statement.kind is StatementKind.IMPORT:
        return False
    if old.is_compound and new.is_compound and old.word == new.word:
        return old.statement.fingerprint == new.statement.fingerprint or bool(
            set(old.statement.binds) & set(new.statement.binds)
        )
    return (
        old.statement.kind is new.statement.kind
        and not old.is_compound
        and bool(old.statement.binds)
        and set(old.statement.binds) == set(new.statement.binds)
    )


def _edited(old: Level, new: Level, left: Node, right: Node, base: Change) -> list[Change]:
    """Return the changes between two versions of one statement."""
    same_header = left.statement.fingerprint == right.statement.fingerprint
    if same_header and left.is_compound and right.is_compound:
        shapes = [node.statement.fingerprint for node in left.clauses()]
        if shapes == [node.statement.fingerprint for node in right.clauses()]:
            changes = compare_level(old, new, left.suite(), right.suite(), base)
            for was, now in zip(left.clauses(), right.clauses(), strict=True):
                changes += compare_level(old, new, was.children, now.children, base)
            return changes
    names = tuple(dict.fromkeys((*left.statement.binds, *right.statement.binds)))
    same = not left.is_compound and left.statement.does == right.statement.does
    same = same or left.word == right.word == _BARE
    detail = ONLY_ANNOTATIONS if same else ""
    made = _change(right, new.qualname, base, ChangeKind.EDITED, binds=names, detail=detail)
    return [replace(made, old=(left.statement.suite,))]


def _change(
    node: Node,
    scope: str,
    base: Change,
    kind: ChangeKind,
    *,
    around: tuple[Span, ...] = (),
    detail: str = "",
    binds: tuple[str, ...] | None = None,
) -> Change:
    names = node.statement.binds if binds is None else binds
    if node.word == _BARE and kind is not ChangeKind.EDITED:
        detail = ONLY_ANNOTATIONS
    span = (node.statement.suite,)
    return replace(
        base,
        qualname=_name_in(scope, names),
        kind=kind,
        part=Part.VALUE if names else Part.EFFECT,
        old=span if kind is ChangeKind.REMOVED else (),
        new=() if kind is ChangeKind.REMOVED else span,
        around=around if kind is ChangeKind.ADDED else (),
        binds=names,
        detail=detail,
    )


def _name_in(scope: str, names: Sequence[str]) -> str:
    first = next((name for name in names if name != "*"), "")
    return f"{scope}.{first}".strip(".") if first else scope


def _aliases(
    side: Level, nodes: Iterable[Node]
) -> dict[tuple[str, str, str], tuple[Import, Node]]:
    """Return (module, name, alias) → import and statement, for import statements."""
    lines = {
        node.statement.span.first: node
        for top in nodes
        for node in top.walk()
        if node.statement.kind is StatementKind.IMPORT and top is node
    }
    return {
        (item.module, item.name, item.alias): (item, lines[item.line])
        for item in side.facts.imports
        if item.owner == side.owner and item.line in lines
    }


def _imports(
    old: Level, new: Level, gone: Sequence[Node], come: Sequence[Node], base: Change
) -> list[Change]:
    """Return one change per alias that is imported differently; splitting or joining statements is none."""
    was, now = _aliases(old, gone), _aliases(new, come)
    spans: dict[str, tuple[dict[Span, None], dict[Span, None]]] = defaultdict(lambda: ({}, {}))
    for side, (mine, other) in enumerate(((was, now), (now, was))):
        for key, (item, node) in mine.items():
            if key not in other:
                name = item.alias or "*"
                spans[name][side][node.statement.suite] = None
    changes = []
    for name, (before, after) in spans.items():
        kind = ChangeKind.EDITED if before and after else ChangeKind.REMOVED
        kind = ChangeKind.ADDED if not before else kind
        changes.append(
            replace(
                base,
                qualname=_name_in(new.qualname, (name,)),
                kind=kind,
                part=Part.VALUE,
                old=tuple(before),
                new=tuple(after),
                binds=(name,),
            )
        )
    return changes

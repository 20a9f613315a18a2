"""Whether a new order of module- and class-level statements matters, and for what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tdad.facts import (
    ORDER_OF_ATTRIBUTES,
    ORDER_OF_CLASSES,
    ORDER_OF_NAMES,
    DefinitionKind,
    FileFacts,
    ReferenceKind,
    StatementKind,
)
from tdad.source.suites import Node

_HEADER = (
    ReferenceKind.DECORATOR,
    ReferenceKind.DEFAULT,
    ReferenceKind.BASE,
    ReferenceKind.ANNOTATION,
)
ORDER = "order"
_MOST_COMPARED = 100_000
"""When more pairs than this would have to be looked at, all that moved counts as changed: the order check is
quadratic."""


@dataclass(slots=True)
class Level:
    """One scope of one version whose statements run at import: a module or a class."""

    facts: FileFacts
    owner: int
    reads: dict[int, set[str]]
    """Line of a statement → root names that are looked up when it runs (not in bodies of functions)."""

    needs: dict[int, set[str]]
    """The same, without annotations that nothing evaluates, lambdas included."""

    processed: bool = False
    """A class with bases or decorators: they may take the order of its attributes for something."""

    @property
    def qualname(self) -> str:
        """Qualname of the scope."""
        return self.facts.definitions[self.owner].qualname


def level(facts: FileFacts, owner: int) -> Level:
    """Gather what the order check needs to know about one scope."""
    reads: dict[int, set[str]] = defaultdict(set)
    needs: dict[int, set[str]] = defaultdict(set)
    unread = {ReferenceKind.QUOTED, ReferenceKind.STRING, ReferenceKind.WRITE}
    if any(item.module == "__future__" and item.name == "annotations" for item in facts.imports):
        unread.add(ReferenceKind.ANNOTATION)
    for reference in facts.references:
        source = facts.definitions[reference.source]
        if reference.kind in _HEADER or source.kind is not DefinitionKind.FUNCTION:
            root = reference.chain.replace("(", ".").replace("[", ".").partition(".")[0]
            reads[reference.line].add(root)
            if reference.kind not in unread and not _inside_function(facts, source.parent):
                needs[reference.line].add(root)
    processed = owner > 0 and any(
        reference.source == owner
        and reference.kind in (ReferenceKind.BASE, ReferenceKind.DECORATOR)
        for reference in facts.references
    )
    return Level(facts, owner, reads, needs, processed)


def _inside_function(facts: FileFacts, index: int) -> bool:
    while index:
        if facts.definitions[index].kind is DefinitionKind.FUNCTION:
            return True
        index = facts.definitions[index].parent
    return False


def misplaced(
    new: Level, kept: Sequence[tuple[int, int, Node, Node]]
) -> list[tuple[Node, Node, str]]:
    """Return the statements that moved past one they depend on, or that depends on them, and what the order is for."""
    in_place = _longest_increasing([at for at, *_ in kept])
    moved = [index for index in range(len(kept)) if index not in in_place]
    functions = {d.name for d in new.facts.definitions if d.body is not None and d.parent == 0}
    functions.discard("")
    if len(moved) * len(kept) > _MOST_COMPARED:
        return [(kept[index][2], kept[index][3], ORDER) for index in moved]
    found = []
    for index in moved:
        at, _position, left, right = kept[index]
        others = [
            other
            for other, (other_at, *_rest) in enumerate(kept)
            if (other_at - at) * (other - index) < 0
        ]
        passed = [kept[other][3] for other in others]
        if any(_too_early(new, kept, *sorted((index, other))) for other in others):
            found.append((left, right, ORDER_OF_NAMES))
        elif any(_ordered(new, right, other, functions) for other in passed):
            found.append((left, right, ORDER))
        elif _is_derived(new, right) and any(_is_derived(new, other) for other in passed):
            found.append((left, right, ORDER_OF_CLASSES))
        elif new.processed and any(_is_attribute(right) and _is_attribute(o) for o in passed):
            found.append((left, right, ORDER_OF_ATTRIBUTES))
    return found


def _too_early(
    side: Level, kept: Sequence[tuple[int, int, Node, Node]], first: int, then: int
) -> bool:
    """Tell whether a statement needs a name when it runs that the other one, which comes later now, binds first."""
    one, other = kept[first][3], kept[then][3]
    wanted = set(other.statement.binds) & _lines_of(side.needs, one)
    before = (name for _at, _p, _l, node in kept[:first] for name in node.statement.binds)
    return bool(wanted) and not wanted.issubset(before)


def _is_derived(side: Level, node: Node) -> bool:
    """Tell whether it is a class with a base, which may be told of it."""
    return node.statement.kind is StatementKind.CLASS and any(
        r.kind is ReferenceKind.BASE and r.line in node.statement.span
        for r in side.facts.references
    )


def _is_attribute(node: Node) -> bool:
    return (
        not node.is_definition
        and node.statement.kind is StatementKind.SIMPLE
        and bool(node.statement.binds)
    )


def _longest_increasing(values: Sequence[int]) -> set[int]:
    """Return the indices of a longest increasing subsequence (patience sorting)."""
    from bisect import bisect_left

    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, value in enumerate(values):
        place = bisect_left(tails, value)
        before.append(ends[place - 1] if place else -1)
        tails[place : place + 1] = [value]
        ends[place : place + 1] = [index]
    found: set[int] = set()
    index = ends[-1] if ends else -1
    while index >= 0:
        found.add(index)
        index = before[index]
    return found


def _ordered(side: Level, one: Node, other: Node, functions: set[str]) -> bool:
    """Tell whether the order of two statements may matter."""
    binds, other_binds = set(one.statement.binds), set(other.statement.binds)
    reads, other_reads = _reads(side, one), _reads(side, other)
    if "*" in binds | other_binds or binds & (other_binds | other_reads) or other_binds & reads:
        return True
    return _notices(side, one, other, functions) or _notices(side, other, one, functions)


def _notices(side: Level, one: Node, other: Node, functions: set[str]) -> bool:
    """Tell whether the effect ``one`` and the other statement may notice which of them comes first."""
    if not _is_effect(one, side):
        return False
    if _is_effect(other, side) or not _is_plain(other):
        return True
    # An effect that calls the module's own functions may read anything the module binds.
    reads = _reads(side, one)
    return bool(reads & functions) or (_asks(other) and bool(reads & _reads(side, other)))


def _reads(side: Level, node: Node) -> set[str]:
    return _lines_of(side.reads, node)


def _lines_of(roots: Mapping[int, set[str]], node: Node) -> set[str]:
    span = node.statement.suite
    return set[str]().union(*(roots.get(n, ()) for n in range(span.first, span.last + 1)))


def _asks(node: Node) -> bool:
    """Tell whether a simple statement computes what it binds, from what an effect may have changed."""
    simple = node.statement.kind is StatementKind.SIMPLE and not node.is_definition
    return simple and bool(node.statement.binds) and not node.statement.calm


def _is_effect(node: Node, side: Level) -> bool:
    if node.is_definition:
        return any(
            r.kind is ReferenceKind.DECORATOR and r.line in node.statement.span
            for r in side.facts.references
        )
    return not node.statement.binds


def _is_plain(node: Node) -> bool:
    """Tell whether a statement only binds: a definition, or a simple statement that is no import."""
    return node.is_definition or (
        bool(node.statement.binds) and node.statement.kind is StatementKind.SIMPLE
    )

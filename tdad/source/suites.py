"""Suites as trees of statements, and their alignment: which statements of a body differ, and where others came in.

Aligned by fingerprints, so position, comments and formatting do not count. A compound statement whose header is the
same (or that is clearly the same one with another header) is entered; the answer is as small as that allows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tdad.facts import FileFacts, Span, Statement, StatementKind
from tdad.source.fingerprint import hash_tokens

CLAUSES = frozenset({"elif", "else", "except", "finally", "case"})
_SILENT = frozenset({"pass", "break", "continue", "global", "nonlocal", "noop", "annotation"})
"""Statements that may leave no line event (jumps and no-ops are threaded away by the compiler)."""
_NOTHING = frozenset({"pass", "noop"})
"""Statements that do nothing: adding or removing one is no change."""
_MOST_PAIRS = 250_000
"""Beyond so many pairs of statements the middle of a suite counts as replaced: alignment is quadratic."""


@dataclass(slots=True)
class Node:
    """One statement with its suite."""

    statement: Statement
    children: list[Node] = field(default_factory=list)
    digest: str = ""
    """Fingerprint of the statement and everything below it that the same code object runs."""

    @property
    def word(self) -> str:
        """What the statement is: ``if``, ``else``, ``assign``, …."""
        return self.statement.word

    @property
    def is_compound(self) -> bool:
        """Tell whether it has suites that the same code object runs."""
        return self.statement.kind is StatementKind.COMPOUND

    @property
    def is_definition(self) -> bool:
        """Tell whether it is the header of a function or class."""
        return self.statement.kind in (StatementKind.DEF, StatementKind.CLASS)

    def suite(self) -> list[Node]:
        """Return the statements of the first suite, clauses left out."""
        return [child for child in self.children if child.word not in CLAUSES]

    def clauses(self) -> list[Node]:
        """Return ``elif``, ``else``, ``except``, ``finally``, ``case``."""
        return [child for child in self.children if child.word in CLAUSES]

    def walk(self) -> Iterator[Node]:
        """Yield the statement and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


def trees(facts: FileFacts) -> dict[int, list[Node]]:
    """Return owner → its statements as trees, in source order; docstrings and ``pass`` are left out."""
    nodes: list[Node | None] = []
    found: dict[int, list[Node]] = {}
    for statement in facts.statements:
        word = statement.word
        if statement.kind is StatementKind.DOCSTRING or word in _NOTHING:
            nodes.append(None)
            continue
        node = Node(statement)
        nodes.append(node)
        parent = nodes[statement.parent] if statement.parent >= 0 else None
        if parent is None:
            found.setdefault(statement.owner, []).append(node)
        else:
            parent.children.append(node)
    for made in reversed(nodes):
        if made is not None:
            inner = [child.digest for child in made.children]
            fingerprint = made.statement.fingerprint
            made.digest = hash_tokens([fingerprint, *inner]) if inner else fingerprint
    return found


@dataclass(slots=True)
class Difference:
    """How two bodies differ. Spans of old and new statements, and old suites that statements were put into."""

    old: list[Span] = field(default_factory=list)
    new: list[Span] = field(default_factory=list)
    around: list[Span] = field(default_factory=list)

    def remove(self, nodes: Sequence[Node]) -> None:
        """Note old statements that are gone."""
        self.old += [node.statement.suite for node in nodes]

    def add(self, nodes: Sequence[Node]) -> None:
        """Note new statements."""
        self.new += [node.statement.suite for node in nodes]

    def __bool__(self) -> bool:
        return bool(self.old or self.new or self.around)


def opcodes(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    """Return difflib's opcodes without the equal ones; bounded in time."""
    start = 0
    while start < len(old) and start < len(new) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    a, b = old[start : len(old) - end], new[start : len(new) - end]
    if not a and not b:
        return []
    if not a or not b or len(a) * len(b) > _MOST_PAIRS:
        tag = "insert" if not a else "delete" if not b else "replace"
        return [(tag, start, start + len(a), start, start + len(b))]
    from difflib import SequenceMatcher  # only edits need it

    found = SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    return [
        (tag, i + start, j + start, k + start, m + start)
        for tag, i, j, k, m in found
        if tag != "equal"
    ]


def align(old: Sequence[Node], new: Sequence[Node], around: Span, into: Difference) -> None:
    """Compare two suites. ``around``: the old lines whose execution means that the old suite was executed."""
    codes = opcodes([node.digest for node in old], [node.digest for node in new])
    for _tag, i, j, k, m in codes:
        _replace(old[i:j], new[k:m], around, into)


def _replace(old: Sequence[Node], new: Sequence[Node], around: Span, into: Difference) -> None:
    """Compare two runs of statements that differ: pair compounds that are the same one, the rest is replaced."""
    gone: list[Node] = []
    come: list[Node] = []
    for left, right in _paired(old, new):
        if left is not None and right is not None:
            _settle(gone, come, around, into)
            _compound(left, right, around, into)
        elif left is not None:
            gone.append(left)
        elif right is not None:
            come.append(right)
    _settle(gone, come, around, into)


def _settle(gone: list[Node], come: list[Node], around: Span, into: Difference) -> None:
    into.remove(gone)
    into.add(come)
    if come and all(node.word in _SILENT for node in gone):
        into.around.append(around)
    gone.clear()
    come.clear()


def _paired(old: Sequence[Node], new: Sequence[Node]) -> Iterator[tuple[Node | None, Node | None]]:
    """Yield pairs of the same compound in two versions, and what has no partner, in order."""
    heads = opcodes(
        [node.statement.fingerprint if node.children else node.digest for node in old],
        [node.statement.fingerprint if node.children else node.digest for node in new],
    )
    at, bt = 0, 0
    for _tag, i, j, k, m in heads:
        yield from zip(old[at:i], new[bt:k], strict=True)
        yield from _by_word(old[i:j], new[k:m])
        at, bt = j, m
    yield from zip(old[at:], new[bt:], strict=True)


def _by_word(
    old: Sequence[Node], new: Sequence[Node]
) -> Iterator[tuple[Node | None, Node | None]]:
    """Pair what is at the same place and is the same kind of compound; everything else is alone."""
    if len(old) == len(new) and all(map(_same_shape, old, new)):
        yield from zip(old, new, strict=True)
        return
    for node in old:
        yield node, None
    for node in new:
        yield None, node


def _same_shape(old: Node, new: Node) -> bool:
    if old.is_definition and new.is_definition:
        return old.word == new.word and old.statement.binds[:1] == new.statement.binds[:1]
    return old.is_compound and new.is_compound and old.word == new.word


def _compound(old: Node, new: Node, around: Span, into: Difference) -> None:
    """Compare one compound statement (or nested function's header) with its new version."""
    if old.digest == new.digest:
        return
    if old.statement.fingerprint != new.statement.fingerprint:
        into.old.append(old.statement.span)
        into.new.append(new.statement.span)
    if old.is_definition:
        return
    body = _lines(old, around)
    align(old.suite(), new.suite(), body, into)
    # A new clause acts where the ones before it decided: the header, or for try the statements under it.
    header = body if old.word.startswith("try") else old.statement.span
    align(old.clauses(), new.clauses(), header, into)


def _lines(node: Node, around: Span) -> Span:
    """Return the old lines that show that the first suite of ``node`` was executed.

    A suite of silent statements leaves no line event, then it is the header, or, of a clause or ``try``, what is around
    it.
    """
    inner = node.suite()
    first = node.statement.span.first
    last = inner[-1].statement.suite.last if inner else node.statement.span.last
    if inner and not all(child.word in _SILENT for child in inner):
        return Span(inner[0].statement.span.first, last)
    if node.word in CLAUSES or node.word.startswith("try"):
        return Span(min(first, around.first), max(node.statement.suite.last, around.last))
    return Span(first, last)

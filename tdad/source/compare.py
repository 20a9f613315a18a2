"""Two versions of one file → changes, from facts alone.

* Functions are compared by aligned suites; what is nested in a function and runs by itself (an inner function) has
  changes of its own under its own qualname, but that it appeared, vanished or has another header is an edit of the body
  around it. A class inside a function counts as the function's body.
* Module- and class-level statements: see ``levels``.
* A definition that appeared or vanished at module or class level is one WHOLE change; what is inside it is not
  listed. Inner functions that vanished are listed as well, as tests may have entered them without the outer one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tdad.facts import (
    ONLY_ANNOTATIONS,
    ONLY_PARAMETERS,
    Change,
    ChangeKind,
    Definition,
    DefinitionKind,
    FileFacts,
    Part,
    Span,
    Statement,
    StatementKind,
)
from tdad.source.levels import compare_level
from tdad.source.moves import renamed_within
from tdad.source.order import level
from tdad.source.suites import Difference, Node, align, trees

_DEFINED = (DefinitionKind.FUNCTION, DefinitionKind.CLASS)


def compare(old: FileFacts | None, new: FileFacts | None) -> tuple[Change, ...]:
    """Return the changes from ``old`` to ``new``; ``None`` is a file that is not there.

    Comments, blank lines, formatting and moved definitions are none.
    """
    if old is None or new is None:
        return _appeared_or_vanished(old, new)
    base = Change(
        new.path,
        "",
        ChangeKind.EDITED,
        Part.WHOLE,
        old_path=old.path if old.path != new.path else "",
        old_digest=old.digest,
    )
    changes: list[Change] = []
    if old.path != new.path:
        changes.append(replace(base, kind=ChangeKind.RENAMED, old=_whole(old), new=_whole(new)))
    if old.digest != new.digest:
        if old.error is not None or new.error is not None:
            detail = new.error or f"before: {old.error}"
            return (*changes, replace(base, old=_whole(old), new=_whole(new), detail=detail))
        changes += _Comparison(old, new, base).changes()
    return tuple(sorted(dict.fromkeys(changes), key=_position))


def _position(change: Change) -> tuple[int, str, str, str]:
    spans = change.new or change.old
    return (spans[0].first if spans else 0, change.qualname, change.part, change.kind)


def _whole(facts: FileFacts) -> tuple[Span, ...]:
    return (facts.definitions[0].span,)


def _appeared_or_vanished(old: FileFacts | None, new: FileFacts | None) -> tuple[Change, ...]:
    if new is not None:
        change = Change(new.path, "", ChangeKind.ADDED, Part.WHOLE, new=_whole(new))
        return (replace(change, detail=new.error or ""),)
    if old is not None:
        change = Change(old.path, "", ChangeKind.REMOVED, Part.WHOLE, old=_whole(old))
        return (replace(change, old_digest=old.digest, detail=old.error or ""),)
    return ()


@dataclass(frozen=True, slots=True)
class Side:
    """One version: its definitions, their header statements, and their suites."""

    facts: FileFacts
    headers: dict[int, Statement]
    suites: dict[int, list[Node]]

    def at_level(self, index: int) -> bool:
        """Tell whether definition ``index`` is bound at module or class level (no function around it)."""
        definitions = self.facts.definitions
        parent = definitions[index].parent
        while parent:
            if definitions[parent].kind is DefinitionKind.FUNCTION:
                return False
            parent = definitions[parent].parent
        return True

    def body(self, index: int) -> Span:
        """Return the lines of the suite of definition ``index``."""
        definition = self.facts.definitions[index]
        return definition.body or definition.span


def side(facts: FileFacts) -> Side:
    """Prepare one version: definitions and their header statements come in the same order."""
    statements = [
        s for s in facts.statements if s.kind in (StatementKind.DEF, StatementKind.CLASS)
    ]
    defined = [i for i, d in enumerate(facts.definitions) if d.kind in _DEFINED]
    return Side(facts, dict(zip(defined, statements, strict=True)), trees(facts))


class _Comparison:
    """One comparison of two versions that both parse."""

    def __init__(self, old: FileFacts, new: FileFacts, base: Change) -> None:
        self.old = side(old)
        self.new = side(new)
        self.base = base

    def changes(self) -> Iterator[Change]:
        """Yield every change, in no particular order."""
        pairs, gone, come = _matched(self.old, self.new)
        renamed, gone, come = renamed_within(self.old.facts, self.new.facts, gone, come)
        for left, right in pairs:
            yield from self._pair(left, right)
        for left, right in renamed:
            if self.new.at_level(right):
                yield self._renamed(left, right)
        for index in _without_overloads(self.old.facts, gone):
            definition = self.old.facts.definitions[index]
            level_scope = self.old.at_level(index)
            if not level_scope or definition.parent not in gone:
                yield self._whole(self.old, index, ChangeKind.REMOVED)
        for index in _without_overloads(self.new.facts, come):
            definition = self.new.facts.definitions[index]
            if self.new.at_level(index) and definition.parent not in come:
                yield self._whole(self.new, index, ChangeKind.ADDED)

    def _whole(self, where: Side, index: int, kind: ChangeKind) -> Change:
        definition = where.facts.definitions[index]
        removed = kind is ChangeKind.REMOVED
        level_scope = where.at_level(index)
        return replace(
            self.base,
            qualname=definition.qualname,
            kind=kind,
            old=(definition.span,) if removed else (),
            new=() if removed else (definition.span,),
            binds=(definition.name,) if level_scope else (),
            scope=where.facts.definitions[definition.parent].qualname if level_scope else "",
        )

    def _renamed(self, left: int, right: int) -> Change:
        was, now = self.old.facts.definitions[left], self.new.facts.definitions[right]
        return replace(
            self.base,
            qualname=now.qualname,
            kind=ChangeKind.RENAMED,
            old=(was.span,),
            new=(now.span,),
            binds=(was.name, now.name),
            scope=self.new.facts.definitions[now.parent].qualname,
            old_qualname=was.qualname,
        )

    def _pair(self, left: int, right: int) -> Iterator[Change]:
        """Yield the changes of one definition that is in both versions."""
        was, now = self.old.facts.definitions[left], self.new.facts.definitions[right]
        if was.docstring != now.docstring:
            yield self._docstring(left, right)
        if left and self.new.at_level(right):
            yield from self._header(left, right)
        if now.kind is DefinitionKind.FUNCTION:
            yield from self._body(left, right)
        elif was.own != now.own:
            if self.new.at_level(right):
                yield from self._level(left, right)
            else:
                yield from self._local_class(left, right)

    def _docstring(self, left: int, right: int) -> Change:
        was, now = self.old.facts.definitions[left], self.new.facts.definitions[right]
        kind = ChangeKind.EDITED if was.docstring and now.docstring else ChangeKind.REMOVED
        tested = was.docstring.startswith("doctest") or now.docstring.startswith("doctest")
        return replace(
            self.base,
            qualname=now.qualname,
            kind=ChangeKind.ADDED if not was.docstring else kind,
            part=Part.DOCSTRING,
            old=_docstring_span(self.old.facts, left),
            new=_docstring_span(self.new.facts, right),
            detail="doctest" if tested else "",
        )

    def _header(self, left: int, right: int) -> Iterator[Change]:
        was, now = self.old.headers[left], self.new.headers[right]
        if was.fingerprint != now.fingerprint:
            definition = self.new.facts.definitions[right]
            yield replace(
                self.base,
                qualname=definition.qualname,
                part=Part.HEADER,
                old=(was.span,),
                new=(now.span,),
                binds=(definition.name,),
                scope=self.new.facts.definitions[definition.parent].qualname,
                detail=_which(was, now),
            )

    def _body(self, left: int, right: int) -> Iterator[Change]:
        was, now = self.old.facts.definitions[left], self.new.facts.definitions[right]
        reason = self._whole_body(left, right)
        if was.own == now.own and not reason:
            return
        change = replace(self.base, qualname=now.qualname, part=Part.BODY)
        body = self.old.body(left)
        if reason:
            yield replace(change, old=(body,), new=(self.new.body(right),), detail=reason)
            return
        found = Difference()
        align(self.old.suites.get(left, []), self.new.suites.get(right, []), body, found)
        if found:
            yield _spanned(change, found)

    def _local_class(self, left: int, right: int) -> Iterator[Change]:
        """A class inside a function: its statements run when the function does."""
        found = Difference()
        body = self.old.body(left)
        align(self.old.suites.get(left, []), self.new.suites.get(right, []), body, found)
        definitions = self.new.facts.definitions
        outer = definitions[right].parent
        while definitions[outer].kind is not DefinitionKind.FUNCTION:
            outer = definitions[outer].parent
        if found:
            yield _spanned(
                replace(self.base, qualname=definitions[outer].qualname, part=Part.BODY), found
            )

    def _level(self, left: int, right: int) -> list[Change]:
        return compare_level(
            level(self.old.facts, left),
            level(self.new.facts, right),
            self.old.suites.get(left, []),
            self.new.suites.get(right, []),
            self.base,
        )

    def _whole_body(self, left: int, right: int) -> str:
        """Return why every statement of a function means something else now; empty when it does not."""
        was, now = self.old.facts.definitions[left], self.new.facts.definitions[right]
        for flag in ("generator", "async"):
            if (flag in was.flags) != (flag in now.flags):
                return flag
        if was.own == now.own:
            return ""
        if _declared(self.old, left) != _declared(self.new, right):
            return "global or nonlocal"
        before, after = _locals(self.old, left), _locals(self.new, right)
        captured = (after - before) & _roots(self.old.facts, left)
        freed = (before - after) & _roots(self.new.facts, right)
        return "scope of " + ", ".join(sorted(captured | freed)) if captured | freed else ""


def _which(was: Statement, now: Statement) -> str:
    """Return which part of a header is another, where that makes a difference."""
    if was.does == now.does:
        return ONLY_ANNOTATIONS
    same = now.kind is StatementKind.DEF and was.applies == now.applies
    return ONLY_PARAMETERS if same else ""


def _without_overloads(facts: FileFacts, indexes: list[int]) -> list[int]:
    """``typing.overload`` binds a name that the implementation binds again: nothing of it is left at run time."""
    return [index for index in indexes if "overload" not in facts.definitions[index].flags]


def _spanned(change: Change, found: Difference) -> Change:
    return replace(
        change,
        old=tuple(sorted(set(found.old))),
        new=tuple(sorted(set(found.new))),
        around=tuple(sorted(set(found.around))),
    )


def _docstring_span(facts: FileFacts, owner: int) -> tuple[Span, ...]:
    if not facts.definitions[owner].docstring:
        return ()
    return tuple(
        s.span for s in facts.statements if s.owner == owner and s.kind is StatementKind.DOCSTRING
    )[:1]


def _declared(where: Side, index: int) -> list[str]:
    """Return the ``global`` and ``nonlocal`` statements of a function."""
    return sorted(
        node.statement.fingerprint
        for top in where.suites.get(index, [])
        for node in top.walk()
        if node.word in ("global", "nonlocal")
    )


def _locals(where: Side, index: int) -> set[str]:
    return {name for node in where.suites.get(index, []) for name in node.statement.binds}


def _roots(facts: FileFacts, index: int) -> set[str]:
    """Return the root names that a function, or what is nested in it, mentions."""
    span = facts.definitions[index].span
    return {
        reference.chain.replace("(", ".").replace("[", ".").partition(".")[0]
        for reference in facts.references
        if facts.definitions[reference.source].span.first >= span.first
        and facts.definitions[reference.source].span.last <= span.last
        and reference.line in span
    }


def _matched(old: Side, new: Side) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """Pair definitions by qualname; among several of one name those that are equal first, then in order."""
    waiting: dict[tuple[str, DefinitionKind], list[int]] = defaultdict(list)
    for index, definition in enumerate(old.facts.definitions):
        if definition.kind is not DefinitionKind.VARIABLE:
            waiting[definition.qualname, definition.kind].append(index)
    pairs: list[tuple[int, int]] = []
    open_: list[int] = []
    wanted: list[tuple[int, Definition]] = [
        (i, d)
        for i, d in enumerate(new.facts.definitions)
        if d.kind is not DefinitionKind.VARIABLE
    ]
    for index, definition in wanted:
        same = waiting[definition.qualname, definition.kind]
        equal = [i for i in same if old.facts.definitions[i].fingerprint == definition.fingerprint]
        if equal:
            same.remove(equal[0])
            pairs.append((equal[0], index))
        else:
            open_.append(index)
    come: list[int] = []
    for index in open_:
        definition = new.facts.definitions[index]
        same = waiting[definition.qualname, definition.kind]
        if same:
            pairs.append((same.pop(0), index))
        else:
            come.append(index)
    gone = sorted(index for left in waiting.values() for index in left)
    return sorted(pairs), gone, come

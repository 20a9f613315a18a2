"""Definitions and files under a new name: equal fingerprints, within a file and between files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from tdad.facts import Change, ChangeKind, Definition, FileFacts, Part, Span

Pair = tuple[FileFacts | None, FileFacts | None]


def renamed_within(
    old: FileFacts, new: FileFacts, gone: Sequence[int], come: Sequence[int]
) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """Pair definitions of one file that differ in nothing but their name.

    Returns the pairs, and what is left of ``gone`` and ``come``; what is nested in a pair leaves with it.
    """
    waiting: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for index in gone:
        waiting[_key(old, index)].append(index)
    wanted: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for index in come:
        wanted[_key(new, index)].append(index)
    pairs = [
        (waiting[key][0], found[0])
        for key, found in wanted.items()
        if len(found) == 1 and len(waiting.get(key, ())) == 1
    ]
    was = {left for left, _right in pairs}
    now = {right for _left, right in pairs}
    return (
        pairs,
        [i for i in gone if not _within(old, i, was)],
        [i for i in come if not _within(new, i, now)],
    )


def _key(facts: FileFacts, index: int) -> tuple[object, ...]:
    definition = facts.definitions[index]
    return (
        definition.kind,
        definition.fingerprint,
        facts.definitions[definition.parent].qualname,
        definition.flags,
    )


def _within(facts: FileFacts, index: int, chosen: set[int]) -> bool:
    """Tell whether a definition is one of ``chosen`` or inside one."""
    while index:
        if index in chosen:
            return True
        index = facts.definitions[index].parent
    return False


def compare_all(pairs: Sequence[Pair]) -> tuple[Change, ...]:
    """Return the changes of many files, as ``compare`` does for each, with moves between files found.

    A file or definition that vanished in one place and appeared in another with the same fingerprint is one RENAMED
    change at the new place, with ``old_path`` and ``old_qualname``.
    """
    from tdad.source.compare import compare  # compare uses this module

    pairs = _joined(pairs)
    changes = [change for old, new in pairs for change in compare(old, new)]
    gone = _removed(pairs, changes)
    merged: list[Change] = []
    used: set[Change] = set()
    for change in changes:
        partner = _partner(pairs, change, gone, used)
        merged.append(change if partner is None else partner)
    return tuple(sorted(c for c in merged if c not in used))


def _joined(pairs: Sequence[Pair]) -> list[Pair]:
    """Join a file that vanished with one that appeared and says the same."""
    gone: dict[str, list[FileFacts]] = defaultdict(list)
    come: dict[str, list[FileFacts]] = defaultdict(list)
    for old, new in pairs:
        if new is None and old is not None and len(old.definitions) > 1:
            gone[old.definitions[0].fingerprint].append(old)
        elif old is None and new is not None and len(new.definitions) > 1:
            come[new.definitions[0].fingerprint].append(new)
    joined = {
        found[0].path: gone[key][0]
        for key, found in come.items()
        if len(found) == 1 and len(gone.get(key, ())) == 1
    }
    moved = {old.path for old in joined.values()}
    result: list[Pair] = []
    for old, new in pairs:
        if old is None and new is not None and new.path in joined:
            result.append((joined[new.path], new))
        elif not (new is None and old is not None and old.path in moved):
            result.append((old, new))
    return result


Gone = dict[tuple[object, ...], list[tuple[FileFacts, Definition, Change | None]]]


def _removed(pairs: Sequence[Pair], changes: Sequence[Change]) -> Gone:
    """Return fingerprint → definitions that are gone from where they were."""
    found: Gone = defaultdict(list)
    removed = {
        (c.old_path or c.path, c.qualname): c
        for c in changes
        if c.kind is ChangeKind.REMOVED and c.part is Part.WHOLE and c.qualname
    }
    for old, new in pairs:
        if old is None:
            continue
        for definition in old.definitions[1:]:
            change = removed.get((old.path, definition.qualname))
            if definition.body is not None and (
                change is not None or (new is None and definition.parent == 0)
            ):
                key = (definition.kind, definition.fingerprint)
                found[key].append((old, definition, change))
    return found


def _partner(
    pairs: Sequence[Pair], change: Change, gone: Gone, used: set[Change]
) -> Change | None:
    """Return the RENAMED change that an ADDED definition really is."""
    if change.kind is not ChangeKind.ADDED or change.part is not Part.WHOLE or not change.qualname:
        return None
    new = next(n for _o, n in pairs if n is not None and n.path == change.path)
    spans: tuple[Span, ...] = change.new
    definition = next(
        d for d in new.definitions if d.qualname == change.qualname and (d.span,) == spans
    )
    candidates = gone.get((definition.kind, definition.fingerprint), [])
    named = [c for c in candidates if c[1].name == definition.name]
    candidates = named or candidates
    if len(candidates) != 1 or candidates[0][2] in used:
        return None
    old, was, removal = candidates[0]
    if removal is not None:
        used.add(removal)
    return replace(
        change,
        kind=ChangeKind.RENAMED,
        old=(was.span,),
        old_path=old.path if old.path != change.path else "",
        old_qualname=was.qualname,
        old_digest=old.digest,
        binds=tuple(dict.fromkeys((was.name, *change.binds))),
    )

"""Files whose import may fail after a change, as far as the code alone says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tdad.facts import Change, ChangeKind, FileFacts, Part, ReferenceKind
from tdad.graph.impacts.classes import has_processing_base, has_unknown_base, split
from tdad.graph.impacts.evaluated import unknown_in_annotations
from tdad.graph.impacts.raising import fails_to_import, may_fail_at, may_raise, raises_itself
from tdad.graph.impacts.world import find
from tdad.graph.resolve import Resolver

_FUTURE = ("annotations",)
"""What ``from __future__ import annotations`` binds."""


@dataclass(frozen=True, slots=True)
class _Files:
    resolver: Resolver

    def get(self, path: str, /) -> FileFacts | None:
        """Facts of the file in that version."""
        scope = self.resolver.files.scope(path)
        return None if scope is None else scope.facts


@dataclass(frozen=True, slots=True)
class _Versions:
    now: Resolver
    before: Resolver
    installed: frozenset[str] = frozenset()

    @property
    def head(self) -> _Files:
        return _Files(self.now)

    @property
    def old(self) -> _Files:
        return _Files(self.before)


def broken_files(now: Resolver, before: Resolver, change: Change) -> frozenset[str]:
    """Paths of the files whose import may fail after the change."""
    if change.part in {Part.DATA, Part.DOCSTRING}:
        return frozenset()
    versions = _Versions(now, before)
    found = set(_failing_readers(versions, change))
    if _breaks_itself(versions, change):
        found.add(change.path)
    return frozenset(found)


def _breaks_itself(versions: _Versions, change: Change) -> bool:
    gone = change.kind is ChangeKind.REMOVED or change.binds == _FUTURE
    return (
        (change.part is not Part.BODY and raises_itself(versions, change))
        or fails_to_import(versions, change)
        or _is_checked(versions.now, change)
        or (gone and unknown_in_annotations(versions, change.path))
    )


def _is_checked(resolver: Resolver, change: Change) -> bool:
    """Whether the change is in a statement that is checked by code at import, which may raise.

    That is one that calls something, or one of a class whose body a metaclass or ``__init_subclass__`` of ours reads.
    """
    if change.part is not Part.VALUE:
        return False
    if change.scope:
        cls = f"{change.path}::{change.scope}"
        return has_processing_base(resolver, cls) and not has_unknown_base(resolver, cls)
    scope = resolver.files.scope(change.path)
    if scope is None:
        return False
    return any(
        reference.kind is ReferenceKind.CALL
        for name in change.binds
        for index in scope.by_qualname.get(name, ())
        for reference in scope.references.get(index, ())
    )


def _failing_readers(versions: _Versions, change: Change) -> Iterator[str]:
    """Files where the value is used at import in a way that can fail, or from which a name is imported that is gone."""
    if change.part is Part.BODY or not may_raise(versions, change):
        return
    prefix = f"{change.scope}." if change.scope else ""
    names = {*(f"{prefix}{name}" for name in change.binds), change.qualname} - {""}
    for name in sorted(names):
        where = f"{change.path}::{name}"
        is_gone = find(versions.head.get(change.path), name) is None
        resolver = versions.before if is_gone else versions.now
        for edge in resolver.readers(where):
            path, qualname = split(edge.source)
            reader = find(versions.head.get(path), qualname)
            if reader is None or edge.ambiguous:
                continue
            if edge.kind is ReferenceKind.IMPORT:
                if is_gone and "." not in name:
                    yield path
            elif may_fail_at(versions, resolver, edge, reader):
                yield path

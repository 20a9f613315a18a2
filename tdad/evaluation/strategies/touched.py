"""What a change touched, as far as the strategies look at it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tdad.facts import Change, DefinitionKind, FileFacts, Part, Span


@dataclass(frozen=True, slots=True)
class Touched:
    """Files, and functions where the change is within functions."""

    paths: frozenset[str]
    functions: tuple[tuple[str, Span], ...] = ()
    """(path, lines of the body before the change) of each function whose body changed."""
    whole: frozenset[str] = frozenset()
    """Files with a change outside every function body."""


def from_changes(changes: Iterable[Change], before: Mapping[str, FileFacts]) -> Touched:
    """What ``changes`` touch. ``before``: path → facts of the version without the change."""
    paths: set[str] = set()
    functions: set[tuple[str, Span]] = set()
    whole: set[str] = set()
    for change in changes:
        path = change.old_path or change.path
        paths |= {path, change.path}
        bodies = _bodies(change, before.get(path))
        if bodies:
            functions |= {(path, body) for body in bodies}
        else:
            whole.add(path)
    return Touched(frozenset(paths), tuple(sorted(functions)), frozenset(whole))


def _bodies(change: Change, facts: FileFacts | None) -> list[Span]:
    """Lines of the function whose body changed (of all that have its name); empty: the change is not within one."""
    if facts is None or change.part not in {Part.BODY, Part.DOCSTRING}:
        return []
    name = change.old_qualname or change.qualname
    return [
        definition.body
        for definition in facts.definitions
        if definition.qualname == name
        and definition.kind is DefinitionKind.FUNCTION
        and definition.body is not None
    ]


def path_of(node_id: str) -> str:
    """The file that a test was collected from."""
    return node_id.partition("::")[0]

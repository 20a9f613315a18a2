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
        body = _body(change, before.get(path))
        if body is None:
            whole.add(path)
        else:
            functions.add((path, body))
    return Touched(frozenset(paths), tuple(sorted(functions)), frozenset(whole))


def _body(change: Change, facts: FileFacts | None) -> Span | None:
    """Lines of the function whose body changed; ``None``: the change is not within one."""
    if facts is None or change.part not in {Part.BODY, Part.DOCSTRING}:
        return None
    name = change.old_qualname or change.qualname
    for definition in facts.definitions:
        if definition.qualname == name and definition.kind is DefinitionKind.FUNCTION:
            return definition.body
    return None


def path_of(node_id: str) -> str:
    """The file that a test was collected from."""
    return node_id.partition("::")[0]

"""A change in words."""

from __future__ import annotations

from typing import assert_never

from tdad.facts import Change, ChangeKind, Part, Span


def name(change: Change) -> str:
    """What to call it: the definition, or the file where the change has no definition."""
    return change.definition if change.qualname else change.path


def headline(change: Change) -> str:
    """``body edited, lines 12-14``; ``renamed from old.py::f``."""
    words = [_what(change)]
    if change.old_qualname or change.old_path:
        old = f"{change.old_path or change.path}::{change.old_qualname or change.qualname}"
        words.append(f"was {old.removesuffix('::')}")
    where = change.new or change.old
    if where and change.part is not Part.WHOLE:
        words.append(lines(where))
    if change.detail:
        words.append(change.detail)
    return ", ".join(words)


def _what(change: Change) -> str:
    kind = str(change.kind)
    match change.part:
        case Part.BODY | Part.HEADER | Part.DOCSTRING:
            return f"{change.part} {kind}"
        case Part.VALUE:
            return f"value {kind}"
        case Part.EFFECT:
            return f"module-level statement {kind}"
        case Part.DATA:
            return f"file {kind}"
        case Part.WHOLE:
            return kind if change.kind is not ChangeKind.EDITED else "whole file edited"
        case _:
            assert_never(change.part)


def lines(spans: tuple[Span, ...], at_most: int = 3) -> str:
    """``line 7``, ``lines 3-5, 9``, ``lines 1, 3, 5, …``."""
    parts = [
        str(span.first) if span.first == span.last else f"{span.first}-{span.last}"
        for span in spans[:at_most]
    ]
    more = ", …" if len(spans) > at_most else ""
    word = "line" if len(spans) == 1 and spans[0].first == spans[0].last else "lines"
    return f"{word} {', '.join(parts)}{more}"

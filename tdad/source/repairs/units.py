"""Statements as units of execution: a simple statement, or the head of a compound one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

import libcst as cst
from libcst.metadata import CodeSpan


@dataclass(frozen=True, slots=True)
class Units:
    """(from, to) in bytes of each unit, in the order of the text; units do not overlap."""

    spans: tuple[tuple[int, int], ...]

    def lines(self, offset: int, source: bytes) -> tuple[int, int]:
        """First and last line of the unit that ``offset`` is in."""
        at = bisect_right(self.spans, (offset, len(source) + 1)) - 1
        start, end = self.spans[at] if at >= 0 else (offset, offset)
        if not start <= offset <= end:
            start = end = offset
        first = source.count(b"\n", 0, start) + 1
        return first, first + source.count(b"\n", start, end)


def units_of(module: cst.Module, spans: Mapping[cst.CSTNode, CodeSpan]) -> Units:
    """Units of the module."""
    found: list[tuple[int, int]] = []
    stack: list[cst.CSTNode] = [module]
    while stack:
        node = stack.pop()
        stack += node.children
        if isinstance(node, cst.SimpleStatementLine | cst.SimpleStatementSuite):
            found.append(_span(node, spans))
        elif isinstance(node, cst.BaseCompoundStatement | cst.ExceptHandler | cst.MatchCase):
            start = _span(node, spans)[0]
            body = getattr(node, "body", None)
            inside = [_span(child, spans)[0] for child in getattr(body, "body", ())]
            found.append((start, (min(inside) - 1) if inside else _span(node, spans)[1]))
    return Units(tuple(sorted(set(found))))


def _span(node: cst.CSTNode, spans: Mapping[cst.CSTNode, CodeSpan]) -> tuple[int, int]:
    found = spans[node]
    return found.start, found.start + found.length

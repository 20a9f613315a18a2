"""Statements as units of execution: a simple statement, or the head of a compound one."""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

import libcst as cst
from libcst.metadata import CodeSpan

_NEWLINE = ord("\n")


@dataclass(frozen=True, slots=True)
class Units:
    """The units of one file."""

    spans: tuple[tuple[int, int], ...]
    """(from, to) in bytes, in the order of the text; they do not overlap."""
    ends: tuple[int, ...]
    """Bytes where lines end."""

    def lines(self, offset: int) -> tuple[int, int]:
        """First and last line of the unit that ``offset`` is in."""
        at = bisect_right(self.spans, (offset, sys.maxsize)) - 1
        start, end = self.spans[at] if at >= 0 else (offset, offset)
        if not start <= offset <= end:
            start = end = offset
        return self._line(start), self._line(end)

    def around(self, start: int, end: int) -> tuple[int, int]:
        """First and last line of the unit that ``start`` is in and of all up to ``end``."""
        first, last = self.lines(start)
        return first, max(last, self._line(end))

    def _line(self, offset: int) -> int:
        return bisect_left(self.ends, offset) + 1


def units_of(module: cst.Module, spans: Mapping[cst.CSTNode, CodeSpan], source: bytes) -> Units:
    """Units of the module with that text."""
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
    ends = tuple(at for at, byte in enumerate(source) if byte == _NEWLINE)
    return Units(tuple(sorted(set(found))), ends)


def _span(node: cst.CSTNode, spans: Mapping[cst.CSTNode, CodeSpan]) -> tuple[int, int]:
    found = spans[node]
    return found.start, found.start + found.length

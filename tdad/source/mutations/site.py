"""What every operator gets: a node in its place, and the source text of any node below it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import libcst as cst
from libcst.metadata import CodeSpan

from tdad.facts_faults import FaultKind, FaultLevel


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose code it is."""

    qualname: str = ""
    level: FaultLevel = FaultLevel.MODULE


@dataclass(frozen=True, slots=True)
class Site:
    """One node and where it stands."""

    node: cst.CSTNode
    scope: Scope
    source: bytes
    """The file in UTF-8."""
    spans: Mapping[cst.CSTNode, CodeSpan]

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """Bytes from and to; whitespace, comments and parentheses around it are outside."""
        found = self.spans[node]
        return found.start, found.start + found.length

    def text(self, node: cst.CSTNode) -> str:
        """Source of ``node``, with its own parentheses if it has some."""
        start, end = self.span(node)
        text = self.source[start:end].decode("utf-8")
        return f"({text})" if getattr(node, "lpar", ()) else text


@dataclass(frozen=True, slots=True)
class Proposal:
    """Replace ``node`` by ``text``, which takes over the node's parentheses."""

    kind: FaultKind
    node: cst.CSTNode
    text: str


Operator = Callable[[Site], Iterator[Proposal]]
"""One family of faults: the proposals for one node, none for most."""

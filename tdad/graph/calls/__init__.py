"""Flow facts of the files of a project → who calls whom. No I/O, no syntax."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tdad.facts_flow import FlowFacts, ScopeKind
from tdad.graph.calls.machine import Machine

__all__ = ["call_graph"]

_DEPTHS = ((4_000, 3), (30_000, 2), (80_000, 1))
"""Up to so many operations in the program, that many call sites are told apart (k-CFA); beyond, none."""
_EXPANSION = 30
"""A program may be expanded by contexts to this many times its size, or to ``_ALWAYS`` operations."""
_ALWAYS = 60_000
_MOST = 600_000


def call_graph(
    files: Iterable[FlowFacts], tell: Callable[[str], None] = lambda _: None
) -> dict[str, list[str]]:
    """Who calls whom, among the modules, functions, methods and lambdas of ``files``.

    Args:
        files: the whole program.
        tell: takes a sentence about each bound that may have cost edges.

    Returns:
        Dotted name of each definition → sorted dotted names of what it calls; a class body is a caller only if it
        calls something. Names that are bound to several definitions stand for all of them.
    """
    ordered = sorted(files, key=lambda facts: facts.module)
    size = sum(len(scope.operations) for facts in ordered for scope in facts.scopes)
    depth = next((depth for most, depth in _DEPTHS if size <= most), 0)
    budget = min(max(size * _EXPANSION, _ALWAYS), _MOST)
    machine = Machine(ordered, depth, budget)
    machine.run()
    for limit in machine.engine.limits():
        tell(limit)
    graph: dict[str, set[str]] = {
        name: set()
        for name, scope in zip(machine.names, machine.scopes, strict=True)
        if scope.kind is not ScopeKind.CLASS
    }
    for caller, callee in machine.edges:
        graph.setdefault(machine.names[caller], set()).add(machine.names[callee])
    return {name: sorted(graph[name]) for name in sorted(graph)}

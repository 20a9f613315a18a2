"""Flow facts of the files of a project → who calls whom. No I/O, no syntax."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tdad.facts_flow import FlowFacts, ScopeKind
from tdad.graph.calls.machine import Machine

__all__ = ["call_graph"]

_SMALL = 4_000
"""Programs of up to so many operations are analysed with contexts first."""
_DEPTH = 3
"""So many call sites are told apart there (k-CFA)."""
_EXPANSION = 60_000
"""Operations that such a program may be expanded to by its contexts."""
_STEPS = 400_000
"""Objects handed on until contexts are given up: they grow exponentially in some programs. Measured on jinja2 3.1
(20,700 operations): 0.4 s without contexts; with one call site, 8 million steps were not enough, at worse
precision."""


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
    machine = _analysed(ordered)
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


def _analysed(files: list[FlowFacts]) -> Machine:
    """The finished analysis: with contexts if the program is small and they pay."""
    size = sum(len(scope.operations) for facts in files for scope in facts.scopes)
    if size <= _SMALL:
        machine = Machine(files, _DEPTH, _EXPANSION, _STEPS)
        machine.run()
        if not machine.engine.stopped():
            return machine
    machine = Machine(files, 0, 0)
    machine.run()
    return machine

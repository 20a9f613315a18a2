"""From a change back to the tests that reach it: for each test the best chain.

The weight of a chain is the product of the weights of its links, each step to another definition decayed. Many tests
share most of their chains, so that one search (Dijkstra on products) serves all: what is visited is a node, for the
tests that have not been there on a better chain.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tdad.facts import Step
from tdad.graph.static.nodes import WEIGHTS, WORDS, How, definition_of
from tdad.graph.static.program import Program

_DECAY = 0.9
"""Per definition on the way."""
_CARRIERS = (str, bytes, list, tuple, dict, set, frozenset, int, float, type, BaseException)
"""Builtin types whose attributes an unknown receiver may as well have."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How a change reaches one test."""

    distance: int
    """Definitions on the chain, the change itself not counted."""
    weight: float
    """Product of the weights on it, 0 to 1."""
    chain: tuple[Step, ...]
    """From the changed definition to the test function."""


@dataclass(frozen=True, slots=True)
class _Visit:
    node: int
    how: str
    """How a chain puts the last link, carried over nodes that are no step of their own."""
    before: int
    """Index of the visit it came from; -1: the change."""
    distance: int


class Walk:
    """One search from one set of nodes."""

    def __init__(self, program: Program, bits: Sequence[int], tests: Mapping[int, int]) -> None:
        """``tests``: number of a test's node → number of the test."""
        self._program = program
        self._bits = bits
        self._tests = tests
        self._done: dict[int, int] = {}
        self._visits: list[_Visit] = []
        self._heap: list[tuple[float, int, int, int, int, str]] = []

    def run(self, starts: Iterable[int]) -> dict[int, Reach]:
        """Number of a test → how the nodes ``starts`` reach it."""
        found: dict[int, Reach] = {}
        for start in sorted(set(starts)):
            heapq.heappush(self._heap, (-1.0, 0, start, -1, self._bits[start], "changed"))
        while self._heap:
            rank, distance, node, before, tests, how = heapq.heappop(self._heap)
            fresh = tests & ~self._done.get(node, 0)
            if not fresh:
                continue
            self._done[node] = self._done.get(node, 0) | fresh
            self._visits.append(_Visit(node, how, before, distance))
            if node in self._tests:
                found[self._tests[node]] = Reach(distance, -rank, self._chain(before))
            else:
                self._back(rank, distance, node, fresh, how)
        return found

    def _back(self, rank: float, distance: int, node: int, tests: int, how: str) -> None:
        names, bits = self._program.names, self._bits
        here = len(self._visits) - 1
        definition = definition_of(names[node])
        factor = self._factor(node)
        for source, guard, kind in self._program.into[node]:
            there = tests & bits[source] & ~self._done.get(source, 0)
            if guard >= 0:
                there &= bits[guard]
            if not there:
                continue
            other = definition_of(names[source])
            step = bool(other) and other != definition
            words = WORDS[kind] if kind is not How.SAME else "" if definition else how
            weight = rank * WEIGHTS[kind] * factor * (_DECAY if step else 1.0)
            entry = (weight, distance + step, source, here, there, words)
            heapq.heappush(self._heap, entry)

    def _factor(self, node: int) -> float:
        """Less for what only the name of an attribute says, by how many there are of that name."""
        name = self._program.names[node]
        if name[0] not in "ASN":
            return 1.0
        candidates = len(self._program.out[node])
        carriers = sum(hasattr(carrier, name[1:]) for carrier in _CARRIERS)
        return 1.0 / max(1, candidates + 4 * carriers)

    def _chain(self, last: int) -> tuple[Step, ...]:
        """The steps of the visits from the change to ``last``, each definition once."""
        visits: list[_Visit] = []
        while last >= 0:
            visits.append(self._visits[last])
            last = self._visits[last].before
        steps: list[Step] = []
        how = ""
        for visit in reversed(visits):
            how = visit.how or how
            definition = definition_of(self._program.names[visit.node])
            if definition and not (steps and steps[-1].what == definition):
                steps.append(Step(how, definition))
                how = ""
        return tuple(steps)

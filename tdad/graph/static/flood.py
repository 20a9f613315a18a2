"""Which tests reach which node, for all tests at once: a set of tests is one number with a bit for each."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from tdad.graph.static.nodes import run
from tdad.graph.static.program import Program
from tdad.graph.tests_of import StaticTest


def flood(program: Program, tests: Sequence[StaticTest]) -> list[int]:
    """Node → the tests that reach it, bit k for ``tests[k]``.

    The least solution of ``reach(target) ⊇ reach(source) ∩ reach(guard)`` over all links: rapid type analysis
    (Bacon and Sweeney 1996) of each test, in one pass for all of them.
    """
    bits = [0] * len(program.names)
    waiting: dict[int, list[tuple[int, int]]] = {}
    for source, links in enumerate(program.out):
        for target, guard in links:
            if guard >= 0:
                waiting.setdefault(guard, []).append((source, target))
    queue: deque[int] = deque()
    queued = bytearray(len(bits))

    def give(node: int, tests_there: int) -> None:
        if tests_there & ~bits[node]:
            bits[node] |= tests_there
            if not queued[node]:
                queued[node] = 1
                queue.append(node)

    for number, test in enumerate(tests):
        give(program.numbers[run(test.node_id)], 1 << number)
    while queue:
        node = queue.popleft()
        queued[node] = 0
        here = bits[node]
        for target, guard in program.out[node]:
            give(target, here if guard < 0 else here & bits[guard])
        for source, target in waiting.get(node, ()):
            give(target, here & bits[source])
    return bits

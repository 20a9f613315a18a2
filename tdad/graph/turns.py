"""Variety: tests that mostly fail together take turns with others that are nearly as likely to fail."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Rank = TypeVar("Rank", float, tuple[int, float])


def in_turns(
    ranked: Iterable[tuple[Rank, str]],
    beside: Callable[[str], str],
    behind: Callable[[Rank, int], Rank],
    at_most: int,
) -> Iterator[tuple[Rank, str]]:
    """Yield tests the best first, each with the rank that it has where it is placed.

    Args:
        ranked: (rank, node id); what sorts first is the best.
        beside: Node id → what it shares with those that fail together with it.
        behind: Rank, number → the rank so many places behind the others of its kind.
        at_most: So many others count at most.
    """
    placed: Counter[str] = Counter()
    heap = [(rank, node_id, 0) for rank, node_id in ranked]
    heapq.heapify(heap)
    while heap:
        rank, node_id, counted = heapq.heappop(heap)
        kind = beside(node_id)
        before = min(placed[kind], at_most)
        if before > counted:
            heapq.heappush(heap, (behind(rank, before - counted), node_id, before))
            continue
        placed[kind] += 1
        yield rank, node_id

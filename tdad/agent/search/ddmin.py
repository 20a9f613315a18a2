"""The smallest part of a set that still does it: delta debugging.

Source: Zeller, Hildebrandt, "Simplifying and isolating failure-inducing input", IEEE Trans. Softw. Eng. 28(2), 2002.
Here the question is which hunks must be *undone*, so "fails" of the paper is "makes the failing tests pass".
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Minimum(Generic[Item]):
    """What is left."""

    items: tuple[Item, ...]
    """In the order that they were given in."""
    calls: int
    """How often the question was really asked."""
    minimal: bool
    """No single item can be left out; ``False``: the budget was over before that was known."""


class _OverError(Exception):
    """The budget is used up."""


class _Asked(Generic[Item]):
    """The question with a memory and a budget."""

    def __init__(self, holds: Callable[[tuple[Item, ...]], bool], budget: int) -> None:
        self._holds = holds
        self._budget = budget
        self._known: dict[frozenset[Item], bool] = {}
        self.calls = 0

    def __call__(self, items: tuple[Item, ...]) -> bool:
        key = frozenset(items)
        if key not in self._known:
            if self.calls >= self._budget:
                raise _OverError
            self.calls += 1
            self._known[key] = self._holds(items)
        return self._known[key]


def minimise(
    items: Sequence[Item],
    holds: Callable[[tuple[Item, ...]], bool],
    *,
    likely: Sequence[Item] = (),
    budget: int = 200,
) -> Minimum[Item]:
    """Return a part of ``items`` for which ``holds`` is true and of which no single item can be left out.

    The whole of ``items`` must hold; it is not asked. Nothing is asked twice.

    Args:
        items: Without repetition, the most likely first.
        holds: The question; asked with items in the given order.
        likely: If these alone hold, only they are looked at.
        budget: Ask at most so often; then the smallest set so far is returned.
    """
    ask = _Asked(holds, budget)
    best = tuple(items)
    try:
        chosen = tuple(item for item in items if item in set(likely))
        if 0 < len(chosen) < len(best) and ask(chosen):
            best = chosen
        parts = 2
        while len(best) > 1:
            smaller, parts = _round(best, parts, ask)
            if smaller is None:
                return Minimum(best, ask.calls, minimal=True)
            best = smaller
    except _OverError:
        return Minimum(best, ask.calls, minimal=False)
    return Minimum(best, ask.calls, minimal=True)


def _round(
    items: tuple[Item, ...], parts: int, ask: _Asked[Item]
) -> tuple[tuple[Item, ...] | None, int]:
    """One smaller set and how finely to cut it next; ``None``: there is none."""
    while True:
        pieces = _cut(items, parts)
        for piece in pieces:
            if ask(piece):
                return piece, 2
        if parts > 2:
            for piece in reversed(pieces):
                rest = tuple(item for item in items if item not in set(piece))
                if ask(rest):
                    return rest, max(parts - 1, 2)
        if parts >= len(items):
            return None, parts
        parts = min(len(items), parts * 2)


def _cut(items: tuple[Item, ...], parts: int) -> list[tuple[Item, ...]]:
    size, more = divmod(len(items), parts)
    pieces, at = [], 0
    for number in range(parts):
        length = size + (number < more)
        pieces.append(items[at : at + length])
        at += length
    return pieces

"""Figures over many results: pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from accuracy_results import Result, Way


@dataclass(frozen=True, slots=True)
class Figures:
    """How one strategy did on some results. Shares from 0 to 1."""

    trials: int
    safe: float
    """Trials of which every failing test was selected."""
    recall: float
    """Failing tests that were selected, over all trials together."""
    selected: float
    """Tests that were selected; mean of the trials."""
    time: float
    early: tuple[float, float, float]
    """Trials with a failing test among the first 5, 10 and 20."""


EARLY = (5, 10, 20)


def figures(results: Iterable[Result], way: str) -> Figures | None:
    """The figures of one strategy; ``None``: it was measured on none of these."""
    pairs = [(each, each.ways[way]) for each in results if way in each.ways]
    if not pairs:
        return None
    failing = sum(result.failing for result, _ in pairs)
    missed = sum(found.missed for _, found in pairs)
    return Figures(
        trials=len(pairs),
        safe=_share(pairs, lambda _, found: not found.missed),
        recall=1 - missed / failing,
        selected=_mean([found.selected / result.total for result, found in pairs]),
        time=_mean([found.time for _, found in pairs]),
        early=(_within(pairs, 5), _within(pairs, 10), _within(pairs, 20)),
    )


def ratio(results: Iterable[Result], way: str, other: str) -> float | None:
    """Share selected by ``way`` over that by ``other``, on the results that have both."""
    both = [each for each in results if way in each.ways and other in each.ways]
    mine, theirs = figures(both, way), figures(both, other)
    if mine is None or theirs is None or not theirs.selected:
        return None
    return mine.selected / theirs.selected


def _within(pairs: Sequence[tuple[Result, Way]], rank: int) -> float:
    return _share(pairs, lambda _, found: found.first is not None and found.first <= rank)


def _share(pairs: Sequence[tuple[Result, Way]], holds: Callable[[Result, Way], bool]) -> float:
    return sum(holds(*pair) for pair in pairs) / len(pairs)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)

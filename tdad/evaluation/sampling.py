"""Which faults to try: spread over levels, files, definitions and kinds, the same for the same seed.

The list is drawn one by one, so that a longer list begins with the shorter one.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import sqrt
from typing import TypeVar

from tdad.facts_faults import Fault, FaultLevel

Key = TypeVar("Key", str, tuple[str, str, int])

_F, _C, _M = FaultLevel.FUNCTION, FaultLevel.CLASS, FaultLevel.MODULE
_X, _D = FaultLevel.FIXTURE, FaultLevel.DATA

SCHEDULE = (_F, _M, _F, _C, _F, _F, _X, _F, _M, _F, _F, _C, _F, _D, _F, _M, _F, _X, _F, _F)
"""Levels of the first twenty faults, and so on: a quarter runs when a module or class is made."""

_BODIES = frozenset({FaultLevel.FUNCTION, FaultLevel.FIXTURE})
_TRIES = 40
"""Files to look into for one fault before its level counts as used up."""


@dataclass(frozen=True, slots=True, order=True)
class Stock:
    """One file and one level at which it can be broken."""

    path: str
    level: FaultLevel
    size: int
    """How many definitions it has at this level: big files are drawn more often, by the square root."""
    definitions: frozenset[str] | None = None
    """Qualnames that may be broken, e.g. those that some test executes; ``None``: all."""

    def holds(self, fault: Fault) -> bool:
        """Tell whether the fault is one of this stock."""
        return fault.level is self.level and (
            self.definitions is None or fault.qualname in self.definitions
        )


@dataclass(slots=True)
class _Draw:
    """What has been drawn so far."""

    faults_of: Callable[[str], Sequence[Fault]]
    usable: Callable[[Fault], bool]
    drawn: set[tuple[str, int, int, str]] = field(default_factory=set)
    definitions: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    empty: set[tuple[str, FaultLevel]] = field(default_factory=set)

    def one(self, stocks: Sequence[Stock], rng: random.Random) -> Fault | None:
        """Draw one fault from one of ``stocks``; ``None`` when there is none left."""
        for _ in range(_TRIES):
            left = [stock for stock in stocks if (stock.path, stock.level) not in self.empty]
            if not left:
                return None
            (stock,) = rng.choices(left, [sqrt(stock.size) for stock in left])
            fault = self._in(stock, rng)
            if fault is not None:
                return fault
            self.empty.add((stock.path, stock.level))
        return None

    def _in(self, stock: Stock, rng: random.Random) -> Fault | None:
        """A fault of the definition that was broken least, of the kind that was tried least."""
        left = [
            f for f in self.faults_of(stock.path) if stock.holds(f) and _key(f) not in self.drawn
        ]
        while left:
            fault = self._pick(left, rng, by_place=stock.level in _BODIES)
            if self.usable(fault):
                self._note(fault)
                return fault
            left.remove(fault)
        return None

    def _pick(self, left: Sequence[Fault], rng: random.Random, *, by_place: bool) -> Fault:
        """In bodies first the function, then the kind; elsewhere first the kind, for most lines know only one."""
        place = partial(_seldom, count=self.definitions, key=_place, rng=rng)
        kind = partial(_seldom, count=self.kinds, key=_kind, rng=rng)
        found = kind(place(left)) if by_place else place(kind(left))
        return rng.choice(found)

    def _note(self, fault: Fault) -> None:
        self.drawn.add(_key(fault))
        self.definitions[_place(fault)] += 1
        self.kinds[fault.kind] += 1


def sample(
    stocks: Sequence[Stock],
    number: int,
    seed: int,
    *,
    faults_of: Callable[[str], Sequence[Fault]],
    usable: Callable[[Fault], bool],
) -> tuple[Fault, ...]:
    """Draw up to ``number`` faults.

    Args:
        stocks: Where faults may be.
        number: How many; fewer come back when the project has no more.
        seed: Same seed, same stocks, same files: same faults.
        faults_of: All faults of one file.
        usable: Whether a fault leaves a file that still parses.
    """
    ordered = sorted(stocks, key=lambda stock: (stock.path, stock.level))
    draw = _Draw(faults_of, usable)
    return tuple(_drawn(ordered, number, seed, draw))


def _drawn(stocks: list[Stock], number: int, seed: int, draw: _Draw) -> Iterator[Fault]:
    for position in range(number):
        rng = random.Random(f"{seed}:{position}")  # noqa: S311  # a sample, not a secret
        wanted = SCHEDULE[position % len(SCHEDULE)]
        fault = None
        for level in dict.fromkeys((wanted, FaultLevel.FUNCTION, *FaultLevel)):
            fault = draw.one([stock for stock in stocks if stock.level is level], rng)
            if fault is not None:
                break
        if fault is None:
            return
        yield fault


def _key(fault: Fault) -> tuple[str, int, int, str]:
    return fault.path, fault.start, fault.end, fault.replacement


def _place(fault: Fault) -> tuple[str, str, int]:
    """The function it is in; at module and class level, and in data, the line."""
    return fault.path, fault.qualname, 0 if fault.level in _BODIES else fault.line


def _kind(fault: Fault) -> str:
    return fault.kind


def _seldom(
    faults: Sequence[Fault], count: Counter[Key], key: Callable[[Fault], Key], rng: random.Random
) -> list[Fault]:
    """Those with one key among the keys that were drawn least."""
    lowest = min(count[key(fault)] for fault in faults)
    chosen = rng.choice(sorted({key(fault) for fault in faults if count[key(fault)] == lowest}))
    return [fault for fault in faults if key(fault) == chosen]

"""Suspiciousness of a statement from four counts.

Sources. Ochiai: Abreu, Zoeteweij, van Gemund, "An evaluation of similarity coefficients for software fault
localization", PRDC 2006. Tarantula: Jones, Harrold, ASE 2005. DStar with exponent 2: Wong, Debroy, Gao, Li, IEEE
Trans. Rel. 63, 2014.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Counts:
    """How many tests executed something, and how many did not."""

    failed: int
    """Failing tests that executed it."""
    passed: int
    """Passing tests that executed it."""
    total_failed: int
    total_passed: int


Formula = Callable[[Counts], float]
"""Counts → 0 (no failing test executed it) and up; only the order matters, except for Ochiai and Tarantula: 0 to 1."""


def ochiai(counts: Counts) -> float:
    """Failing executions, divided by sqrt(total_failed · (failed + passed))."""
    if not counts.failed:
        return 0.0
    return counts.failed / math.sqrt(counts.total_failed * (counts.failed + counts.passed))


def tarantula(counts: Counts) -> float:
    """Share of failing tests against the sum of the shares."""
    if not counts.failed:
        return 0.0
    failed = counts.failed / counts.total_failed
    passed = counts.passed / counts.total_passed if counts.total_passed else 0.0
    return failed / (failed + passed)


def dstar(counts: Counts) -> float:
    """Square of failed, divided by (passed + failing tests that did not execute it); x / (1 + x) of that."""
    if not counts.failed:
        return 0.0
    other = counts.passed + counts.total_failed - counts.failed
    return 1.0 if not other else (raw := counts.failed**2 / other) / (1 + raw)


FORMULAS: Mapping[str, Formula] = {"ochiai": ochiai, "dstar": dstar, "tarantula": tarantula}

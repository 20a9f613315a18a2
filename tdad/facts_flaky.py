"""The facts of a history of flaky tests: what gates found out about tests that do not always end alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Sample:
    """What one gate found out about one test."""

    at: float
    """When the gate began, seconds since the epoch."""
    asked: int
    """How often the test was run on the baseline: what head does may be the change's doing."""
    failed: int
    """How often it failed there."""
    flaky: bool
    """The gate called it flaky or order-dependent."""


@dataclass(frozen=True, slots=True)
class Flakes:
    """The history of one test."""

    samples: tuple[Sample, ...]
    """Newest first."""

    @property
    def asked(self) -> int:
        """How often it was run on baselines."""
        return sum(sample.asked for sample in self.samples)

    @property
    def failed(self) -> int:
        """How often it failed there."""
        return sum(sample.failed for sample in self.samples)

    @property
    def rate(self) -> float | None:
        """Share of its runs that failed; ``None``: it was never run on a baseline."""
        return self.failed / self.asked if self.asked else None


History = Mapping[str, Flakes]
"""Node id → history."""

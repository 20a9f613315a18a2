"""What the workflows answer with: frozen values that ``report`` renders.

Units and shapes are those of :mod:`tdad.facts`. Paths in ``MapState``, ``MapStats`` and
``Written`` are paths of the file system, as a person would type them; everything else is relative
to the project root.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tdad.facts import Answer, Impact


@dataclass(frozen=True, slots=True)
class IndexSummary:
    """What an index run found."""

    files: int
    parsed: int
    """Files that were read anew; the others came from the map."""
    definitions: int
    references: int
    errors: tuple[tuple[str, str], ...]
    """(path, why it does not parse), sorted."""
    seconds: float


@dataclass(frozen=True, slots=True)
class MapState:
    """What kind of map an answer rests on, and how good it is."""

    kind: Literal["recorded", "static"]
    age_s: float | None
    """Since the newest recording ended; ``None`` without a recording."""
    path: str
    granularity: str
    """``functions``, ``lines``, or empty without a recording."""
    stale_files: int
    """Project files that differ from the version they were recorded in."""


@dataclass(frozen=True, slots=True)
class ImpactReport:
    """Which tests a change puts at risk, and what that is based on."""

    answer: Answer
    map: MapState


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one test is at risk, or why it is safe."""

    node_id: str
    selected: bool
    impact: Impact | None
    """The strongest impact; ``None`` when the test is safe."""
    others: tuple[Impact, ...]
    """Further changes that reach the test, strongest first."""
    safe: tuple[tuple[str, str], ...]
    """(change, why it does not reach this test)."""


@dataclass(frozen=True, slots=True)
class MapStats:
    """What is in a map."""

    path: str
    size_bytes: int
    schema_version: int
    tests: int
    statuses: Mapping[str, int]
    """Status → number of tests whose newest outcome it is."""
    files: int
    definitions: int
    references: int
    observations: int
    data_files: int
    granularity: str
    recorder: str
    python: str
    recorded_at: float | None
    """Seconds since the epoch; ``None`` without a recording."""
    duration_s: float
    """Sum of the tests' newest durations."""
    stale_files: int
    flaky: int = 0
    """Tests that gates called flaky."""


@dataclass(frozen=True, slots=True)
class MapEntry:
    """What the map knows about one test, file or definition."""

    kind: Literal["test", "file", "definition"]
    name: str
    details: Mapping[str, str] = field(default_factory=dict)
    """Label → value, in the order to show them."""
    sections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Heading (``tests``, ``executes``, ``reads``, …) → node ids, definitions or files."""

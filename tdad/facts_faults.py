"""The facts of an audit: faults that are put into code on purpose, and what came of each.

Units and shapes are those of :mod:`tdad.facts`. Offsets are bytes of the file, 0-based; ``end`` is the first one after.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique

EVERYTHING = "(no test can be run)"
"""Stands among what fails for the whole suite when pytest did not get as far as running tests."""


@unique
class FaultKind(StrEnum):
    """What is done to the code."""

    NEGATE = "negate condition"
    CONSTANT = "constant"
    DROP = "drop statement"
    OFF_BY_ONE = "off by one"
    SWAP = "swap arguments"
    OPERATOR = "operator"
    RETURN = "wrong return"
    EXCEPT = "remove except"
    AWAIT = "remove await"
    DECORATOR = "remove decorator"
    SUPER = "remove super()"
    DEFAULT = "default"
    MODULE_CONSTANT = "module constant"
    CLASS_ATTRIBUTE = "class attribute"
    BASE_CLASS = "base class"
    FIXTURE = "fixture"
    DATA = "data file"


@unique
class FaultLevel(StrEnum):
    """Where the broken code runs: what the audit spreads its faults over, and what benchmarks split their tables by."""

    FUNCTION = "function"
    """In a function's body."""
    CLASS = "class"
    """When a class statement runs: attributes, bases, defaults and decorators of methods."""
    MODULE = "module"
    """When a module is imported."""
    FIXTURE = "fixture"
    """In the body of a fixture, in test code."""
    DATA = "data"
    """A file that tests opened."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One way to break one file: the bytes ``start`` to ``end`` become ``replacement``."""

    path: str
    start: int
    end: int
    replacement: str
    kind: FaultKind
    level: FaultLevel
    qualname: str
    """Definition that it is in; of a default or a decorator the function that has it; empty: the module, or data."""
    line: int
    detail: str
    """``a < b → a <= b``, on one line, shortened."""
    digest: str = ""
    """Of the file before."""

    @property
    def definition(self) -> str:
        """``path::qualname``, or the path of a data file."""
        return self.path if self.level is FaultLevel.DATA else f"{self.path}::{self.qualname}"


@dataclass(frozen=True, slots=True)
class Baseline:
    """The suite without any fault."""

    durations: Mapping[str, float]
    """Node id → seconds, of every test that counts."""
    set_aside: frozenset[str] = frozenset()
    """Tests (and files that cannot be collected) that fail without a fault, or do not always end alike."""
    wall_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Trial:
    """One change: what the map said, and what the whole suite said."""

    number: int
    name: str
    """``path::qualname`` of the fault, or the commit."""
    fault: Fault | None
    ranked: tuple[str, ...] = ()
    """Selected node ids, best first."""
    evidence: tuple[str, ...] = ()
    """Of each of them."""
    precautions: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()
    """Tests that fail because of the change, sorted."""
    uncollected: tuple[str, ...] = ()
    """Files that cannot be collected because of the change, sorted."""
    unsteady: tuple[str, ...] = ()
    """Tests that failed, were not selected, and passed when they were run once more: they do not count."""
    nothing_ran: bool = False
    """pytest did not get as far as running tests."""
    cut_short: bool = False
    """Not all tests had their turn: the time for the run was over."""
    ask_s: float = 0.0
    run_s: float = 0.0
    skipped: str = ""
    """Why there is no result."""
    why: tuple[tuple[str, str], ...] = ()
    """(missed test or changed definition, why the map takes it for safe), of some that fail and were not selected."""

    @property
    def broken(self) -> tuple[str, ...]:
        """All that fails because of the change; files that cannot be collected any more by their path."""
        if self.nothing_ran:
            return (EVERYTHING,)
        return (*self.failing, *self.uncollected)


@dataclass(frozen=True, slots=True)
class Judged:
    """One trial, measured."""

    trial: Trial
    missed: tuple[str, ...]
    """What fails and was not selected."""
    first: int | None
    """Place of the first selected test that shows the fault, from 1; ``None``: none does."""
    selected: int
    """How many tests that count were selected."""
    selected_share: float
    time_share: float
    """Time of the selected tests, as a share of all."""
    by_precaution: bool
    """Some test was selected only because nothing proves it safe."""

    @property
    def fails(self) -> bool:
        """Some test fails because of the change."""
        return bool(self.trial.broken)

    @property
    def safe(self) -> bool:
        """All that fails was selected."""
        return not self.missed

    @property
    def detected(self) -> bool:
        """Something that fails was selected."""
        return self.first is not None

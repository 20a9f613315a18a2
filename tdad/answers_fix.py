"""What ``tdad fix`` answers with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique

from tdad.facts_fix import Measured, Tally


@unique
class FixEnd(StrEnum):
    """How a repair ended."""

    FIXED = "fixed"
    """All targets pass and nothing broke."""
    NOT_FIXED = "not fixed"
    """The search came to its end; the best patch is kept if there is one."""
    BROKE_OTHERS = "fixed, broke others"
    BUDGET = "budget ended"
    """The time was over before any patch was found."""
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class FixPatch:
    """The best patch and what was measured with it."""

    arm: str
    """``revert`` or ``template``."""
    why: str
    files: tuple[str, ...]
    lines: int
    """Taken away and added, together."""
    text: str
    """As a unified diff; bytes that are no UTF-8 are replaced (the file has them as they are)."""
    overfits: bool
    """It passed the failing tests of the search, and not those that were held back."""
    measured: Measured | None
    """``None``: there was no time for the final verification."""


@dataclass(frozen=True, slots=True)
class FixReport:
    """The answer of ``tdad fix``."""

    end: FixEnd
    run: str
    """What ``--resume`` takes."""
    folder: str
    engine: str
    arm: str
    """What was switched on."""
    seed: int
    targets: tuple[str, ...]
    """What was to be repaired."""
    held_back: tuple[str, ...]
    """Those of them that candidates were not searched with."""
    flaky: tuple[str, ...]
    """Failed once and then passed at the start; set aside."""
    total_tests: int
    suspects: tuple[tuple[str, float, str], ...]
    """(definition, score, reason), most suspicious first."""
    tally: Tally
    tests_run: int
    """In all runs together."""
    seconds: float
    sandbox: str
    not_covered: tuple[str, ...]
    patch: FixPatch | None
    delivered: str
    """What was done with the patch; empty: it is in the run's folder only."""

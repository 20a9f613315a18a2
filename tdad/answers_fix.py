"""What ``tdad fix`` answers with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique

from tdad.facts_fix import AttemptFacts, Measured, Tally


@unique
class FixEnd(StrEnum):
    """How a repair ended."""

    FIXED = "fixed"
    """All targets pass and nothing broke."""
    NOT_FIXED = "not fixed"
    """The search came to its end; the best patch is kept if there is one."""
    BROKE_OTHERS = "fixed, broke others"
    BUDGET = "budget ended"
    """Time, steps or tokens were over before any patch was found."""
    SERVER = "server unusable"
    """The model's server could not be used any more; the best patch is kept if there is one."""
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class FixPatch:
    """The best patch and what was measured with it."""

    arm: str
    """``revert``, ``template`` or ``model``."""
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
    attempts: tuple[AttemptFacts, ...] = ()
    """Of the model, in order."""
    prompt: tuple[int, str] = (0, "")
    """(tokens of the first prompt, who counted them)."""
    reproduction: str = ""
    """The file with the test that reproduces the issue; empty: none was asked for."""
    server_error: str = ""
    """Why no server could be used any more."""

    @property
    def tokens(self) -> int:
        """Prompts and answers of all attempts."""
        return sum(each.tokens for each in self.attempts)

    @property
    def steps(self) -> int:
        """Turns of the model in all attempts."""
        return sum(each.steps for each in self.attempts)


@dataclass(frozen=True, slots=True)
class Pulse:
    """Where a repair is, for somebody who watches."""

    attempt: int
    step: int
    steps: int
    doing: str
    tokens: int
    elapsed_s: float

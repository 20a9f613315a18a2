"""The answer of ``tdad audit``: figures over many changes, and what was missed."""

from __future__ import annotations

from dataclasses import dataclass

from tdad.facts_faults import Baseline, Judged


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures over some trials. Shares are of ``failing`` unless they say otherwise; ``None``: nothing to divide by."""

    tried: int
    failing: int
    """Trials after which some test fails."""
    safe: int
    detected: int
    early: tuple[tuple[int, int], ...]
    """(n, trials with a failing test among the first n)."""
    failing_tests: int
    """Failing tests over all trials."""
    missed_tests: int
    selected_mean: float | None
    """Share of the tests that were selected; over all trials."""
    selected_median: float | None
    selected_mean_failing: float | None
    """The same, over the trials that fail something."""
    time_share: float | None
    """Time of the selected tests, of the time of all; over all trials."""
    precautions: int
    """Trials in which something was selected as a precaution."""
    cut_short: int
    unselected: int
    """Trials for which nothing was selected."""

    @property
    def safe_share(self) -> float | None:
        """Share of the failing trials for which every failing test was selected."""
        return self.safe / self.failing if self.failing else None

    @property
    def recall(self) -> float | None:
        """Share of the failing tests that were selected."""
        if not self.failing_tests:
            return None
        return 1 - self.missed_tests / self.failing_tests


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The answer of ``tdad audit``."""

    source: str
    """``record`` or ``static``: what was asked."""
    subject: str
    """``faults`` or ``history``."""
    seed: int
    judged: tuple[Judged, ...]
    skipped: tuple[tuple[str, str], ...]
    """(fault or commit, why there is no result)."""
    planned: int
    baseline: Baseline
    folder: str
    """Where results and case files are."""
    cases: tuple[str, ...]
    """Case files of the misses."""
    interrupted: bool
    """The budget was used up, or somebody pressed Ctrl-C: the same command goes on."""
    stopped: bool
    """Somebody pressed Ctrl-C."""
    figures: Figures
    """Over everything."""
    groups: tuple[tuple[str, tuple[tuple[str, Figures], ...]], ...]
    """(what it is grouped by, (group, its figures))."""

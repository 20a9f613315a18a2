"""What ``tdad gate`` answers with."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, unique

from tdad.facts_gate import Author, Finding, Judged, Level, Uncollected, Verdict


@unique
class GateEnd(StrEnum):
    """The answer; in the order of precedence, the first that holds."""

    REGRESSION = "regression"
    """Exit code 1."""
    UNDECIDED = "cannot decide"
    """3: it fails closed."""
    POLICY = "policy violation"
    """4."""
    PASSED = "pass"
    """0."""


@dataclass(frozen=True, slots=True)
class Version:
    """One of the two versions."""

    name: str
    """As the user gave it."""
    commit: str
    """Forty hexadecimal digits."""
    python: str
    """The interpreter that ran its tests; empty: none was needed."""

    @property
    def short(self) -> str:
        """Twelve of them."""
        return self.commit[:12]

    @property
    def called(self) -> str:
        """Name and commit, on a line of a report."""
        return self.short if self.name == self.commit else f"{self.name} ({self.short})"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which tests were run, and what that rests on."""

    asked: str
    """``impacted`` or ``all``."""
    by: str
    """``recorded map``, ``static``, or ``all tests``: what the choice really rests on."""
    total: int
    """Tests that head has, as far as known."""
    selected: int
    ran: int
    """On head, tests that were run by chance or in the shadow included."""
    partial: bool
    """Not all that was selected was run."""
    not_run: tuple[str, ...] = ()
    """Node ids that the budget left out, riskiest first."""
    sampled: int = 0
    """Unselected tests that were run by chance, or to watch the selection."""
    missed: tuple[str, ...] = ()
    """Regressions among those: the selection alone would not have seen them."""
    shadow: bool = False
    """Everything was run to watch the selection."""
    time_share: float | None = None
    """Time of the selected tests as a share of the time of all; ``None``: durations are not known."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The smallest part of the change whose undoing makes regressions pass."""

    tests: tuple[str, ...]
    """Regressions that pass with it."""
    why: str
    """``undoes 1 hunk (src/shop.py:12) of what changed since a302635``."""
    patch: str
    """A unified diff against head."""
    breaks: tuple[str, ...] = ()
    """Other tests that fail with it."""


@dataclass(frozen=True, slots=True)
class GateReport:
    """The answer of ``tdad gate``."""

    end: GateEnd
    baseline: Version
    head: Version
    tests: tuple[Judged, ...]
    """Every test that was run or is gone, most important first; ``UNCHANGED`` ones included, last."""
    uncollected: tuple[Uncollected, ...] = ()
    findings: tuple[Finding, ...] = ()
    """Of the policies, those that fail first, then by path and line."""
    chosen: Chosen = field(default_factory=lambda: Chosen("impacted", "all tests", 0, 0, 0, False))
    undecided: tuple[str, ...] = ()
    """Sentences: why the gate cannot decide; empty unless that is the end."""
    notes: tuple[str, ...] = ()
    """Sentences that a person should read: uncommitted work left out, a map that does not match, …"""
    suggestions: tuple[Suggestion, ...] = ()
    author: Author | None = None
    catastrophic: bool = False
    dirty: bool = False
    """The user's tree has uncommitted work, which the gate did not look at."""
    folder: str = ""
    """The project's root below the top of the repository, without a slash at its end; empty: it is the top."""
    changes: int = 0
    """How many definitions, statements and data files differ."""
    sandbox: str = ""
    seconds: float = 0.0
    baseline_ran: int = 0
    """Tests that were run on the baseline; the others' outcomes were known or not needed."""
    reruns: int = 0
    known_flaky: int = 0
    """Tests of which this gate or earlier ones found out that they do not always end alike."""

    def with_verdict(self, *verdicts: Verdict) -> tuple[Judged, ...]:
        """The tests with one of these verdicts."""
        return tuple(test for test in self.tests if test.verdict in verdicts)

    @property
    def regressions(self) -> tuple[Judged, ...]:
        """The tests that the change broke."""
        return self.with_verdict(Verdict.REGRESSION)

    @property
    def gating(self) -> tuple[Judged, ...]:
        """The tests that make the gate fail."""
        return tuple(test for test in self.tests if test.fails_gate)

    @property
    def violations(self) -> tuple[Finding, ...]:
        """The findings that make the gate fail."""
        return tuple(finding for finding in self.findings if finding.level is Level.FAIL)

    @property
    def test_regression_rate(self) -> float | None:
        """Regressions as a share of the tests that were run and are known to have passed before."""
        broken = len(self.regressions)
        passed = sum(t.verdict in {Verdict.UNCHANGED, Verdict.FLAKY} for t in self.tests)
        return broken / (broken + passed) if broken + passed else None

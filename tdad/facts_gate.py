"""The facts of a gate: how tests ended on two versions, what that means, and what else a change did.

Units and shapes are those of :mod:`tdad.facts`. *Baseline* is the version before the change, *head* the one with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, unique

from tdad.facts import FAILING, Site, Status
from tdad.facts_flaky import Flakes
from tdad.facts_policy import POLICIES, Level, PolicyKind, PolicyRule, Signs

__all__ = [
    "POLICIES",
    "Asked",
    "Attempt",
    "Author",
    "Body",
    "Commit",
    "Finding",
    "Judged",
    "Level",
    "Manner",
    "Origin",
    "Phase",
    "PolicyKind",
    "PolicyRule",
    "Setting",
    "Signs",
    "Uncollected",
    "Verdict",
]


@unique
class Phase(StrEnum):
    """In which part of a test it was decided how it ended."""

    COLLECT = "collect"
    SETUP = "setup"
    CALL = "call"
    TEARDOWN = "teardown"
    PROCESS = "process"
    """The process ended, or was ended, before the test did."""


@unique
class Setting(StrEnum):
    """With what else a test ran in one process."""

    SUITE = "suite"
    """All that was selected, in the suite's order: the first time."""
    AGAIN = "again"
    """With the other tests that are looked at once more, in a new process."""
    SHUFFLED = "shuffled"
    """As ``AGAIN``, in another order."""
    ALONE = "alone"
    """With nothing else."""
    PREFIX = "prefix"
    """With all that ran before it the first time, in that order."""


@unique
class Body(StrEnum):
    """How far the function of a test came, whatever was said about its outcome."""

    UNKNOWN = ""
    """It cannot be watched: compiled, a doctest, an item of another kind."""
    NEVER = "never"
    """It was not entered."""
    BEGUN = "begun"
    """An exception ended it."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True, order=True)
class Attempt:
    """How one test ended in one run."""

    status: Status
    duration_s: float = 0.0
    message: str = ""
    """What went wrong or why it was skipped: ``AssertionError: assert 2 == 3``; several lines are possible."""
    phase: Phase = Phase.CALL
    site: Site | None = None
    """Innermost line of the project on the traceback."""
    setting: Setting = Setting.SUITE
    body: Body = Body.UNKNOWN

    @property
    def hollow(self) -> bool:
        """It passed, and its function did not come to its end: that may be as ever, or a hook that calls nothing."""
        return self.status in {Status.PASSED, Status.XPASSED} and self.body in {
            Body.NEVER,
            Body.BEGUN,
        }

    @property
    def failing(self) -> bool:
        """The test did not do what it should."""
        return self.status in FAILING


@unique
class Verdict(StrEnum):
    """What the change did to one test."""

    UNCHANGED = "unchanged"
    REGRESSION = "regression"
    FIXED = "fixed"
    STILL_FAILING = "still failing"
    FLAKY = "flaky"
    """It does not end alike on one and the same version."""
    NEW_PASSING = "new passing test"
    NEW_FAILING = "new failing test"
    NEW_FLAKY = "new flaky test"
    REMOVED = "removed test"
    SILENCED = "skipped now"
    """It ran before and is skipped now."""
    EXCUSED = "expected to fail now"
    """It passed before and is marked as an expected failure now."""
    STALE_XFAIL = "passes though expected to fail"
    ORDER_DEPENDENT = "order-dependent"
    """It fails after certain other tests only, before the change as well."""
    SLOW = "slow once"
    """It was over the time limit once, and not with more time."""
    NOT_RUN = "not run"
    """Selected, and the budget was over."""
    UNDECIDED = "cannot decide"


@unique
class Manner(StrEnum):
    """How a regression shows."""

    NONE = ""
    FAILURE = "failure"
    ERROR = "error"
    """In setup or teardown."""
    COLLECTION = "collection"
    """Its module (or a conftest) cannot be imported or collected."""
    CRASH = "crash"
    TIMEOUT = "timeout"
    ORDER = "order"
    """Only after the tests that ran before it, and not so on the baseline."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One test: how it ended on both sides, and what that means."""

    node_id: str
    """On head; of a removed test on the baseline."""
    verdict: Verdict
    row: int
    """Of the decision table (``docs/explanation/gate.md``)."""
    baseline: tuple[Attempt, ...] = ()
    """First run, then reruns; empty: not asked, or the test is not there."""
    head: tuple[Attempt, ...] = ()
    manner: Manner = Manner.NONE
    note: str = ""
    """One line that says how it was decided: ``passed on the baseline 4 of 4 times, failed on head 4 of 4``."""
    because: tuple[str, ...] = ()
    """Why it was run: ``src/shop.py::Cart.total edited, executed by this test``; strongest first."""
    old_id: str = ""
    """Node id on the baseline, where it is another one: renamed, moved, or with another parameter id."""
    fails_gate: bool = False
    """It counts for the exit code, by ``--fail-on``."""
    site: Site | None = None
    """Where to point at: the changed line that it executes, where known, else where it failed, else the test."""
    sampled: bool = False
    """It was not selected and ran by chance (``--sample``) or to watch the selection (``--shadow``)."""
    flakes: Flakes | None = None
    """What earlier gates found out, of a test that is known to be flaky."""

    @property
    def rate(self) -> float | None:
        """Share of the attempts on head that failed; of a test that was not run on head, on the baseline."""
        attempts = self.head or self.baseline
        return sum(a.failing for a in attempts) / len(attempts) if attempts else None

    @property
    def reruns(self) -> int:
        """How often it was run once more, on both sides together."""
        return max(0, len(self.baseline) - 1) + max(0, len(self.head) - 1)

    @property
    def failure(self) -> Attempt | None:
        """The attempt to show: the first that failed on head, else the first on head, else on the baseline."""
        failed = [attempt for attempt in self.head if attempt.failing]
        return next(iter([*failed, *self.head, *self.baseline]), None)


@dataclass(frozen=True, slots=True, order=True)
class Uncollected:
    """A file or folder whose tests cannot be collected on head."""

    path: str
    message: str
    """The last line of the error."""
    tests: int
    """How many tests it has on the baseline; 0: not known."""
    before: bool
    """It could not be collected on the baseline, either."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that a policy found."""

    kind: PolicyKind
    level: Level
    """``WARN`` or ``FAIL``; what is ``OFF`` makes no finding."""
    path: str
    line: int
    """Of head's version (of a removed file: 0)."""
    message: str
    """One line."""
    test: str = ""
    """Node id without parameters, where it is about one test."""
    detail: str = ""
    """Further lines: the assertion before and after."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who made the change, as far as commits tell."""

    agent: str
    """``claude``, ``copilot``, …; empty: no sign of an agent."""
    confidence: str
    """``high``, ``medium``, ``low`` or empty."""
    evidence: tuple[str, ...] = ()
    """``trailer: Co-Authored-By: …``, one a sign."""


@dataclass(frozen=True, slots=True)
class Commit:
    """Who says to have made a commit, and its message."""

    author: str = ""
    """``Name <address>``."""
    committer: str = ""
    message: str = ""
    """Trailers included."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a change comes from, as far as that is known."""

    commits: tuple[Commit, ...] = ()
    """From baseline to head."""
    branch: str = ""
    login: str = ""
    """Of who opened the pull request."""
    labels: tuple[str, ...] = ()
    title: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the run on head and on the baseline brought: the input of the verdicts, and of the policies."""

    judged: Sequence[Judged]
    uncollected: Sequence[Uncollected] = ()
    crossed: Mapping[str, Attempt] = field(default_factory=dict)
    """Node id → how the *baseline's* version of an edited test ended with the code of head (row 27)."""
    catastrophic: bool = False
    """More than half of what passed before and was run fails."""

"""What ``tdad gate`` is asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tdad.facts_gate import Verdict
from tdad.runner.sandbox import Strictness

GATING = (Verdict.REGRESSION, Verdict.NEW_FAILING)
"""What fails the gate unless ``--fail-on`` says otherwise."""


@dataclass(frozen=True, slots=True)
class GateOptions:
    """Which versions, which tests, how often, how they run."""

    base: str
    head: str = "HEAD"
    exact: bool = False
    """Compare with the commit ``base`` itself, not with the merge base."""
    select: str = "impacted"
    """``impacted`` or ``all``."""
    shadow: bool = False
    """Run everything, and say what the selection alone would have said."""
    budget_s: float | None = None
    """For the first run on head, the riskiest tests first."""
    sample: float = 0.0
    """Share of the unselected tests that is run by chance."""
    reruns: int = 3
    """So often a test that fails is run once more, on each side."""
    fail_on: tuple[Verdict, ...] = field(default=GATING)
    workers: int = 0
    """Of xdist, for the first run."""
    strictness: Strictness = Strictness.AUTO
    python: str | None = None
    env_command: str | None = None
    """Makes an environment of a side's own, when the dependencies changed."""
    test_limit_s: float = 10.0
    """A test may take that long in any case; else five times what it took before."""
    ask_all: bool = False
    """Ask the baseline about all that ran on head, not only where it matters for the gate: shows all that was fixed."""
    suggest: bool = False
    suggest_s: float = 120.0
    policy: tuple[str, ...] = ()
    """``KIND=LEVEL``, which win over the project's table."""
    agent_only: bool = False
    """Judge the changes that a coding agent made; all others pass."""
    runner: str | None = None
    """Command line of a runner that is not pytest; ``{tests}`` stands for the tests."""

    def settled(self) -> GateOptions:
        """Options that go together: the shadow watches the selection, and where all tests run none is drawn."""
        if self.shadow:
            return replace(self, select="impacted", sample=0.0)
        return replace(self, sample=0.0) if self.select == "all" else self

    @property
    def unused(self) -> tuple[str, ...]:
        """What :meth:`settled` sets aside, one sentence each."""
        notes = []
        if self.shadow and self.select == "all":
            notes.append(
                "--shadow runs all tests to watch the selection, so --select all is left out"
            )
        if self.sample and (self.shadow or self.select == "all"):
            notes.append("all tests are run, so none was drawn for --sample")
        return tuple(notes)

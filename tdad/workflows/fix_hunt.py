"""One search: what shall pass, what may not break, how long it may take; shared by the engines."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock

from tdad.facts import FAILING
from tdad.facts_fix import Arm, Found, Measured, Patch, Start, Tally
from tdad.workflows.fix_folder import Tried
from tdad.workflows.fix_map import Risk, Suspicion
from tdad.workflows.fix_seats import Seats
from tdad.workflows.fix_start import passes


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the targets of one try ended."""

    passed: tuple[str, ...]
    failed: tuple[str, ...]


@dataclass
class Hunt:
    """State of the search; engines count in it."""

    seats: Seats
    start: Start
    targets: tuple[str, ...]
    """What shall pass when a few tests are run."""
    held: tuple[str, ...]
    """Those of them that candidates are not searched with."""
    suspicion: Suspicion
    risk: Risk
    tried: Tried
    deadline: float
    """Of ``time.monotonic``."""
    again_s: float
    say: Callable[[str], None]
    map_path: Path
    """The map of the start."""
    every: tuple[str, ...] = ()
    """What shall pass when the suite is run: also tests that fail for another reason without the rest of it."""
    verified: list[tuple[Found, Measured]] = field(default_factory=list)
    """Patches that were measured at the end, and what came of it."""
    tally: Tally = field(default_factory=Tally)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.every = self.every or self.targets

    @property
    def visible(self) -> tuple[str, ...]:
        """Targets that candidates are searched with."""
        held = set(self.held)
        return tuple(name for name in self.targets if name not in held)

    @property
    def left_s(self) -> float:
        """Seconds left."""
        return self.deadline - time.monotonic()

    @property
    def over(self) -> bool:
        """Tell whether to stop."""
        return self.left_s <= 0 or self.seats.stop.is_set()

    def count(self, **more: int) -> None:
        """Add to the tally."""
        with self._lock:  # candidates are tried in several threads
            now = {name: getattr(self.tally, name) + number for name, number in more.items()}
            self.tally = replace(self.tally, **now)

    def note(self, text: str) -> None:
        """Say something that also belongs into the report."""
        self.say(text)
        self.tally = replace(self.tally, notes=(*self.tally.notes, text))

    def attempt(self, patch: Patch, tests: Sequence[str], *, first: bool) -> Verdict:
        """Run targets with a patch. ``first``: end at the first that fails; those not run count as failed."""
        timeout_s = max(1.0, min(60.0 + 5 * self.again_s, self.left_s + 5.0))
        run = self.seats.run(patch, tests, timeout_s=timeout_s, first=first)
        passed = tuple(name for name in tests if passes(run, name))
        return Verdict(passed, tuple(name for name in tests if name not in set(passed)))

    def breaks(self, patch: Patch) -> tuple[str, ...]:
        """Tests at risk that pass at the start and fail with the patch."""
        at_risk, _ = self.risk.tests(patch)
        if not at_risk:
            return ()
        spent = sum(self.start.durations.get(name, 0.0) for name in at_risk)
        timeout_s = max(1.0, min(120.0 + 5 * (spent + self.again_s), self.left_s + 60.0))
        run = self.seats.run(patch, at_risk, timeout_s=timeout_s)
        outcomes = run.suite.outcomes
        gone = run.suite.cut_short
        return tuple(
            name
            for name in at_risk
            if (name not in outcomes and not gone)
            or (name in outcomes and outcomes[name].status in FAILING)
        )

    def judge(self, patch: Patch, arm: Arm, why: str) -> Found:
        """A patch that makes the visible targets pass: what it breaks, and whether it overfits."""
        broken = self.breaks(patch)
        if broken:
            self.count(regressing=1)
        held = self.attempt(patch, self.held, first=False) if self.held else Verdict((), ())
        if held.failed:
            self.count(overfitted=1)
        passing = len(self.visible) + len(held.passed)
        return Found(patch, arm, why, passing, len(broken), bool(held.failed))

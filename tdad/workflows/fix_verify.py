"""The last word on a patch: a new worktree, the tests as they were, the whole suite or all that is at risk."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from threading import Event

from tdad.facts import FAILING
from tdad.facts_fix import Measured, Patch, Start
from tdad.runner.confined import ConfinedRun
from tdad.workflows.faults import is_test_code
from tdad.workflows.fix_ground import Ground
from tdad.workflows.fix_map import Risk
from tdad.workflows.fix_seats import Seats
from tdad.workflows.fix_start import passes
from tdad.workflows.impact import patterns

_CATASTROPHIC = 0.9
"""Share of the passing tests that a patch must break to be called that."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """Measures patches; it shares nothing with the search but the untouched worktree."""

    ground: Ground
    start: Start
    targets: tuple[str, ...]
    risk: Risk
    limit_s: float
    """A suite that takes longer is not run whole."""
    stop: Event
    allow_tests: bool = False
    """A patch may have edits of tests: they are left out, so that the tests are what they were."""

    def measure(self, patch: Patch) -> Measured:
        """Apply the patch to a new copy of the start, run, and compare.

        Raises:
            ValueError: the patch touches a test.
            OSError: no room.
        """
        found = patterns(self.ground.project)
        touched = [path for path in patch if is_test_code(path, found)]
        if self.allow_tests:
            patch = {path: data for path, data in patch.items() if path not in touched}
        elif touched:
            raise ValueError(f"the patch changes tests: {', '.join(touched)}")
        began = time.monotonic()
        shutil.rmtree(self.ground.folder / "final-0", ignore_errors=True)
        seats = Seats(self.ground, 1, self.stop, "final")
        seats.limit(self.start.usual_s)
        whole = self.start.wall_s <= self.limit_s
        tests = None
        if not whole:
            at_risk, _ = self.risk.tests(patch)
            tests = sorted({*at_risk, *self.targets})
        timeout_s = 120.0 + 5 * (self.start.wall_s if whole else self.limit_s)
        run = seats.run(patch, tests, timeout_s=timeout_s)
        suspicious = self._failing_now(run, tests)
        broken, flaky = self._sorted_out(seats, patch, suspicious)
        return Measured(
            fixed=tuple(name for name in self.targets if passes(run, name)),
            failing=tuple(name for name in self.targets if not passes(run, name)),
            broken=tuple(sorted(broken)),
            flaky=tuple(sorted(flaky)),
            ran=len(run.suite.outcomes),
            total=len(self.start.statuses),
            whole_suite=whole and run.suite.whole,
            catastrophic=len(broken) >= _CATASTROPHIC * max(1, len(self.start.passing)),
            seconds=round(time.monotonic() - began, 3),
        )

    def _failing_now(self, run: ConfinedRun, tests: list[str] | None) -> list[str]:
        """Tests that passed at the start and do not now; what is gone without a trace counts."""
        outcomes = run.suite.outcomes
        expected = self.start.passing if tests is None else self.start.passing & set(tests)
        return sorted(
            name for name in expected if name not in outcomes or outcomes[name].status in FAILING
        )

    def _sorted_out(
        self, seats: Seats, patch: Patch, names: list[str]
    ) -> tuple[set[str], set[str]]:
        """(broken, flaky): what passes when it is run again, or fails without the patch as well, is flaky."""
        if not names or self.stop.is_set():
            return set(names), set()
        timeout_s = 120.0 + 5 * self.start.wall_s
        again = seats.run(patch, names, timeout_s=timeout_s)
        still = [name for name in names if not passes(again, name)]
        without = seats.run({}, still, timeout_s=timeout_s) if still else None
        broken = {name for name in still if without is not None and passes(without, name)}
        return broken, set(names) - broken

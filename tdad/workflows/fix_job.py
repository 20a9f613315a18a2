"""The engines of a repair one after the other: what they propose is measured, the best patch is kept."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event

from tdad.answers_fix import FixReport
from tdad.facts_fix import Arm, Engine, Found
from tdad.workflows.fix_folder import RunFolder
from tdad.workflows.fix_hunt import Hunt
from tdad.workflows.fix_map import Risk
from tdad.workflows.fix_model import ModelEngine
from tdad.workflows.fix_options import FixOptions
from tdad.workflows.fix_repair import repairs
from tdad.workflows.fix_report import Best, make_report
from tdad.workflows.fix_revert import reverts
from tdad.workflows.fix_smaller import reverted_lines, too_large
from tdad.workflows.fix_verify import Verifier

_SMALLER_S = 120.0
"""So long a small repair is looked for in the place of a large revert that is known to do."""


_ALL = 1_000
"""The engine with a model knows itself when to end."""


@dataclass
class Job:
    """The engines one after the other, and the best patch of all."""

    hunt: Hunt
    options: FixOptions
    run: RunFolder
    best: Best
    began: float
    model: ModelEngine | None
    good: str | None
    test: str = ""
    """That reproduces the issue."""
    engines: list[str] = field(default_factory=list)

    def search(self) -> None:
        """Let the engines propose, measure what they propose, stop at the first patch that is good."""
        options, hunt = self.options, self.hunt
        if self.model is not None:
            self.engines.append("model")
            if self._measured(self.model.proposals(), _ALL):
                return
        if self.model is None or options.engine is Engine.AUTO:
            if self.model is not None:
                hunt.say("the model did not repair it; going on without")
            self.engines.append("search")
            hunt.deadline = time.monotonic() + options.time_s
            if self._measured(_proposals(hunt, options, self.good), options.attempts):
                return
        best = self.best
        if best.found is not None and best.measured is None:
            best.measured = self._verifier().measure(best.found.patch)

    def _measured(self, proposals: Iterator[Found], most: int) -> bool:
        """Measure what is proposed, ``most`` patches; tell whether one is good."""
        hunt, best, verified = self.hunt, self.best, 0
        verifier = self._verifier()
        with _closing(proposals, hunt.seats.stop) as found_ones:
            for found in found_ones:
                new = Best(found, targets=best.targets)
                if new.rank < best.rank or best.found is None:
                    best.found, best.measured = found, None
                    self.run.keep_patch(hunt.seats.ground, found.patch)
                hunt.say(f"found: {found.why}{_but(found, len(hunt.targets))}")
                if found.broke or found.overfits or not _promising(found, len(hunt.targets)):
                    continue
                hunt.say("verifying in a new worktree")
                measured = verifier.measure(found.patch)
                verified += 1
                hunt.verified.append((found, measured))
                now = Best(found, measured, best.targets)
                if now.rank <= best.rank or best.measured is None:
                    best.found, best.measured = found, measured
                    self.run.keep_patch(hunt.seats.ground, found.patch)
                if measured.good and not too_large(hunt, found):
                    hunt.seats.stop.set()  # what is still being tried is not wanted any more
                    return True
                if verified >= most:
                    break
        return best.measured is not None and best.measured.good

    def _verifier(self) -> Verifier:
        hunt, options = self.hunt, self.options
        everything = Risk(hunt.seats, self.run.map_path, hunt.start, options.verify_s)
        return Verifier(
            hunt.seats.ground,
            hunt.start,
            hunt.every,
            everything,
            options.verify_s,
            hunt.seats.stop,
            options.allow_tests,
        )

    def interrupted(self) -> None:
        """Take over the best state of an attempt that was going on."""
        best = self.best
        best.interrupted = True
        found = self.model.best() if self.model is not None else None
        if found is not None and Best(found, targets=best.targets).rank < best.rank:
            best.found, best.measured = found, None
            self.run.keep_patch(self.hunt.seats.ground, found.patch)

    def report(self) -> FixReport:
        """The report as things are now."""
        return make_report(
            self.hunt,
            self.options,
            self.run,
            self.best,
            self.began,
            model=self.model,
            engines=self.engines,
            reproduction=str(self.run.folder / "reproduction" / self.test) if self.test else "",
        )


@contextmanager
def _closing(proposals: Iterator[Found], stop: Event) -> Iterator[Iterator[Found]]:
    """End the engines' threads, whatever the end is."""
    try:
        yield proposals
    except BaseException:
        stop.set()
        raise
    finally:
        close = getattr(proposals, "close", None)
        if close is not None:
            close()


def _proposals(hunt: Hunt, options: FixOptions, good: str | None) -> Iterator[Found]:
    if "revert" in options.arms:
        yield from reverts(hunt, good)
    if "template" in options.arms:
        within = reverted_lines(hunt)
        if within is not None:
            hunt.deadline = min(hunt.deadline, time.monotonic() + _SMALLER_S)
        yield from repairs(hunt, within)


def _promising(found: Found, targets: int) -> bool:
    """Whether it is worth a run of the whole suite.

    A revert is one even if not all failing tests passed when they were tried alone: some tests only pass after others.
    """
    return found.passing >= targets or (found.arm is Arm.REVERT and found.passing > 0)


def _but(found: Found, targets: int) -> str:
    if found.overfits:
        return " (but the failing tests that were held back still fail)"
    if found.broke:
        return f" (but {found.broke} other tests fail with it)"
    return (
        "" if found.passing >= targets else f" ({found.passing} of {targets} failing tests pass)"
    )

"""From what a search did to the report, and the report into the run's folder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from tdad.agent.search.patch_text import changed_lines
from tdad.answers_fix import FixEnd, FixPatch, FixReport
from tdad.facts_arms import MODEL_ARMS, SEARCH_ARMS
from tdad.facts_fix import Found, Measured
from tdad.report.documents import dumps
from tdad.report.fix import fix_document
from tdad.workflows.fix_folder import RunFolder, write_whole
from tdad.workflows.fix_ground import Ground
from tdad.workflows.fix_hunt import Hunt
from tdad.workflows.fix_model import ModelEngine
from tdad.workflows.fix_options import FixOptions

_SHOWN_SUSPECTS = 10


@dataclass
class Best:
    """The best patch so far, and how the run goes."""

    found: Found | None = None
    measured: Measured | None = None
    targets: int = 0
    """How many tests shall be repaired."""
    interrupted: bool = False
    delivered: str = ""

    @property
    def rank(self) -> tuple[bool, int, int, bool]:
        """The smaller the better: no target passes, what it broke, what still fails, whether it was not verified."""
        if self.found is None:
            return True, 1_000_000, 0, True
        if self.measured is not None:
            broken, failing = self.measured.rank
            return not self.measured.fixed, broken, failing, False
        passing = self.found.passing
        return not passing, self.found.broke, self.targets - passing, True


def make_report(
    hunt: Hunt,
    options: FixOptions,
    run: RunFolder,
    best: Best,
    began: float,
    *,
    model: ModelEngine | None = None,
    engines: Sequence[str] = ("search",),
    reproduction: str = "",
) -> FixReport:
    """The report as things are now; it is in the run's folder as well when this returns."""
    ground = hunt.seats.ground
    confinement = ground.cell.confinement
    report = FixReport(
        end=_end(hunt, best, model, engines),
        run=run.name,
        folder=str(run.folder),
        engine=", ".join(engines),
        arm="+".join(_arms(options, engines)),
        seed=options.seed,
        targets=hunt.every,
        held_back=hunt.held if "search" in engines else (),
        flaky=tuple(sorted(hunt.start.flaky)),
        total_tests=len(hunt.start.statuses),
        suspects=tuple(
            (suspect.definition, suspect.score, "; ".join(suspect.reasons))
            for suspect in hunt.suspicion.suspects[:_SHOWN_SUSPECTS]
        ),
        tally=hunt.tally,
        tests_run=hunt.seats.ran,
        seconds=round(time.monotonic() - began, 3),
        sandbox=str(confinement.layer),
        not_covered=confinement.not_covered,
        patch=_patch(ground, run, best),
        delivered=best.delivered,
        attempts=tuple(model.facts) if model else (),
        prompt=(model.brief.tokens, model.brief.counted_by) if model and model.brief else (0, ""),
        reproduction=reproduction,
        server_error=str(model.error) if model and model.error else "",
    )
    write_whole(run.report_path, dumps(fix_document(report)).encode())
    return report


def _arms(options: FixOptions, engines: Sequence[str]) -> list[str]:
    """What was switched on of the engines that ran."""
    ran = {
        *(SEARCH_ARMS if "search" in engines else ()),
        *(MODEL_ARMS if "model" in engines else ()),
    }
    return [name for name in options.arms if name in ran]


def _end(hunt: Hunt, best: Best, model: ModelEngine | None, engines: Sequence[str]) -> FixEnd:
    if best.interrupted:
        return FixEnd.INTERRUPTED
    measured = best.measured
    if best.found is not None and measured is not None and not measured.failing:
        return FixEnd.BROKE_OTHERS if measured.broken else FixEnd.FIXED
    if model is not None and "search" not in engines:
        if model.error is not None:
            return FixEnd.SERVER
        return FixEnd.BUDGET if model.out_of_budget else FixEnd.NOT_FIXED
    if best.found is None:
        return FixEnd.BUDGET if hunt.over else FixEnd.NOT_FIXED
    return FixEnd.NOT_FIXED


def _patch(ground: Ground, run: RunFolder, best: Best) -> FixPatch | None:
    if best.found is None:
        return None
    patch = best.found.patch
    return FixPatch(
        arm=str(best.found.arm),
        why=best.found.why,
        files=tuple(sorted(patch)),
        lines=changed_lines({path: ground.read(path) for path in patch}, patch),
        text=run.patch_path.read_bytes().decode("utf-8", "replace"),
        overfits=best.found.overfits,
        measured=best.measured,
    )

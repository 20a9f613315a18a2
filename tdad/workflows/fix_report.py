"""From what a search did to the report, and the report into the run's folder."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tdad.agent.search.patch_text import changed_lines
from tdad.answers_fix import FixEnd, FixPatch, FixReport
from tdad.facts_fix import Found, Measured
from tdad.report.documents import dumps
from tdad.report.fix import fix_document
from tdad.workflows.fix_folder import RunFolder, write_whole
from tdad.workflows.fix_ground import Ground
from tdad.workflows.fix_hunt import Hunt
from tdad.workflows.fix_options import FixOptions

_SHOWN_SUSPECTS = 10


@dataclass
class Best:
    """The best patch so far, and how the run goes."""

    found: Found | None = None
    measured: Measured | None = None
    interrupted: bool = False
    delivered: str = ""

    @property
    def rank(self) -> tuple[int, int, int]:
        """The smaller the better."""
        if self.found is None:
            return (1_000_000, 0, 0)
        if self.measured is not None:
            return (*self.measured.rank, 0)
        return (self.found.broke, -self.found.passing, 1)


def make_report(
    hunt: Hunt, options: FixOptions, run: RunFolder, best: Best, began: float
) -> FixReport:
    """The report as things are now; it is in the run's folder as well when this returns."""
    ground = hunt.seats.ground
    confinement = ground.cell.confinement
    report = FixReport(
        end=_end(hunt, best),
        run=run.name,
        folder=str(run.folder),
        engine="search",
        arm="+".join(options.arms),
        seed=options.seed,
        targets=hunt.targets,
        held_back=hunt.held,
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
    )
    write_whole(run.report_path, dumps(fix_document(report)).encode())
    return report


def _end(hunt: Hunt, best: Best) -> FixEnd:
    if best.interrupted:
        return FixEnd.INTERRUPTED
    if best.found is None:
        return FixEnd.BUDGET if hunt.over else FixEnd.NOT_FIXED
    measured = best.measured
    if measured is None or measured.failing:
        return FixEnd.NOT_FIXED
    return FixEnd.BROKE_OTHERS if measured.broken else FixEnd.FIXED


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

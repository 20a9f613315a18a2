"""What an audit keeps in ``.tdad/audit``: the baseline, the map, and a line per trial, on the disk before the next.

One folder per version of the project (and interpreter, and arguments), so that results are never mixed.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from tdad.evaluation.records import (
    baseline_document,
    read_baseline,
    read_trial,
    trial_document,
)
from tdad.facts_faults import Baseline, Trial


@dataclass(frozen=True, slots=True)
class Kept:
    """The baseline, and how its map was recorded."""

    baseline: Baseline
    recorded_here: bool
    """The map was recorded in the copy; else the user's own was fresh and was taken."""
    workers: int
    """Of xdist; 0: without."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The folder of one version."""

    folder: Path

    @property
    def map_path(self) -> Path:
        """The recorded map."""
        return self.folder / "map.sqlite3"

    @property
    def static_path(self) -> Path:
        """The map without a recording."""
        return self.folder / "static.sqlite3"

    def load(self) -> Kept | None:
        """The baseline, if there is one and its map is there as well."""
        try:
            document = json.loads((self.folder / "baseline.json").read_text(encoding="utf-8"))
            kept = Kept(
                read_baseline(document), bool(document["recorded_here"]), int(document["workers"])
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return kept if self.map_path.exists() else None

    def save(self, kept: Kept) -> None:
        """Keep the baseline, whole or not at all."""
        document = baseline_document(kept.baseline)
        document |= {"recorded_here": kept.recorded_here, "workers": kept.workers}
        unfinished = self.folder / "baseline.partial"
        unfinished.write_text(json.dumps(document), encoding="utf-8")
        unfinished.replace(self.folder / "baseline.json")


@dataclass(frozen=True, slots=True)
class Ledger:
    """The trials of one seed, one JSON object a line."""

    path: Path

    def load(self) -> dict[int, Trial]:
        """Number → trial; a line that was cut off by a crash is left out."""
        found: dict[int, Trial] = {}
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return found
        for line in lines:
            try:
                trial = read_trial(json.loads(line))
            except (ValueError, KeyError, TypeError):
                continue
            found[trial.number] = trial
        return found

    def append(self, trial: Trial) -> None:
        """Keep one trial; when this returns it is on the disk."""
        line = json.dumps(trial_document(trial)) + "\n"
        with self.path.open("a+b") as file:
            if file.seek(0, os.SEEK_END) and not _ends_a_line(file.fileno()):
                line = "\n" + line
            file.write(line.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())


def _ends_a_line(descriptor: int) -> bool:
    return os.pread(descriptor, 1, os.fstat(descriptor).st_size - 1) == b"\n"

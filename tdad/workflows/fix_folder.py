"""``.tdad/fix/RUN``: what a repair keeps as it goes, so that a killed one loses nothing and can go on."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from tdad.agent.search.patch_text import patch_text
from tdad.errors import FixRunChanged, FixRunUnknown
from tdad.facts import Site, Status
from tdad.facts_fix import Failure, Patch, Start
from tdad.repo import project_files
from tdad.workflows.fix_ground import Ground
from tdad.workflows.fix_start import Begun
from tdad.workflows.head import read_bytes


@dataclass
class Tried:
    """Candidates that were tried before: a line each, on the disk before the next."""

    path: Path
    known: dict[str, bool] = field(default_factory=dict)

    def load(self) -> None:
        """Take over what an earlier process tried; a line that was cut off is left out."""
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return
        for line in lines:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                entry = json.loads(line)
                self.known[str(entry["key"])] = bool(entry["passed"])

    def get(self, key: str) -> bool | None:
        """Whether that candidate made the tests pass; ``None``: not tried."""
        return self.known.get(key)

    def add(self, key: str, what: str, *, passed: bool) -> None:
        """Keep one result."""
        self.known[key] = passed
        line = json.dumps({"key": key, "passed": passed, "what": what})
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())


def key_of(patch: Patch, tests: tuple[str, ...]) -> str:
    """Name of a try: the patch and the tests it was tried with."""
    key = blake2b(digest_size=16)
    for path, data in sorted(patch.items()):
        key.update(os.fsencode(path) + b"\0" + (b"-" if data is None else blake2b(data).digest()))
    for name in tests:
        key.update(b"\1" + os.fsencode(name))
    return key.hexdigest()


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Files of one run."""

    folder: Path

    @property
    def name(self) -> str:
        """What ``--resume`` takes."""
        return self.folder.name

    @property
    def map_path(self) -> Path:
        """The map of the version at the start, recorded with lines."""
        return self.folder / "map.sqlite3"

    @property
    def patch_path(self) -> Path:
        """The best patch so far."""
        return self.folder / "best.patch"

    @property
    def report_path(self) -> Path:
        """The report."""
        return self.folder / "fix-report.json"

    @property
    def tried(self) -> Tried:
        """Candidates that were tried."""
        return Tried(self.folder / "tried.jsonl")

    def keep_patch(self, ground: Ground, patch: Patch) -> None:
        """Write the best patch, whole or not at all."""
        text = patch_text({path: ground.read(path) for path in patch}, patch)
        write_whole(self.patch_path, text)

    def keep_start(self, begun: Begun, state: str) -> None:
        """Write what is known about the start."""
        document = {
            "state": state,
            "targets": list(begun.targets),
            "again_s": begun.again_s,
            "unsteady": sorted(begun.unsteady),
            "wall_s": begun.start.wall_s,
            "statuses": {name: str(status) for name, status in begun.start.statuses.items()},
            "durations": dict(begun.start.durations),
            "uncollected": dict(begun.start.uncollected),
            "flaky": sorted(begun.start.flaky),
            "failures": {
                name: {
                    "message": failure.message,
                    "frames": [[site.path, site.line] for site in failure.frames],
                    "output": failure.output,
                }
                for name, failure in begun.start.failures.items()
            },
        }
        write_whole(self.folder / "start.json", json.dumps(document).encode())

    def load_start(self, state: str) -> Begun | None:
        """What an earlier process found out about the start; ``None``: it did not come that far.

        Raises:
            FixRunChanged: the project was another then.
        """
        try:
            said: Mapping[str, Any] = json.loads((self.folder / "start.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None
        if said["state"] != state:
            raise FixRunChanged(self.name)
        start = Start(
            statuses={name: Status(status) for name, status in said["statuses"].items()},
            durations=said["durations"],
            uncollected=said["uncollected"],
            failures={
                name: Failure(
                    one["message"], tuple(Site(p, n) for p, n in one["frames"]), one["output"]
                )
                for name, one in said["failures"].items()
            },
            flaky=frozenset(said["flaky"]),
            wall_s=said["wall_s"],
        )
        return Begun(
            start,
            tuple(said["targets"]),
            self.map_path,
            said["again_s"],
            frozenset(said.get("unsteady", ())),
        )


def new_run(folder: Path) -> RunFolder:
    """Make the folder of a new run; names sort by time."""
    base = time.strftime("%Y%m%dT%H%M%S")
    for number in range(1000):
        run = folder / (base if not number else f"{base}-{number}")
        try:
            run.mkdir()
        except FileExistsError:
            continue
        return RunFolder(run)
    raise FileExistsError(folder / base)


def old_run(folder: Path, name: str) -> RunFolder:
    """The folder of an earlier run.

    Raises:
        FixRunUnknown: there is none.
    """
    run = folder / name
    if Path(name).name != name or not (run / "start.json").is_file():
        raise FixRunUnknown(name, str(folder))
    return RunFolder(run)


def state_of(ground: Ground) -> str:
    """Name of the state of the project at the start: files and interpreter."""
    key = blake2b(digest_size=16)
    key.update(repr((ground.python.path, ground.python.version, ground.python.pytest)).encode())
    project = ground.copied
    for path in project_files(project.root, project.config):
        data = read_bytes(project.root / path) or b""
        key.update(os.fsencode(path) + b"\0" + blake2b(data).digest())
    return key.hexdigest()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or as it was before."""
    unfinished = path.with_name(path.name + ".partial")
    with unfinished.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)

"""Runs pytest with the probe injected by path, as ``tdad record`` does, and reads what it wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tdad.facts import Observation, Owner, OwnerKind, Run
from tdad.trace.probe.inherit import INJECT
from tdad.trace.spool import read_run
from tests.lean import NO_HYPOTHESIS


def environment(root: Path, owner: str | None = None, **more: str) -> dict[str, str]:
    """The environment in which ``root`` is recorded, by a pytest process or (with ``owner``) by a child."""
    spool = root / ".tdad" / "spool"
    settings = {"root": str(root), "spool_dir": str(spool), "run_id": "one"}
    clean = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("PYTEST", "TDAD", "PYTHON", "COV"))
    }
    clean |= {"TDAD_PROBE": json.dumps(settings), "TDAD_ROOTS": str(root), "PYTHONPATH": INJECT}
    if owner is not None:
        (spool / "one").mkdir(parents=True, exist_ok=True)
        clean["TDAD_OWNER"] = json.dumps(["test", owner])
    return clean | more


@dataclass(frozen=True)
class Ran:
    """A finished pytest run and what was recorded of it."""

    root: Path
    code: int
    out: str
    err: str

    def read(self) -> Run:
        return read_run(self.root / ".tdad" / "spool" / "one")

    def files(self) -> list[str]:
        """Names of the spool's files."""
        return sorted(
            path.name for path in (self.root / ".tdad" / "spool" / "one").glob("*.jsonl")
        )

    def seen(self, kind: str, name: str) -> Observation:
        owner = Owner(OwnerKind(kind), name)
        found = {observation.owner: observation for observation in self.read().observations}
        return found.get(owner, Observation(owner))


def run_pytest(root: Path, *args: str, python: str = sys.executable, **variables: str) -> Ran:
    done = subprocess.run(
        [
            python,
            "-m",
            "pytest",
            "-p",
            "tdad_probe.plugin",
            "-p",
            "no:cacheprovider",
            *NO_HYPOTHESIS,
            "-q",
            *args,
        ],
        cwd=root,
        env=environment(root, **variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ran(root, done.returncode, done.stdout, done.stderr)


def functions(path: Path) -> dict[str, int]:
    """Name of each top-level function of a file → its line."""
    lines = path.read_text().splitlines()
    return {
        line[4:].partition("(")[0]: n for n, line in enumerate(lines, 1) if line.startswith("def ")
    }

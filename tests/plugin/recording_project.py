"""A project in a folder, recorded by the probe in real pytest processes."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import tdad
from tdad.facts import Observation, Owner, OwnerKind, Run, TestRecord
from tdad.trace import spool
from tests.lean import NO_HYPOTHESIS

SOURCE = Path(tdad.__file__).resolve().parent.parent


def pythons() -> list[str]:
    """The interpreters to record with: ours, and others that have pytest (``TDAD_TEST_PYTHONS``, ``PATH``)."""
    named = os.environ.get("TDAD_TEST_PYTHONS", "").split(os.pathsep)
    found = [shutil.which(name) for name in ("python3.12", "python3.13")]
    chosen = {sys.version_info[:2]: sys.executable}
    for python in [*filter(None, named), *filter(None, found)]:
        version = _version(python)
        if version is not None:
            chosen.setdefault(version, python)
    return [chosen[version] for version in sorted(chosen)]


@functools.cache
def _version(python: str) -> tuple[int, int] | None:
    code = "import sys, pytest; print(*sys.version_info[:2])"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode:
        return None
    major, minor = done.stdout.split()
    return int(major), int(minor)


@functools.cache
def _has(python: str, module: str) -> bool:
    command = [python, "-c", f"import {module}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@dataclass
class Project:
    """Files in a folder, and the interpreter to run their tests with."""

    root: Path
    python: str = sys.executable

    def write(self, **files: str) -> Project:
        """Write files; ``pkg__m`` is ``pkg/m.py``."""
        for name, text in files.items():
            self.file(name.replace("__", "/") + ".py", text)
        return self

    def file(self, name: str, text: str) -> Path:
        """Write one file."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"))
        return path

    def run(
        self, *args: str, lines: bool = False, cwd: str = ".", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run pytest with the probe."""
        settings = {
            "root": str(self.root),
            "spool_dir": str(self.root / ".tdad" / "spool"),
            "run_id": "one",
            "lines": lines,
        }
        env = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
        env |= {"PYTHONPATH": str(SOURCE), "TDAD_PROBE": json.dumps(settings)} | variables
        command = [self.python, "-m", "pytest", "-q", "-p", "tdad.trace.probe.plugin"]
        return subprocess.run(
            [*command, "-p", "no:cacheprovider", "-p", "no:testmon", *NO_HYPOTHESIS, *args],
            cwd=self.root / cwd,
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def has(self, module: str) -> bool:
        """Whether the interpreter has a plugin to test with."""
        return _has(self.python, module)

    def record(self, *args: str, lines: bool = False, cwd: str = ".") -> Recording:
        """Run pytest with the probe and read the spool; the tests are expected to pass."""
        done = self.run(*args, lines=lines, cwd=cwd)
        assert done.returncode == 0, done.stdout + done.stderr
        return self.read()

    def read(self) -> Recording:
        """Read the spool of the last run."""
        return Recording(spool.read_run(self.root / ".tdad" / "spool" / "one"))


@dataclass
class Recording:
    """A run, asked by names."""

    run: Run

    def seen(self, kind: str, name: str) -> Observation:
        """What one owner executed (empty when it executed nothing)."""
        owner = Owner(OwnerKind(kind), name)
        by_owner = {observation.owner: observation for observation in self.run.observations}
        return by_owner.get(owner, Observation(owner))

    def test(self, node_id: str) -> TestRecord:
        """The record of one test."""
        return {test.node_id: test for test in self.run.tests}[node_id]

    def entered(self, node_id: str, path: str) -> set[int]:
        """First lines in ``path`` that a test entered, itself or by what it inherits."""
        owners = [Owner(OwnerKind.TEST, node_id), *self.test(node_id).owners]
        found: set[int] = set()
        for owner in owners:
            found |= self.seen(owner.kind.value, owner.name).starts.get(path, frozenset())
        return found

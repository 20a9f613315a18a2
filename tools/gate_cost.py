"""What a gate costs that has nothing to do: networkx with a recorded map, and a change that changes nothing.

Wall time and processor time are medians of several rounds, each beside a bare start of the interpreter; memory is that
of the largest process, as the operating system counts it.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from accuracy_record import record_map
from accuracy_setup import prepare, project, put_back, python
from gate_trials import commit
from subjects import SubjectError, run

SUBJECT = "networkx"
EDITED = "networkx/algorithms/cluster.py"
CHANGES = {
    "nothing": {},
    "a comment": {EDITED: b"# nothing\n"},
    "documentation": {"README.rst": b"Nothing.\n"},
}
"""Name → file → what is added to it."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one process and those that it started."""

    wall_s: float
    cpu_s: float
    memory_mb: float


def measure(rounds: int) -> None:
    """Print the costs of each change.

    Raises:
        SubjectError: the subject cannot be made or recorded.
    """
    prepare([SUBJECT])
    put_back(SUBJECT)
    root = project(SUBJECT)
    if not (root / ".tdad" / "map.sqlite3").exists():
        record_map(SUBJECT)
    start = run(["git", "rev-parse", "HEAD"], root).strip()
    for name, more in CHANGES.items():
        files = {path: (root / path).read_bytes() + text for path, text in more.items()}
        head = commit(root, start, files)
        print(f"{name}: {_said(_rounds(root, start, head, rounds))}", flush=True)


def _rounds(root: Path, base: str, head: str, rounds: int) -> tuple[list[Cost], list[Cost]]:
    """(Of the interpreter, of the gate), in turn; the first round warms up and does not count."""
    gate = [sys.executable, "-m", "tdad", "gate", "--base", base, "--head", head]
    bare, gates = [], []
    for number in range(rounds + 1):
        costs = (
            _cost([sys.executable, "-c", "print('pass')"], root),
            _cost([*gate, "--python", str(python())], root),
        )
        if number:
            bare.append(costs[0])
            gates.append(costs[1])
    return bare, gates


def _cost(command: Sequence[str], root: Path) -> Cost:
    began = time.monotonic()
    started = subprocess.Popen(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert started.stdout is not None
    said = started.stdout.read().decode()
    _, status, usage = os.wait4(started.pid, 0)
    started.returncode = os.waitstatus_to_exitcode(status)
    if started.returncode or not said.startswith("pass"):
        raise SubjectError(f"{' '.join(command)} ended with {started.returncode}: {said}")
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(time.monotonic() - began, cpu, usage.ru_maxrss / 1024)


def _said(measured: tuple[list[Cost], list[Cost]]) -> str:
    bare, gates = measured
    wall, start = (statistics.median(one.wall_s for one in side) for side in (gates, bare))
    cpu, least = (statistics.median(one.cpu_s for one in side) for side in (gates, bare))
    memory = max(one.memory_mb for one in gates)
    return (
        f"{wall:.2f} s ({cpu:.2f} s of the processor), a start of the interpreter {start:.2f} s ({least:.2f} s):"
        f" {cpu / least:.0f} starts; {memory:.0f} MB"
    )

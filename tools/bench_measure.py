"""What a process costs: CPU time with its children, wall time, peak memory. Times are in seconds."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from subjects import SubjectError


@dataclass(frozen=True, slots=True)
class Cost:
    """One process and the children it waited for."""

    cpu_s: float
    """User and system time."""
    wall_s: float
    peak_kb: int
    """Largest resident set of the process or of one of its children."""
    output: str


def spend(
    command: Sequence[str | Path],
    folder: Path,
    *,
    variables: Mapping[str, str] | None = None,
    accept: Sequence[int] = (0,),
) -> Cost:
    """Run a command and say what it cost.

    Raises:
        SubjectError: it ended with an exit code that is not in ``accept``.
    """
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "COV", "TDAD"))  # byte code is written, as usual
    }
    environment |= {"PYTHONHASHSEED": "0", **(variables or {})}
    log = folder.parent / f".output-{os.getpid()}"
    with log.open("w+b") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, used = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        text = _text(output)
    log.unlink()
    if process.returncode not in accept:
        words = " ".join(map(str, command))
        raise SubjectError(f"{words} ended with {process.returncode}:\n{text[-3000:]}")
    return Cost(used.ru_utime + used.ru_stime, wall_s, used.ru_maxrss, text)


def _text(output: IO[bytes]) -> str:
    output.seek(0)
    return output.read().decode("utf-8", "replace")


def median(values: Sequence[float]) -> float:
    """Return the median, rounded to what such a measurement can tell."""
    return round(statistics.median(values), 4)

"""What the gate says about the last commit of this repository: a report of CI, never a reason to fail.

    python tools/gate_self.py [REV]

Uses the recorded map of this folder where there is one (pytest --tdad-map), else the code alone; what it reads of the
code stays in ``.tdad/gate``, so that the next report asks faster. The first run on head has a budget that leaves a
minute for all of it on a machine with nothing else to do, the riskiest tests first; where that is not enough the
answer says "partial". Tests that start sandboxes or servers of their own are left to ``make test``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST_S = 120.0
"""Of a machine that has much else to do; then there is no report."""
KNOWN_S, UNKNOWN_S = 25.0, 8.0
"""Budget where something was recorded or read before, and where all code has to be read first."""
GRACE_S = 5.0
TDAD = (sys.executable, "-m", "tdad")
FAST = {"PYTEST_ADDOPTS": "-m 'not slow and not model'"}
"""The project's ``pass_env`` hands it on to the tests."""


def main(arguments: Sequence[str]) -> int:
    """Always 0."""
    began = time.monotonic()
    base = arguments[0] if arguments else "HEAD~1"
    if not _is_there(base):
        print(
            f"gate: there is no {base} here (a clone without history?), so no report", flush=True
        )
        return 0
    print(f"tdad gate --base {base} (a report: it does not decide)", flush=True)
    budget_s = KNOWN_S if _asked_before() else UNKNOWN_S
    budget_s = max(UNKNOWN_S, budget_s / _busy())
    options = ("--exact", "--budget", f"{budget_s:.0f}s", "--reruns", "1")
    if not _run(("gate", "--base", base, *options, "--python", sys.executable)):
        print("gate: not done in two minutes, so no report", flush=True)
    print(f"gate: {time.monotonic() - began:.0f} s", flush=True)
    return 0


def _is_there(revision: str) -> bool:
    command = ["git", "rev-parse", "-q", "--verify", f"{revision}^{{commit}}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0


def _asked_before() -> bool:
    """An earlier run left a recording or an index."""
    return any((ROOT / ".tdad" / name).exists() for name in ("map.sqlite3", "gate/index.sqlite3"))


def _busy() -> float:
    """How many processes want each core; 1: none has to wait."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def _run(arguments: Sequence[str]) -> bool:
    """Run tdad, and end it when its time is over; tell whether it came to its end."""
    process = subprocess.Popen(
        [*TDAD, *arguments],
        cwd=ROOT,
        env={**os.environ, **FAST},
        stdin=subprocess.DEVNULL,
    )
    try:
        process.wait(LONGEST_S)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

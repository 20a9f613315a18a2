"""What the gate says about the last commit of this repository: a report of CI, never a reason to fail.

    python tools/gate_self.py [REV]

Uses the recorded map of this folder where there is one (pytest --tdad-map), else the code alone; what it learns about
the code stays in ``.tdad``, so that the next report asks faster. Asking has no limit of its own; what is left of the
minute is for the tests, the riskiest first, and then the answer says "partial". Tests that start sandboxes or servers
of their own are left to ``make test``.
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
MINUTE_S = 60.0
LONGEST_S = 120.0
"""Of a machine that has much else to do; then there is no report."""
AROUND_S = 25.0
"""What a gate needs besides its first run: it collects, asks the baseline, runs again."""
LEAST_S, MOST_S = 8.0, 25.0
GRACE_S = 5.0
TDAD = (sys.executable, "-m", "tdad")
FAST = {"TDAD_PASS_ENV": "PYTEST_ADDOPTS", "PYTEST_ADDOPTS": "-m 'not slow and not model'"}


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
    if not _asked_before():  # reading the code is what takes long, and what is found out stays
        _run(("index",), LONGEST_S, quiet=True)
        _run(("impact", "--base", base, "--limit", "1"), LONGEST_S, quiet=True)
    left_s = MINUTE_S - AROUND_S - (time.monotonic() - began)
    budget_s = min(MOST_S, max(LEAST_S, left_s))
    options = ("--exact", "--budget", f"{budget_s:.0f}s", "--reruns", "1")
    where = ("--python", sys.executable)
    limit_s = LONGEST_S - (time.monotonic() - began)
    if not _run(("gate", "--base", base, *options, *where), limit_s):
        print("gate: not done in two minutes, so no report", flush=True)
    print(f"gate: {time.monotonic() - began:.0f} s", flush=True)
    return 0


def _is_there(revision: str) -> bool:
    command = ["git", "rev-parse", "-q", "--verify", f"{revision}^{{commit}}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0


def _asked_before() -> bool:
    """An earlier run left a recording or an index."""
    return any((ROOT / ".tdad" / name).exists() for name in ("map.sqlite3", "gate/index.sqlite3"))


def _run(arguments: Sequence[str], limit_s: float, *, quiet: bool = False) -> bool:
    """Run tdad, and end it when its time is over; tell whether it came to its end."""
    silence = subprocess.DEVNULL if quiet else None
    process = subprocess.Popen(
        [*TDAD, *arguments],
        cwd=ROOT,
        env={**os.environ, **FAST},
        stdin=subprocess.DEVNULL,
        stdout=silence,
        stderr=silence,
    )
    try:
        process.wait(max(1.0, limit_s))
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

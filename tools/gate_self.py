"""What the gate says about the last commit of this repository: a report of CI, never a reason to fail.

    python tools/gate_self.py [REV]

Uses the map of this folder where there is one (pytest --tdad-map), else the code alone. It is ended after a minute.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT_S = 55.0
GRACE_S = 4.0
OPTIONS = ("--exact", "--budget", "20s", "--reruns", "1")


def main(arguments: list[str]) -> int:
    """Always 0."""
    base = arguments[0] if arguments else "HEAD~1"
    command = [sys.executable, "-m", "tdad", "gate", "--base", base, *OPTIONS]
    command += ["--python", sys.executable]
    print(f"tdad gate --base {base} (a report: it does not decide)", flush=True)
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL)
    try:
        process.wait(LIMIT_S)
    except subprocess.TimeoutExpired:
        print("gate: not done after a minute, so no report", flush=True)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Where a benchmark was made, without names of hosts, users or folders."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

from bench_setup import ROOT, Interpreter
from subjects import SubjectError, run


def machine(interpreters: dict[str, Interpreter]) -> dict[str, Any]:
    """Return processors, system, and versions of Python and of what is measured."""
    return {
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "processor": _processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "load": [round(one, 1) for one in os.getloadavg()],
        "pythons": [one.full for one in interpreters.values()],
        "versions": next(iter(interpreters.values())).versions(),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def commit() -> str:
    """Return the short name of the commit that is measured, with ``+`` for uncommitted work on the package."""
    try:
        name = run(["git", "rev-parse", "--short", "HEAD"], ROOT).strip()
        dirty = run(["git", "status", "--porcelain", "--", "tdad"], ROOT).strip()
    except SubjectError:
        return ""
    return f"{name}+" if dirty else name

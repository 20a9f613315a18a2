"""The benchmark itself: its smallest form runs through and says plausible things."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.skipif(
    not (ROOT / ".bench" / "download" / "itsdangerous-2.2.0.tar.gz").exists(),
    reason="needs what `make bench` downloads",
)
def test_the_quick_benchmark_runs_through() -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    done = subprocess.run(
        [sys.executable, "tools/bench.py", "--quick", "--pythons", version],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    results = json.loads((ROOT / ".bench" / "quick.json").read_text(encoding="utf-8"))
    (recording,) = (one for one in results["recording"].values() if version in one["python"])
    assert "297 passed" in recording["tests"]
    assert 0 < recording["end_s"]["functions"] < recording["cpu_s"]["functions"][0]
    assert min(recording["size_bytes"].values()) > 0
    (asking,) = (one for one in results["asking"].values() if version in one["python"])
    assert (
        0 < asking["asked"]["one function"]["selected"] <= asking["asked"]["one function"]["total"]
    )


def test_unknown_subjects_are_a_usage_error() -> None:
    done = subprocess.run(
        [sys.executable, "tools/bench.py", "--subjects", "flask"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "flask is none of itsdangerous, click, jinja2, networkx, Django" in done.stderr

"""A pytest plugin of the case suite: writes which tests ran and which failed to the file that TDAD_TRUTH names."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

OUTCOMES: dict[str, bool] = {}
"""Node id → whether it failed; a file that cannot be collected counts as one that failed."""


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    OUTCOMES[report.nodeid] = OUTCOMES.get(report.nodeid, False) or report.failed


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        OUTCOMES[report.nodeid] = True


def pytest_sessionfinish() -> None:
    Path(os.environ["TDAD_TRUTH"]).write_text(json.dumps(OUTCOMES), encoding="utf-8")

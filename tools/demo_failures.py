"""A pytest plugin for the demo: writes the node ids of the tests that ran and that failed.

Loaded with ``-p demo_failures``; the file is named by the environment variable ``DEMO_FAILURES``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest


class _Outcomes:
    def __init__(self) -> None:
        self.failed: set[str] = set()
        self.ran: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.ran.add(report.nodeid)
        if report.failed:
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        found = {"ran": sorted(self.ran), "failed": sorted(self.failed)}
        Path(os.environ["DEMO_FAILURES"]).write_text(json.dumps(found), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Watch the run."""
    config.pluginmanager.register(_Outcomes())

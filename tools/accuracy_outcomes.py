"""A pytest plugin: writes how each test ended and how long it took, and ends tests that hang.

Loaded with ``-p accuracy_outcomes``. ``ACCURACY_OUTCOMES`` names the file; ``ACCURACY_LIMIT_S`` is how many seconds of
the processor one test may take; one that takes more has failed. After ``HUNG`` of them the run stops.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Generator
from pathlib import Path
from types import FrameType

import pytest

HUNG = 4
MARK, SPENT = "accuracy: hung", "accuracy: spent"
_CLOCK = (time.perf_counter,)
"""Not by its own name: freezegun replaces the clocks that it finds in modules, and pytest's durations with them."""


class TookTooLongError(BaseException):
    """The test ran into its limit. Not an ``Exception``: the code under test must not swallow it."""


class _Outcomes:
    """One run, as the process that reports it sees it."""

    def __init__(self) -> None:
        self.ends: dict[str, str] = {}
        self.seconds: dict[str, float] = {}
        self.uncollected: list[str] = []
        self.hung = 0

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.uncollected.append(report.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        node_id = report.nodeid
        noted = dict(report.user_properties)
        self.hung += MARK in noted
        self.seconds[node_id] = self.seconds.get(node_id, 0.0) + float(str(noted[SPENT]))
        if report.failed:
            self.ends[node_id] = "failed" if report.when == "call" else "error"
        elif report.when == "call" or report.skipped:
            end = "xfailed" if hasattr(report, "wasxfail") else report.outcome
            if self.ends.get(node_id) not in {"failed", "error"}:
                self.ends[node_id] = end

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self) -> None:
        if self.hung >= HUNG:
            pytest.exit("too many tests hang", returncode=9)

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        found = {
            "exit": int(exitstatus),
            "ends": self.ends,
            "seconds": {node_id: round(each, 5) for node_id, each in self.seconds.items()},
            "uncollected": sorted(set(self.uncollected)),
            "hung": self.hung,
        }
        Path(os.environ["ACCURACY_OUTCOMES"]).write_text(json.dumps(found), encoding="utf-8")


class _Limit:
    """Times tests and ends those that take too long, in the process that runs them."""

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self.began = 0.0

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self) -> Generator[None, object, object]:
        signal.setitimer(signal.ITIMER_PROF, self.limit_s, 1.0)
        self.began = _CLOCK[0]()
        try:
            return (yield)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        now = _CLOCK[0]()
        report.user_properties.append((SPENT, now - self.began))
        self.began = now
        if call.excinfo is not None and call.excinfo.errisinstance(TookTooLongError):
            report.user_properties.append((MARK, True))
        return report


def _too_long(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler's signature
    raise TookTooLongError("this test takes too long")


def pytest_configure(config: pytest.Config) -> None:
    """Watch the run."""
    signal.signal(signal.SIGPROF, _too_long)
    config.pluginmanager.register(_Limit(float(os.environ["ACCURACY_LIMIT_S"])))
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Outcomes())

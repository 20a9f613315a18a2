"""How the tests of this very run failed, as pytest's reports tell it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tdad.facts import Site
from tdad.facts_fix import Failure
from tdad.workflows.project import rebase_node_id

_LONGEST = 2000
_PRINTED = 800
_LAST = 30


class FailedReports:
    """A plugin of pytest: keeps the reports of failures, of tests and of collection, the first of each."""

    def __init__(self, rootpath: Path, here: Path) -> None:
        self._rootpath = rootpath
        self._here = here
        self._reports: dict[str, Any] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Take the report of one phase of a test (a hook of pytest)."""
        if report.failed:
            self._reports.setdefault(report.nodeid, report)

    def pytest_collectreport(self, report: Any) -> None:
        """Take the report of collecting something (a hook of pytest)."""
        self.pytest_runtest_logreport(report)

    def failures(self, root: Path) -> dict[str, Failure]:
        """Node id → how it failed; node ids and frames are relative to ``root``, frames outside it left out."""
        return {
            rebase_node_id(node_id, self._rootpath, root): Failure(
                _message(report)[:_LONGEST],
                tuple(self._frames(report, root))[-_LAST:],
                (report.capstdout + report.capstderr)[-_PRINTED:],
            )
            for node_id, report in self._reports.items()
        }

    def _frames(self, report: Any, root: Path) -> Iterator[Site]:
        traceback = getattr(report.longrepr, "reprtraceback", None)
        for entry in getattr(traceback, "reprentries", ()):
            where = getattr(entry, "reprfileloc", None)
            if where is None or str(where.path).startswith("<"):
                continue
            path = os.path.realpath(self._here / where.path)
            if path.startswith(f"{root}{os.sep}"):
                yield Site(Path(path).relative_to(root).as_posix(), int(where.lineno))


def _message(report: Any) -> str:
    """What was raised; where a report has only a text (collection, ``pytest.fail``), the end of it."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        return str(crash.message)
    lines = [line for line in str(report.longrepr).splitlines() if line.strip()]
    errors = [line[1:].strip() for line in lines if line.startswith("E ")]
    return "\n".join(errors or lines[-3:])

"""What is alive while the tests run: instances of shared fixtures, and the test itself."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from .owners import Buffer


class Instance:
    """A live instance of a shared fixture."""

    def __init__(self, name: str, argname: str, baseid: str, nodeid: str) -> None:
        self.name = name
        self.argname = argname
        self.baseid = baseid
        self.nodeid = nodeid
        self.teardown: Optional[Buffer] = None


class Test:
    """The test that is running."""

    def __init__(self, item: Any, buffer: Buffer) -> None:
        self.item = item
        self.buffer = buffer
        self.owners: Dict[str, None] = {}
        self.duration_s = 0.0
        self.done = False
        self._phases: Dict[str, str] = {}

    def note(self, report: Any) -> None:
        """Take in the report of one phase (or of one subtest)."""
        if report.when == "setup":
            self._phases = {}
            self.duration_s = 0.0
        self.duration_s += report.duration
        outcome = report.outcome
        if hasattr(report, "wasxfail"):
            outcome = "xpassed" if outcome == "passed" else "xfailed"
        if self._phases.get(report.when) != "failed":
            self._phases[report.when] = outcome
        if report.when == "teardown":
            self.done = True

    def inherit(self, owners: List[str]) -> None:
        """The test uses what these owners set up."""
        self.owners.update(dict.fromkeys(owners))

    def status(self) -> str:
        """Return how the test ended, in the words of ``tdad.facts.Status``."""
        phases = self._phases
        if phases.get("call") == "failed":
            return "failed"
        if "failed" in phases.values():
            return "error"
        for phase in ("setup", "call"):
            if phases.get(phase, "passed") != "passed":
                return phases[phase]
        return "passed"

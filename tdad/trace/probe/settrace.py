"""Python < 3.12 without coverage, or beside another tracer: Python functions that see calls. Slower; functions only."""

from __future__ import annotations

import sys
import threading
from types import CodeType, FrameType
from typing import Any

from .owners import Buffer, Owners
from .project import Project


class Calls:
    """The engine on ``sys.settrace`` or ``sys.setprofile``, call events only."""

    granularity = "functions"

    def __init__(self, project: Project, owners: Owners, profile: bool) -> None:
        self.name = "profile" if profile else "settrace"
        self._project = project
        self._owners = owners
        self._set: Any = sys.setprofile if profile else sys.settrace
        self._get: Any = sys.getprofile if profile else sys.gettrace
        self._set_threads: Any = threading.setprofile if profile else threading.settrace
        self._hits: Any = {}  # id → code object
        self._function = self._make()

    def start(self) -> bool:
        """Watch this thread and those to come."""
        self._owners.collect = self.collect
        self._set_threads(self._function)
        self._set(self._function)
        return True

    def stop(self) -> None:
        """Stop watching."""
        self._set_threads(None)
        if self._get() is self._function:
            self._set(None)

    def revive(self) -> bool:
        """Start again after the tests switched us off; tell whether we watch (``False``: somebody else does)."""
        if self._get() is None:
            self._set(self._function)
        return self._get() is self._function

    def starter(self, function: Any) -> Any:
        """Return ``None``: ``sys.settrace`` and ``sys.setprofile`` put our function back in place."""

    def owns(self, function: Any) -> bool:
        """Tell whether a trace function is ours."""
        return function is self._function

    def adopt(self, code: CodeType) -> None:
        """Nothing to prepare."""

    adopt_program = adopt

    def collect(self, buffer: Buffer) -> None:
        """File what ran since the last switch under ``buffer``."""
        hits = self._hits
        if hits and isinstance(hits, dict):
            taken = hits.copy()
            for key in taken:
                del hits[key]
            python = self._project.python
            for code in taken.values():
                path = python(code.co_filename)
                if path is not None and code.co_name != "<module>":
                    buffer.starts.setdefault(path, set()).add(code.co_firstlineno)

    def _make(self) -> Any:
        hits = self._hits

        if isinstance(hits, list):  # a child process writes each hit at once
            return _telling(hits.append)

        def on_event(frame: FrameType, event: str, arg: Any) -> None:
            if event == "call":
                code = frame.f_code
                hits[id(code)] = code

        return on_event


def _telling(tell: Any) -> Any:
    def on_event(frame: FrameType, event: str, arg: Any) -> None:
        if event == "call":
            tell(frame.f_code)

    return on_event

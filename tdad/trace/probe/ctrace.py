"""Python < 3.12: coverage.py's C tracer, one for each thread and for the whole run.

Changing the owner reads the tracer's sets and empties them in place: live frames keep adding to the same sets.
"""

from __future__ import annotations

import sys
import threading
from types import CodeType, FrameType
from typing import Any, Dict, List, Optional, Set

from .lines import Lines
from .owners import Buffer, Owners
from .project import Project

_settrace, _gettrace = sys.settrace, sys.gettrace
_thread_settrace = threading.settrace


class CTrace:
    """The engine on coverage's C tracer."""

    name = "ctrace"

    def __init__(self, project: Project, owners: Owners, lines: bool) -> None:
        self.granularity = "lines" if lines else "functions"
        self._project = project
        self._owners = owners
        self._by_lines = lines
        self._lines = Lines()
        self._data: Dict[str, Set[int]] = {}
        self._cache: Dict[str, Any] = {}
        self._tracers: List[Any] = []
        self._stopped = False

    def start(self) -> bool:
        """Start tracing this thread and those to come; tell whether coverage has a C tracer here."""
        try:
            from coverage.tracer import CFileDisposition, CTracer
        except ImportError:
            return False
        self._tracer_class: Any = CTracer
        self._disposition_class: Any = CFileDisposition
        self._owners.collect = self.collect
        self._trace()
        _thread_settrace(self._trace_thread)
        return True

    def stop(self) -> None:
        """Stop tracing."""
        self._stopped = True
        _thread_settrace(None)  # type: ignore[arg-type,unused-ignore]
        if self.active():
            self._tracers[0].stop()

    def active(self) -> bool:
        """Tell whether this thread's trace function is ours."""
        return bool(self._tracers) and _gettrace() is self._tracers[0]

    def revive(self) -> bool:
        """Start again after the tests switched tracing off; tell whether we trace (``False``: somebody else does)."""
        if self.active():
            return True
        if _gettrace() is not None:
            return False
        self._tracers[0].start()
        return True

    def starter(self, tracer: Any) -> Any:
        """Return what puts one of our tracers back in place (``None``: it is none of ours).

        Not ``sys.settrace``: with it the tracer would not see returns before the next call.
        """
        return tracer.start if self.owns(tracer) else None

    def owns(self, tracer: Any) -> bool:
        """Tell whether a trace function is one of ours."""
        return any(tracer is ours for ours in self._tracers)

    def adopt(self, code: CodeType) -> None:
        """Learn the layout of a module that is about to run."""
        if self._project.python(code.co_filename) is not None and code.co_name == "<module>":
            self._lines.adopt(code)

    adopt_program = adopt

    def collect(self, buffer: Buffer) -> None:
        """File what ran since the last switch under ``buffer``."""
        python, starts_of = self._project.python, self._lines.starts
        for filename, live in list(self._data.items()):
            if not live:
                continue
            lines = live.copy()
            live.difference_update(lines)  # in place and not clear(): other threads may be adding
            path = python(filename)
            if path is None:
                continue
            starts = starts_of(filename, lines)
            if starts:
                _join(buffer.starts, path, starts)
            if self._by_lines:
                _join(buffer.lines, path, lines)

    def _trace(self) -> Any:
        tracer = self._tracer_class()
        tracer.data = self._data
        tracer.trace_arcs = False
        tracer.should_trace = self._should_trace
        tracer.should_trace_cache = self._cache
        tracer.warn = _ignore
        for name, value in (
            ("lock_data", _ignore),
            ("unlock_data", _ignore),
            ("disable_plugin", _ignore),
            ("check_include", _ignore),
            ("file_tracers", {}),
            ("concur_id_func", None),
            ("should_start_context", None),
            ("switch_context", None),
        ):
            if hasattr(tracer, name):
                setattr(tracer, name, value)
        self._tracers.append(tracer)
        return tracer.start()

    def _trace_thread(self, frame: FrameType, event: str, arg: Any) -> Any:
        """Replace ourselves, in a new thread, by a tracer of its own."""
        _settrace(None)
        if self._stopped:
            return None
        function = self._trace()
        return function(frame, event, arg) if function else None

    def _should_trace(self, filename: str, frame: Optional[FrameType]) -> Any:
        disposition = self._disposition_class()
        disposition.original_filename = filename
        disposition.canonical_filename = filename
        disposition.source_filename = filename
        disposition.trace = self._project.python(filename) is not None
        disposition.reason = ""
        disposition.file_tracer = None
        disposition.has_dynamic_filename = False
        return disposition


def _join(files: Dict[str, Set[int]], path: str, numbers: Set[int]) -> None:
    if path in files:
        files[path] |= numbers
    else:
        files[path] = numbers


def _ignore(*args: Any, **kwargs: Any) -> None:
    """Stand in for callbacks that line tracing without plugins does not need."""

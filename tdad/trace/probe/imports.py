"""Python < 3.12: which module is being imported, seen by wrapping the loaders' ``exec_module``.

While a module body runs, a trace function of our own takes the engine's place in its thread: it follows the lines of the
body (and of class bodies in it) and files every call under the statement that caused it, as ``sys.monitoring`` does on
newer versions. Beside a foreign tracer a profile function does the same, and looks the statement up in the frames.
"""

from __future__ import annotations

import importlib.machinery
import sys
from types import CodeType, FrameType, FunctionType
from typing import Any, Callable, Dict, List, Tuple

from .monitoring import importer
from .owners import IMPORT, Buffer, Owners
from .project import Project

CO_NEWLOCALS = 2  # functions have it; module and class bodies do not
_LOADER = "<frozen importlib._bootstrap_external>"  # importlib strips such frames from tracebacks


class Imports:
    """Gives what runs during an import to the statement of the module that caused it."""

    def __init__(
        self,
        project: Project,
        owners: Owners,
        finished: Callable[[Buffer], None],
        beside: Callable[[], bool],
    ) -> None:
        self._project = project
        self._owners = owners
        self._finished = finished
        self._beside = beside
        """Whether another tracer has this process, so that ours is a profile function."""
        self._wrapped: List[Tuple[type, Any]] = []
        self._before: Dict[int, Tuple[Any, Any]] = {}

    def watch(self) -> None:
        """Wrap the loaders of importlib, and pytest's own if it is there."""
        for loader in importlib.machinery.SourceFileLoader.__mro__[:-1]:
            self.wrap(loader)
        rewrite = sys.modules.get("_pytest.assertion.rewrite")
        hook = getattr(rewrite, "AssertionRewritingHook", None)
        if isinstance(hook, type):
            self.wrap(hook)

    def wrap(self, loader: type) -> None:
        """Watch the modules that ``loader`` executes."""
        original = loader.__dict__.get("exec_module")
        if not isinstance(original, FunctionType):
            return
        enter, leave = self._enter, self._leave

        def exec_module(self: Any, module: Any) -> Any:
            buffer = enter(module)
            try:
                return original(self, module)
            finally:
                leave(buffer)

        exec_module.__code__ = exec_module.__code__.replace(co_filename=_LOADER)
        self._wrapped.append((loader, original))
        loader.exec_module = exec_module  # type: ignore[attr-defined]

    def unwrap(self) -> None:
        """Put the loaders' own methods back."""
        while self._wrapped:
            loader, original = self._wrapped.pop()
            loader.exec_module = original  # type: ignore[attr-defined]

    def _enter(self, module: Any) -> Any:
        try:
            origin = getattr(getattr(module, "__spec__", None), "origin", None)
            path = self._project.python(origin) if isinstance(origin, str) else None
            if path is None:
                return None
            outer = self._owners.current()
            self._collect(outer)
            outer.imports[path] = importer(self._project, sys._getframe(2))
            buffer = Buffer(IMPORT, path)
            self._owners.enter_module(buffer)
            self._put_in(buffer)
        except Exception:
            return None
        return buffer

    def _leave(self, buffer: Any) -> None:
        if buffer is None:
            return
        try:
            self._take_out(buffer)
            self._collect(buffer)
            if self._owners.leave_module(buffer):
                self._finished(buffer)
        except Exception:
            return

    def _put_in(self, buffer: Buffer) -> None:
        """Let our function watch this thread instead of the engine."""
        profiling = self._beside()
        get, put = (sys.getprofile, sys.setprofile) if profiling else (sys.gettrace, sys.settrace)
        watch = Statements(self._project, buffer).caller if profiling else Statements(self._project, buffer).call
        self._before[id(buffer)] = (put, get())
        put(watch)

    def _take_out(self, buffer: Buffer) -> None:
        put, before = self._before.pop(id(buffer), (None, None))
        if put is not None:
            put(before)

    def _collect(self, buffer: Buffer) -> None:
        self._owners.collect(buffer)


class Statements:
    """Files calls during one import under the line of the statement that caused them."""

    def __init__(self, project: Project, buffer: Buffer) -> None:
        self._python = project.python
        self._buffer = buffer
        self._seen: Dict[Tuple[int, int], CodeType] = {}

    def call(self, frame: FrameType, event: str, arg: Any) -> Any:
        """Trace function: calls here, lines only of the module body and of class bodies in it."""
        if event != "call":
            return None
        code = frame.f_code
        if code.co_flags & CO_NEWLOCALS:
            self._entered(code, self._buffer.line)
            return None
        if self._python(code.co_filename) != self._buffer.name:
            return None
        return self._body(self._buffer.line)

    def caller(self, frame: FrameType, event: str, arg: Any) -> None:
        """Profile function: there are no lines, so the frames tell which statement runs."""
        code = frame.f_code
        if event != "call" or not code.co_flags & CO_NEWLOCALS:
            return
        if self._python(code.co_filename) is None:
            return
        back = frame.f_back
        while back is not None:
            outer = back.f_code
            if not outer.co_flags & CO_NEWLOCALS and self._python(outer.co_filename) == self._buffer.name:
                self._entered(code, back.f_lineno)
                return
            back = back.f_back

    def _body(self, outer_line: int) -> Any:
        buffer = self._buffer

        def on_line(frame: FrameType, event: str, arg: Any) -> Any:
            buffer.line = outer_line if event == "return" and outer_line else frame.f_lineno
            return on_line

        return on_line

    def _entered(self, code: CodeType, line: int) -> None:
        key = (line, id(code))
        if key in self._seen:
            return
        self._seen[key] = code  # kept, so that no other code gets its id
        path = self._python(code.co_filename)
        if path is not None:
            self._buffer.causes.setdefault(line, []).append((path, code.co_firstlineno))
            self._buffer.starts.setdefault(path, set()).add(code.co_firstlineno)

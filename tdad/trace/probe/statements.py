"""Python < 3.12: what one import runs, filed under the statements of the module that caused it."""

from __future__ import annotations

from types import CodeType, FrameType
from typing import Any, Dict, Optional, Tuple

from .owners import Buffer
from .project import Project

_NEWLOCALS = 2  # inspect.CO_NEWLOCALS: functions have it; module and class bodies do not


class Statements:
    """A trace function and a profile function for the time of one import, in its thread."""

    def __init__(self, project: Project, buffer: Buffer, lines: bool) -> None:
        self._python = project.python
        self._buffer = buffer
        self._by_lines = lines
        self._seen: Dict[Tuple[int, int], CodeType] = {}

    def call(self, frame: FrameType, event: str, arg: Any) -> Any:
        """Trace function: calls here, lines only of the module body and of class bodies in it."""
        if event != "call":
            return None
        code = frame.f_code
        path = self._python(code.co_filename)
        if path is None:
            return None
        if path == self._buffer.name and self._at_top(frame):
            return self._body(self._buffer.line)
        self._entered(code, path, self._buffer.line)
        return self._lines_of(path) if self._by_lines else None

    def caller(self, frame: FrameType, event: str, arg: Any) -> None:
        """Profile function: there are no lines, so the frames tell which statement runs."""
        code = frame.f_code
        if event != "call" or not code.co_flags & _NEWLOCALS:
            return
        path = self._python(code.co_filename)
        if path is None:
            return
        back = frame.f_back
        while back is not None:
            if self._python(back.f_code.co_filename) == self._buffer.name and self._at_top(back):
                self._entered(code, path, back.f_lineno)
                return
            back = back.f_back

    def _at_top(self, frame: Optional[FrameType]) -> bool:
        """Tell whether a frame is a module body, or a class body in one and not in a function."""
        while frame is not None and not frame.f_code.co_flags & _NEWLOCALS:
            if frame.f_code.co_name == "<module>":
                return True
            frame = frame.f_back
        return False

    def _body(self, outer_line: int) -> Any:
        buffer, by_lines = self._buffer, self._by_lines

        def on_line(frame: FrameType, event: str, arg: Any) -> Any:
            if event == "return" and outer_line:
                buffer.line = outer_line
            else:
                buffer.line = frame.f_lineno
                if by_lines:
                    buffer.lines.setdefault(buffer.name, set()).add(frame.f_lineno)
            return on_line

        return on_line

    def _lines_of(self, path: str) -> Any:
        lines = self._buffer.lines.setdefault(path, set())

        def on_line(frame: FrameType, event: str, arg: Any) -> Any:
            lines.add(frame.f_lineno)
            return on_line

        return on_line

    def _entered(self, code: CodeType, path: str, line: int) -> None:
        key = (line, id(code))
        if key not in self._seen:
            self._seen[key] = code  # kept, so that no other code gets its id
            site = (path, code.co_firstlineno)
            self._buffer.causes.setdefault(line, []).append(site)
            self._buffer.starts.setdefault(path, set()).add(code.co_firstlineno)

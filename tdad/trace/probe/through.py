"""Writing each new hit before the code runs: a child process may be killed at any moment."""

from __future__ import annotations

import sys
from types import CodeType, FrameType
from typing import Any, Callable, Dict, Set, Tuple

from .owners import IMPORT, Buffer
from .session import Probe
from .settrace import Calls


class Through:
    """Takes the place of an engine's lists of hits: what is new for the current owner is written at once."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._seen: Dict[Tuple[int, int], Any] = {}
        self._writing = False

    def attach(self) -> None:
        """Make the engine of the probe tell us each hit; a C tracer, which cannot, is replaced."""
        probe = self._probe
        if probe.engine.name == "monitoring":
            engine = probe.engine
            engine._spent = _Told(self._started)
            engine._spent_lines = _Told(self._line)
            engine._finished = self._module_done
            engine.each_once()
        else:
            self._replace_tracer()
        probe.audit._use = self._used  # type: ignore[method-assign]

    def forget(self) -> None:
        """The owner has changed: what was seen is new again."""
        self._seen.clear()

    def _replace_tracer(self) -> None:
        probe = self._probe
        if probe.engine.name == "ctrace":
            sys.settrace(None)
        calls = _LiveCalls(probe, self._called, profile=probe.engine.name == "profile")
        calls.start()
        probe.engine = calls
        probe._listen()
        if probe.imports is not None:
            probe.imports._finished = self._module_done

    def _called(self, code: CodeType) -> None:
        """Every call of the process comes here, on Python < 3.12."""
        buffer = self._probe.owners.current()
        key = (id(code), id(buffer))
        if key not in self._seen:
            self._seen[key] = (code, buffer)  # held, so that the ids stay theirs
            if code.co_name != "<module>":
                self._started(code)

    def _started(self, code: CodeType) -> None:
        probe = self._probe
        path = probe.project.python(code.co_filename)
        if path is None:
            return
        buffer = probe.owners.current()
        if probe.settings.lines and probe.engine.granularity != "lines":
            buffer.lines.setdefault(path, set()).update(_lines_of(code))
        buffer.starts.setdefault(path, set()).add(code.co_firstlineno)
        if buffer.kind == IMPORT:
            buffer.causes.setdefault(buffer.line, []).append((path, code.co_firstlineno))
        self._write(buffer)

    def _line(self, hit: Tuple[CodeType, int]) -> None:
        code, line = hit
        path = self._probe.project.python(code.co_filename)
        if path is not None:
            buffer = self._probe.owners.current()
            buffer.lines.setdefault(path, set()).add(line)
            self._write(buffer)

    def _used(self, how: str, name: str) -> None:
        buffer = self._probe.owners.current()
        use = (how, name, buffer.line)
        key = (hash(use), id(buffer))
        if key not in self._seen:
            self._seen[key] = (use, buffer)
            buffer.used.add(use)
            self._write(buffer)

    def _module_done(self, buffer: Buffer) -> None:
        self._write(buffer)

    def _write(self, buffer: Buffer) -> None:
        if self._writing:  # opening the spool's own file is no event of the project
            return
        self._writing = True
        try:
            self._probe.emit(buffer)
            self._probe.flush()
        except Exception:  # the run is over and its folder gone
            self._probe.failed()
        finally:
            self._writing = False


class _Told(list):  # type: ignore[type-arg]
    """A list that also tells of what is appended."""

    def __init__(self, tell: Callable[[Any], None]) -> None:
        super().__init__()
        self._tell = tell

    def append(self, item: Any) -> None:
        super().append(item)
        self._tell(item)


class _LiveCalls(Calls):
    """Tells each call at once and keeps nothing."""

    def __init__(self, probe: Probe, tell: Callable[[CodeType], None], profile: bool) -> None:
        self._tell = tell
        super().__init__(probe.project, probe.owners, profile)

    def _make(self) -> Any:
        tell = self._tell

        def on_event(frame: FrameType, event: str, arg: Any) -> None:
            if event == "call":
                tell(frame.f_code)

        return on_event


def _lines_of(code: CodeType) -> Set[int]:
    """All lines of a function: too much rather than too little where only calls are seen."""
    import dis

    return {line for _, line in dis.findlinestarts(code) if line}

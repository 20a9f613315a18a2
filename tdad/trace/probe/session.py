"""One probe per process: ``start`` puts engine and listeners in place, ``stop`` writes the rest and removes them."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any, Dict, NamedTuple, Optional, Tuple

from .audit import Audit
from .environ import Environ
from .monitoring import Monitor
from .owners import SESSION, Buffer, Owners
from .project import Project
from .writer import Writer

VARIABLE = "TDAD_PROBE"
"""Environment variable with the settings as JSON, for child processes and injected use."""


class Settings(NamedTuple):
    """What to record and where to."""

    root: str
    """Absolute path of the project root."""
    spool_dir: str
    """Absolute path of the folder that holds one folder per run."""
    run_id: str
    lines: bool = False
    sources: Tuple[str, ...] = ()
    """Project code outside the root."""
    owner: Tuple[str, str] = (SESSION, "")
    """Kind and name of the owner of whatever this process runs (a child: the test that started it)."""
    beside: bool = False
    """Another tracer (pytest-cov, a debugger) is going to trace this process."""

    @property
    def directory(self) -> str:
        """Folder of this run."""
        return os.path.join(self.spool_dir, self.run_id)

    def dump(self) -> str:
        """Return the settings as JSON."""
        return json.dumps(self._asdict())

    @classmethod
    def load(cls, text: str) -> Settings:
        """Return the settings that ``dump`` wrote.

        Raises:
            ValueError: it did not.
        """
        data = json.loads(text)
        known = {key: value for key, value in data.items() if key in cls._fields}
        known["sources"] = tuple(known.get("sources", ()))
        known["owner"] = tuple(known.get("owner", (SESSION, "")))
        return cls(**known)


class Probe:
    """The recorder of this process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.errors: Dict[str, int] = {}
        self.warnings: Dict[str, str] = {}
        self.started_at = time.time()
        self.project = Project(settings.root, settings.sources)
        self.base = Buffer(settings.owner[0], settings.owner[1])
        self.owners = Owners(self.base)
        self.writer = Writer(settings.directory, self.project)
        self.audit = Audit(self.project, self.owners, self.failed)
        self.environ = Environ(self.project, self.owners, self.failed)
        self.engine: Any = None
        self.imports: Any = None
        self.inheritance: Any = None
        self.running = False
        self._written: Dict[str, str] = {}

    def start(self) -> None:
        """Watch this process from now on."""
        os.makedirs(self.settings.directory, exist_ok=True)
        self._choose()
        self._listen()
        self.audit.start()
        self.environ.start()
        self.running = True

    def _listen(self) -> None:
        """Let the engine know of code that is about to run."""
        self.audit.adopt = self.engine.adopt
        self.audit.adopt_program = self.engine.adopt_program

    def stop(self) -> None:
        """Write what is left and let go of the process. A second call does nothing."""
        if not self.running:
            return
        self.running = False
        if self.inheritance is not None:
            self.inheritance.stand_down()
        try:
            self.owners.collect(self.owners.stack[-1])
            for buffer in reversed(self.owners.stack):
                self.emit(buffer)
            variables = self.environ.digests()
            if variables:
                self.writer.add({"t": "env", "variables": variables})
            self.flush()
            self.audit.stop()
            self.environ.stop()
            self.engine.stop()
            if self.imports is not None:
                self.imports.unwrap()
        except Exception:
            self.failed()

    def begin(self, kind: str, name: str) -> Buffer:
        """Make a new owner the current one."""
        buffer = Buffer(kind, name)
        try:
            self._check()
            self.owners.push(buffer)
        except Exception:
            self.failed()
        return buffer

    def end(self, buffer: Buffer) -> None:
        """Go back to the owner before, and queue what ``buffer`` executed."""
        try:
            self.owners.pop(buffer)
            self.emit(buffer)
        except Exception:
            self.failed()

    def emit(self, buffer: Buffer) -> None:
        """Queue what ``buffer`` executed."""
        self.audit.settle()
        self.writer.observation(buffer)

    def flush(self) -> None:
        """Write what is queued; files seen for the first time are written with their state."""
        seen, written = self.audit.seen, self._written
        if len(seen) != len(written):
            for path in [path for path in seen if path not in written]:
                written[path] = seen[path]
                self.writer.add(_file(path, seen[path]))
        self.writer.flush()

    def header(self, **facts: Any) -> None:
        """Write ``run.json``: what is known of the run as a whole. Only the process that controls the run does."""
        record = {
            "schema": 1,
            "run_id": self.settings.run_id,
            "root": self.project.root,
            "started_at": self.started_at,
            "granularity": self.engine.granularity,
            "recorder": self.engine.name,
            "errors": self.errors,
            "warnings": self.warnings,
        }
        record.update(facts)
        path = os.path.join(self.settings.directory, "run.json")
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(record, file, indent=1)
        os.replace(path + ".new", path)

    def digests(self) -> None:
        """Queue the digests of all files that the processes of this run have seen, for the process that controls it."""
        from .digests import digest, states

        root = self.project.root
        for path, seen in sorted(states(self.settings.directory).items()):
            found = digest(os.path.join(root, path), seen)
            self.writer.add({"t": "file", "path": path, "digest": found})
        self.writer.flush()

    def failed(self) -> None:
        """Count an exception of our own; it goes no further."""
        kind = sys.exc_info()[0]
        name = kind.__name__ if kind is not None else "unknown"
        self.errors[name] = self.errors.get(name, 0) + 1

    def after_fork(self, owner: Optional[Tuple[str, str]] = None) -> None:
        """Start afresh in a forked child: what the parent had not written is the parent's."""
        self.writer.forget()
        for buffer in self.owners.stack:
            buffer.reset()
        del owner

    def current(self) -> Tuple[str, str]:
        """Return kind and name of the owner of what this thread runs now."""
        buffer = self.owners.current()
        return buffer.kind, buffer.name

    def _choose(self) -> None:
        lines = self.settings.lines
        if hasattr(sys, "monitoring"):
            monitor = Monitor(self.project, self.owners, lines, self._module_done)
            if monitor.start():
                self.engine = monitor
                return
            self.warnings["no-tool-id"] = "no sys.monitoring tool id was free"
        self._choose_tracer(lines)

    def _choose_tracer(self, lines: bool) -> None:
        from .ctrace import CTrace
        from .imports import Imports
        from .settrace import Calls

        beside = self.settings.beside or sys.gettrace() is not None
        tracer: Any = CTrace(self.project, self.owners, lines)
        if beside or not tracer.start():
            tracer = Calls(self.project, self.owners, profile=beside)
            tracer.start()
        self.engine = tracer
        self.imports = Imports(self.project, self.owners, self._module_done, lambda: self.engine)
        self.imports.watch()

    def _check(self) -> None:
        """Python < 3.12: tests may switch tracing off, or another tracer may have taken over."""
        if self.imports is None or self.engine.revive():
            return
        from .settrace import Calls

        if self.engine.name != "profile":
            self.warnings["tracer-taken"] = (
                "another tracer took over: calls only, by sys.setprofile"
            )
            calls = Calls(self.project, self.owners, profile=True)
            self.owners.collect(self.owners.stack[-1])
            calls.start()
            self.engine = calls
            self._listen()

    def _module_done(self, buffer: Buffer) -> None:
        try:
            self.audit.settle()
            self.writer.observation(buffer)
        except Exception:
            self.failed()


def start(settings: Settings) -> Probe:
    """Start the probe of this process, or return the one that is running already (a child was injected)."""
    probe: Optional[Probe] = getattr(sys, "_tdad_probe", None)
    if probe is not None and probe.running:
        return probe
    from .children import install, make_way

    make_way(settings)
    probe = Probe(settings)
    probe.start()
    probe.inheritance = install(probe)
    sys._tdad_probe = probe  # type: ignore[attr-defined]
    return probe


def _file(path: str, filename: str) -> Dict[str, Any]:
    try:
        status = os.stat(filename)
    except OSError:
        return {"t": "file", "path": path, "mtime_ns": 0, "size": -1}
    return {"t": "file", "path": path, "mtime_ns": status.st_mtime_ns, "size": status.st_size}

"""Child processes: what a test, a fixture or an import starts belongs to it, however it was started.

* A *started* Python (``subprocess``, ``multiprocessing`` by spawn or forkserver, ``os.exec*``,
  ``os.posix_spawn``, a shell in between) finds four variables in its environment (:mod:`inherit`) and begins to
  record at its first project code.
* A *forked* process goes on with the recorder of its parent and a file of its own.
* Both write each new hit before the code runs: a child may be killed at any moment.

One process can work for several owners in turn, the workers of a pool: see :mod:`pools`.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
from types import CodeType
from typing import Any, Optional, Set

from .bus import listen
from .inherit import SETTINGS, Inheritance
from .owners import IMPORT, SESSION, Buffer
from .pools import OWNER_EVENT, tag
from .session import Probe, Settings
from .settrace import Calls
from .through import Through

_LOADER = "_tdad_loader"

# Tests patch these; the probe keeps what was there when it was loaded.
_exit, _isdir, _getpid = os._exit, os.path.isdir, os.getpid


# ----------------------------------------------------------------------------------------------------------------------
# The process that runs pytest
# ----------------------------------------------------------------------------------------------------------------------


def settings_from_environment() -> Optional[str]:
    """Return the settings that this process was started with (JSON), or ``None``."""
    loader = sys.modules.get(_LOADER)
    handed: Optional[str] = getattr(loader, "settings", None)
    return handed or os.environ.get(SETTINGS)


def make_way(settings: Settings) -> None:
    """Stop recording as somebody's child: this process is about to observe itself (an xdist worker).

    A child that records another run of its own (a test of a tool like this one) keeps working for both.
    """
    waiting = getattr(sys.modules.get(_LOADER), "waiting", None)
    if waiting is None:
        return
    if Settings.load(waiting.inheritance.settings).directory == settings.directory:
        waiting.stand_down()
    else:
        waiting.inheritance.stand_down()  # children of the inner run are the inner run's


def install(probe: Probe) -> Inheritance:
    """Let the children of this process record for the owner that starts them."""
    os.environ.pop(SETTINGS, None)
    roots = [probe.project.root]
    roots += [os.path.join(probe.project.root, source) for source in probe.settings.sources]
    roots = [os.path.realpath(root) for root in roots]
    inheritance = Inheritance(
        probe.settings.dump(),
        roots,
        json.dumps([SESSION, ""]),
        os.environ.get("PYTHONPATH"),
    )
    inheritance.owner = lambda: _owner_text(probe)
    inheritance.install()
    Family(probe, inheritance)
    return inheritance


def _owner_text(probe: Probe) -> str:
    buffer = probe.owners.current()
    return json.dumps([buffer.kind, buffer.name, buffer.line])


class Family:
    """Follows one recorder into forked children, and its owner into pools of workers."""

    def __init__(self, probe: Probe, inheritance: Inheritance) -> None:
        self.probe = probe
        self._inheritance = inheritance
        self._through: Optional[Through] = None
        self._tagged: Set[str] = set()
        inheritance.before_exec = self.flush
        inheritance.before_spawn = self._tag
        os.register_at_fork(before=self._tag, after_in_child=self._forked)
        os._exit = self._leave
        listen(OWNER_EVENT, self._hear)

    def through(self) -> None:
        """Write every hit at once from now on."""
        self._through = Through(self.probe)
        self._through.attach()

    def flush(self) -> None:
        """Write what this process has: it is about to end, or to become another program."""
        probe = self.probe
        if probe.running:
            try:
                buffer = probe.owners.current()
                if self._through is None:
                    probe.owners.collect(probe.owners.stack[-1])
                for held in {id(b): b for b in [buffer] + probe.owners.stack}.values():
                    probe.emit(held)
                probe.flush()
            except Exception:
                probe.failed()

    def switch(self, kind: str, name: str, line: int = 0) -> None:
        """What runs from here on belongs to another owner."""
        probe = self.probe
        buffer = Buffer(kind, name)
        buffer.line = line
        probe.owners.collect(probe.owners.stack[-1])
        for held in probe.owners.stack:
            probe.emit(held)
        probe.owners.importing.clear()
        probe.owners.stack[:] = [buffer]
        if self._through is not None:
            self._through.forget()

    def _forked(self) -> None:
        probe = self.probe
        if not probe.running:
            return
        try:
            module = probe.owners.module()
            probe.after_fork()
            if (
                module is not None
            ):  # the import goes on in the parent; here it is only whom we work for
                buffer = Buffer(IMPORT, module.name)
                buffer.line = module.line
                probe.owners.importing.clear()
                probe.owners.stack.append(buffer)
            self.through()
        except Exception:
            probe.failed()

    def _leave(self, status: int) -> Any:
        self.flush()
        _exit(status)

    def _hear(self, event: str, args: Any) -> None:
        if self._through is not None and self.probe.running:
            try:
                self.switch(*json.loads(args[0]))
            except Exception:
                self.probe.failed()

    def _tag(self) -> None:
        """Make the pools and the process starters that are in use send the owner along."""
        try:
            tag(self._inheritance, self._tagged)
        except Exception:
            self.probe.failed()


# ----------------------------------------------------------------------------------------------------------------------
# A child
# ----------------------------------------------------------------------------------------------------------------------


class ChildProbe(Probe):
    """The recorder of a started child. It never makes the folder of the run: a run that is over stays over."""

    def start(self) -> None:
        """Watch this process, if the run is still there."""
        if _isdir(self.settings.directory):
            super().start()

    def _choose_tracer(self, lines: bool) -> None:
        """A C tracer keeps its hits until it is asked; a child that is killed is never asked."""
        from .imports import Imports

        calls = Calls(self.project, self.owners, profile=sys.gettrace() is not None)
        calls.start()
        self.engine = calls
        self.imports = Imports(self.project, self.owners, self._module_done, lambda: self.engine)
        self.imports.watch()

    def _module_done(self, buffer: Buffer) -> None:
        super()._module_done(buffer)
        self.flush()


class Child:
    """A started child from its first project code on."""

    def __init__(self, probe: ChildProbe, family: Family) -> None:
        self.probe = probe
        self._family = family

    @classmethod
    def begin(cls, inheritance: Inheritance, owner: str, filename: str) -> Optional[Child]:
        """Start recording for ``owner``, or return ``None`` when ``filename`` is not the project's after all."""
        settings = Settings.load(inheritance.settings)
        kind, name, line = (json.loads(owner) + [0])[:3]
        probe = ChildProbe(settings._replace(owner=(kind, name), beside=False))
        probe.base.line = line
        if probe.project.python(filename) is None:
            return None
        probe.start()
        family = Family(probe, inheritance)
        inheritance.owner = lambda: _owner_text(probe)
        if probe.running:
            family.through()
            atexit.register(family.flush)
        return cls(probe, family)

    def adopt(self, code: CodeType) -> None:
        """Watch the first body of the project, which is about to run."""
        probe = self.probe
        if probe.running:
            probe.audit.begin(code)
            path = probe.project.python(code.co_filename)
            if path is not None and probe.imports is not None:
                # its loader is already past where imports are seen
                probe.base.imports[path] = ("", 0)

    def stop(self) -> None:
        """Write the rest and stop."""
        self._family.flush()
        self.probe.stop()

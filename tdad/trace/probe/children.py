"""Child processes: what a test, a fixture or an import starts belongs to it, however it was started.

* A *started* Python (``subprocess``, ``multiprocessing`` by spawn or forkserver, ``os.exec*``,
  ``os.posix_spawn``, a shell in between) finds four variables in its environment (:mod:`inherit`) and begins to
  record at its first project code.
* A *forked* process goes on with the recorder of its parent and a file of its own.
* Both write each new hit before the code runs: a child may be killed at any moment.

One process can work for several owners in turn: the workers of a pool. The owner travels inside the pickled task, as
a call of :func:`sys.audit` that unpickling makes: children that observe hear it, for others it does nothing.
"""

from __future__ import annotations

import atexit
import json
import operator
import os
import sys
from types import CodeType, FrameType
from typing import Any, Callable, Dict, Optional, Set, Tuple

from .bus import listen
from .inherit import SETTINGS, Inheritance
from .owners import IMPORT, SESSION, Buffer
from .session import Probe, Settings
from .settrace import Calls

OWNER_EVENT = "tdad.owner"
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
            engine._fired = _Told(self._started)
            engine._fired_lines = _Told(self._line)
            engine._finished = self._module_done
            engine._register()
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


# ----------------------------------------------------------------------------------------------------------------------
# The owner inside pickled tasks
# ----------------------------------------------------------------------------------------------------------------------


class Mark:
    """Unpickles to ``None``, after an audit event that names the owner."""

    def __init__(self, owner: str) -> None:
        self.owner = owner

    def __reduce__(self) -> Any:
        return sys.audit, (OWNER_EVENT, self.owner)


class Marked:
    """A callable that unpickles to itself unmarked, after an audit event that names the owner."""

    def __init__(self, function: Any, owner: str) -> None:
        self.function = function
        self.owner = owner

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function; a pool of threads does not pickle its tasks."""
        return self.function(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.function, name)

    def __reduce__(self) -> Any:
        return operator.itemgetter(1), ((Mark(self.owner), self.function),)


def tag(inheritance: Inheritance, done: Set[str]) -> None:
    """Wrap what sends work to other processes, as far as it is imported by now; ``done`` is kept up to date."""
    for name, wrap in (
        ("multiprocessing.spawn", _tag_spawn),
        ("multiprocessing.pool", _tag_pool),
        ("concurrent.futures.process", _tag_executor),
    ):
        module = sys.modules.get(name)
        if module is not None and name not in done:
            wrap(module, inheritance)
            done.add(name)


def _tag_spawn(module: Any, inheritance: Inheritance) -> None:
    original = module.get_preparation_data

    def get_preparation_data(name: str) -> Any:
        data = original(name)
        data["tdad_owner"] = Mark(inheritance.owner())
        return data

    module.get_preparation_data = get_preparation_data


def _tag_pool(module: Any, inheritance: Inheritance) -> None:
    threads = getattr(module, "ThreadPool", ())
    for name in ("apply_async", "_map_async", "imap", "imap_unordered"):
        original = getattr(module.Pool, name)

        def sending(
            pool: Any, func: Any, *args: Any, __original: Any = original, **kwargs: Any
        ) -> Any:
            if not isinstance(pool, threads):
                func = Marked(func, inheritance.owner())
            return __original(pool, func, *args, **kwargs)

        sending.__name__, sending.__doc__ = name, original.__doc__
        setattr(module.Pool, name, sending)


def _tag_executor(module: Any, inheritance: Inheritance) -> None:
    executor = module.ProcessPoolExecutor
    original = executor.submit

    def submit(self: Any, fn: Any, *args: Any, **kwargs: Any) -> Any:
        return original(self, Marked(fn, inheritance.owner()), *args, **kwargs)

    submit.__doc__ = original.__doc__
    executor.submit = submit

"""Python < 3.12: which module is being imported, seen by wrapping the loaders' ``exec_module``.

While a module body runs, a trace function of our own takes the engine's place in its thread (``statements``): it files
every call under the statement that caused it, as ``sys.monitoring`` does on newer versions. Beside a foreign tracer a
profile function does the same, and looks the statement up in the frames.
"""

from __future__ import annotations

import importlib.machinery
import sys
from functools import partial
from types import FunctionType
from typing import Any, Callable, Dict, List, Tuple

from .owners import IMPORT, Buffer, Owners
from .project import Project, importer
from .statements import Statements

_LOADER = "<frozen importlib._bootstrap_external>"  # importlib strips such frames from tracebacks


class Imports:
    """Gives what runs during an import to the statement of the module that caused it."""

    def __init__(
        self,
        project: Project,
        owners: Owners,
        finished: Callable[[Buffer], None],
        engine: Callable[[], Any],
    ) -> None:
        self._project = project
        self._owners = owners
        self._finished = finished
        self._engine = engine
        self._wrapped: List[Tuple[type, Any]] = []
        self._before: Dict[int, Tuple[Any, Any, Any, Any]] = {}

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

        # Handing over and taking back happen in this very frame, by functions without frames: the C tracer keeps a
        # stack of calls and returns, and files lines under the wrong file as soon as it misses one of them.
        def exec_module(self: Any, module: Any) -> Any:
            buffer, hand_over = enter(module)
            hand_over()
            try:
                return original(self, module)
            finally:
                leave(buffer)()

        exec_module.__code__ = exec_module.__code__.replace(co_filename=_LOADER)
        self._wrapped.append((loader, original))
        loader.exec_module = exec_module  # type: ignore[attr-defined]

    def unwrap(self) -> None:
        """Put the loaders' own methods back."""
        while self._wrapped:
            loader, original = self._wrapped.pop()
            loader.exec_module = original  # type: ignore[attr-defined]

    def _enter(self, module: Any) -> Tuple[Any, Any]:
        """Return the owner of what the module body runs, and how to begin to watch it."""
        try:
            origin = getattr(getattr(module, "__spec__", None), "origin", None)
            path = self._project.python(origin) if isinstance(origin, str) else None
            if path is None:
                return None, bool
            owners = self._owners
            owners.collect(owners.stack[-1])
            owners.current().imports[path] = importer(self._project, sys._getframe(2))
            buffer = Buffer(IMPORT, path)
            owners.enter_module(buffer)
            return buffer, self._watch(buffer)
        except Exception:
            return None, bool

    def _leave(self, buffer: Any) -> Any:
        """Return how to take the engine back."""
        if buffer is None:
            return bool
        take_back: Any = bool
        try:
            take_back = self._take_back(buffer)
            if self._owners.leave_module(buffer):
                self._finished(buffer)
        except Exception:
            return take_back
        return take_back

    def _watch(self, buffer: Buffer) -> Any:
        """Return how to put our function in the engine's place in this thread."""
        statements = Statements(self._project, buffer, self._engine().granularity == "lines")
        get: Any = sys.gettrace
        put: Any = sys.settrace
        watch: Any = statements.call
        if self._foreign(get()):
            get, put, watch = sys.getprofile, sys.setprofile, statements.caller
        self._before[id(buffer)] = (get, put, watch, get())
        return partial(put, watch)

    def _take_back(self, buffer: Buffer) -> Any:
        get, put, watch, before = self._before.pop(id(buffer))
        now = get()
        if now is not watch and now is not None:
            return bool  # a debugger or a tracer that the import started: it stays
        return self._engine().starter(before) or partial(put, before)

    def _foreign(self, tracer: Any) -> bool:
        """Tell whether somebody else traces this thread."""
        if tracer is None or self._engine().owns(tracer):
            profiling: bool = self._engine().name == "profile"
            return profiling
        return all(tracer is not watch for _, _, watch, _ in self._before.values())

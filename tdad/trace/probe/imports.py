"""Python < 3.12: which module is being imported, seen by wrapping the loaders' ``exec_module``."""

from __future__ import annotations

import importlib.machinery
import sys
from types import FunctionType
from typing import Any, Callable, List, Tuple

from .monitoring import importer
from .owners import IMPORT, Buffer, Owners
from .project import Project

_LOADER = "<frozen importlib._bootstrap_external>"  # importlib strips such frames from tracebacks


class Imports:
    """Gives what runs during an import to that import; the statement is not known (line 0)."""

    def __init__(
        self, project: Project, owners: Owners, finished: Callable[[Buffer], None]
    ) -> None:
        self._project = project
        self._owners = owners
        self._finished = finished
        self._wrapped: List[Tuple[type, Any]] = []

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
        except Exception:
            return None
        return buffer

    def _leave(self, buffer: Any) -> None:
        if buffer is None:
            return
        try:
            self._collect(buffer)
            if self._owners.leave_module(buffer):
                self._finished(buffer)
        except Exception:
            return

    def _collect(self, buffer: Buffer) -> None:
        before = {path: set(starts) for path, starts in buffer.starts.items()}
        self._owners.collect(buffer)
        if buffer.kind == IMPORT:
            sites = buffer.causes.setdefault(0, [])
            for path, starts in buffer.starts.items():
                sites.extend((path, line) for line in starts - before.get(path, set()))

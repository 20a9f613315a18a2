"""Environment variables that project code reads.

``os.environ`` looks each name up through its instance attribute ``encodekey``; replacing that one function sees every
read without adding a frame to the ``KeyError`` of a missing variable.
"""

from __future__ import annotations

import dis
import hashlib
import os
import sys
from types import FrameType
from typing import Any, Callable, Dict, Optional, Set

from .audit import ENV
from .owners import Owners
from .project import Project

_READERS = frozenset(["get", "getenv", "__contains__", "setdefault"])
_SUBSCRIPTS = frozenset(["BINARY_SUBSCR", "BINARY_OP"])


class Environ:
    """Watches reads of ``os.environ``."""

    def __init__(self, project: Project, owners: Owners, failed: Callable[[], None]) -> None:
        self._project = project
        self._owners = owners
        self._failed = failed
        self._environ: Any = os.environ
        self._original: Any = getattr(os.environ, "encodekey", None)
        self._initial = dict(os.environ)  # tests set variables; what counts is what they found
        self._read: Set[str] = set()

    def start(self) -> None:
        """Watch."""
        original, seen, failed = self._original, self._seen, self._failed
        if original is None:
            return

        look_up, frame_of = _code_of_look_up(self._environ), sys._getframe

        def encodekey(key: Any) -> Any:
            frame = frame_of(1)
            if frame.f_code is look_up:  # pytest sets a variable for every phase of every test
                try:
                    seen(key, frame)
                except Exception:
                    failed()
            return original(key)

        self._environ.encodekey = encodekey

    def stop(self) -> None:
        """Put the original back."""
        if self._original is not None:
            self._environ.encodekey = self._original

    def digests(self) -> Dict[str, str]:
        """Return variable → digest of its value at the start (empty: unset) for each one that was read."""
        return {name: self._digest(name) for name in sorted(self._read)}

    def _digest(self, name: str) -> str:
        value = self._initial.get(name)
        if value is None:
            return ""
        data = value.encode("utf-8", "surrogateescape")
        return hashlib.blake2b(data, digest_size=16).hexdigest()

    def _seen(self, key: Any, frame: FrameType) -> None:
        if not isinstance(key, str):
            return
        reader: Optional[FrameType] = frame.f_back
        direct = True
        while reader is not None and reader.f_code.co_name in _READERS and _library(reader):
            reader = reader.f_back
            direct = False
        if reader is None or self._project.python(reader.f_code.co_filename) is None:
            return
        if direct and not _subscripts(reader):
            return  # dict(os.environ): a copy of everything is no interest in anything
        buffer = self._owners.current()
        buffer.used.add((ENV, key, buffer.line))
        self._read.add(key)


def _code_of_look_up(environ: Any) -> Any:
    return getattr(getattr(type(environ), "__getitem__", None), "__code__", None)


def _library(frame: FrameType) -> bool:
    filename = frame.f_code.co_filename
    return filename.startswith("<frozen") or filename.endswith(("os.py", "_collections_abc.py"))


def _subscripts(frame: FrameType) -> bool:
    code = frame.f_code.co_code
    return frame.f_lasti >= 0 and dis.opname[code[frame.f_lasti]] in _SUBSCRIPTS

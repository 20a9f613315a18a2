"""Writes the spool: one JSON record per line, one ``write`` per batch, so that a crash keeps what came before.

Code objects are numbered as they come, per file of the spool: a record ``sites`` says where the next ones are written,
and observations name the numbers.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from types import CodeType
from typing import Any, DefaultDict, Dict, List, Optional, Set, Tuple

from .owners import Buffer
from .project import Project

try:
    import fcntl
except ImportError:  # Windows: the descriptor stays where it is
    fcntl = None  # type: ignore[assignment]

# Tests patch these; the probe keeps what was there when it was loaded.
_open, _write, _close, _fstat, _getpid = os.open, os.write, os.close, os.fstat, os.getpid
_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
_HIGH = 500  # out of the way of tests that look at descriptor numbers


class Writer:
    """Appends records to ``<spool>/<pid>-<n>.jsonl``."""

    def __init__(self, spool: str, project: Project) -> None:
        self.spool = spool
        self._project = project
        self._batch: List[str] = []
        self._fd = -1
        self._identity: Tuple[int, int] = (0, 0)
        self._path = ""
        self._torn = False
        self._numbers: Dict[Tuple[str, int], int] = {}  # place of code -> number, -1: not ours
        self._next = 0

    def add(self, record: Dict[str, Any]) -> None:
        """Queue one record for the next ``flush``."""
        self._batch.append(_encode(record))

    def observation(self, buffer: Buffer) -> None:
        """Queue what ``buffer`` holds, if anything, and empty it."""
        if not buffer:
            return
        record: Dict[str, Any] = {"t": "obs", "owner": [buffer.kind, buffer.name]}
        if buffer.codes:
            record["codes"] = self._numbered(buffer.codes)
        if buffer.starts:
            record["starts"] = {path: sorted(lines) for path, lines in buffer.starts.items()}
        if buffer.code_lines or buffer.lines:
            record["lines"] = self._lines(buffer)
        if buffer.causes:
            record["causes"] = {
                str(line): sorted({self._site(what) for what in causes} - {None})
                for line, causes in buffer.causes.items()
                if causes
            }
        if buffer.imports:
            record["imports"] = buffer.imports
        if buffer.used:
            record["used"] = sorted(buffer.used)
        buffer.reset()
        self.add(record)

    def flush(self) -> None:
        """Write what is queued."""
        if not self._batch:
            return
        data = ("\n".join(self._batch) + "\n").encode("ascii")
        del self._batch[:]
        try:
            self._put(data)
        except BaseException:
            self._numbers.clear()  # what was said about them may be lost
            raise

    def _put(self, data: bytes) -> None:
        self._ready()
        if (
            self._torn
        ):  # the disk was full in the middle of a line, which must not swallow the next one
            data = b"\n" + data
        self._torn = True
        while data:
            data = data[_write(self._fd, data) :]
        self._torn = False

    def forget(self) -> None:
        """Start a file of our own: we are a forked child. What was queued is the parent's."""
        del self._batch[:]
        self._fd = -1
        self._torn = False
        self._numbers.clear()  # the other file says what they are

    def _site(self, what: Any) -> Any:
        if isinstance(what, CodeType):
            path = self._project.python(what.co_filename)
            return None if path is None else (path, what.co_firstlineno)
        return what

    def _numbered(self, codes: List[CodeType]) -> List[int]:
        """Return the numbers of code objects; those that have none get one, in a record of its own."""
        # by place: ``hash`` reads the whole byte code, ``id`` is an audit event, ``object.__hash__`` is no faster
        places = {(code.co_filename, code.co_firstlineno) for code in codes}
        numbers = self._numbers
        try:
            found = [numbers[place] for place in places]
        except KeyError:
            self._number([place for place in places if place not in numbers])
            found = [numbers[place] for place in places]
        return found if min(found) >= 0 else [number for number in found if number >= 0]

    def _number(self, places: List[Tuple[str, int]]) -> None:
        sites: List[Tuple[str, int]] = []
        first = self._next
        for place in places:
            path = self._project.python(place[0])
            if path is None:
                self._numbers[place] = -1
            else:
                self._numbers[place] = first + len(sites)
                sites.append((path, place[1]))
        self._next = first + len(sites)
        if sites:
            self.add({"t": "sites", "first": first, "sites": sites})

    def _lines(self, buffer: Buffer) -> Dict[str, List[int]]:
        lines: Dict[str, Set[int]] = buffer.lines
        files: DefaultDict[str, Set[int]] = defaultdict(set)
        for code, line in buffer.code_lines:
            files[code.co_filename].add(line)
        for filename, numbers in files.items():
            path = self._project.python(filename)
            if path is not None:
                lines.setdefault(path, set()).update(numbers)
        return {path: sorted(numbers) for path, numbers in lines.items()}

    def _ready(self) -> None:
        """Open the file; again when the tests closed its descriptor, which may be somebody else's by now."""
        if self._fd >= 0:
            try:
                status = _fstat(self._fd)
                if (status.st_dev, status.st_ino) == self._identity:
                    return
            except OSError:
                pass
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
        if not self._path or not self._path.startswith(_stem(self.spool)):
            self._path = _unused(self.spool)
        self._fd = _high(_open(self._path, flags, 0o666))
        status = _fstat(self._fd)
        self._identity = (status.st_dev, status.st_ino)


def _stem(spool: str) -> str:
    return os.path.join(spool, "%d-" % _getpid())


def _unused(spool: str) -> str:
    """Return a path that no process has used (process ids come round again)."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    number = 0
    while True:
        path = "%s%d.jsonl" % (_stem(spool), number)
        try:
            fd = _open(path, flags, 0o666)
        except FileExistsError:
            number += 1
        else:
            _close(fd)
            return path


def _high(fd: int) -> int:
    if fcntl is None:
        return fd
    try:
        moved: Optional[int] = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _HIGH)
    except (OSError, ValueError):
        return fd
    _close(fd)
    return fd if moved is None else moved

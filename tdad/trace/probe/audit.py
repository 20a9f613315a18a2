"""What else a test depends on, and which code is about to run: what audit events tell.

Files read, directories listed, files and modules that are absent.
"""

from __future__ import annotations

import os
import sys
from stat import S_ISREG
from types import CodeType, FrameType
from typing import Any, Callable, Dict, Optional, Set, Tuple

from .bus import listen, silence
from .owners import Owners
from .project import Project, importer

READ, LISTED, ABSENT, ENV = "read", "listed", "absent", "env"
MODULE, NO_MODULE = "module", "no-module"
TEXT = "text"

_stat, _fspath, _fsdecode = os.stat, os.fspath, os.fsdecode
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_WORDS = 50  # of a command line to look at
_DEPTH = 60  # frames to look at for who asked
_IMPORTERS = ("<frozen importlib", "<frozen zipimport")
_MACHINERY = (  # what reads or lists for the sake of running tests, not for a test
    os.sep + "_pytest" + os.sep,
    os.sep + "pluggy" + os.sep,
    os.sep + "coverage" + os.sep,
    os.sep + "xdist" + os.sep,
    os.sep + "linecache.py",
    os.sep + "inspect.py",
    os.sep + "traceback.py",
    os.sep + "tokenize.py",
)
_CACHE = os.sep + "linecache.py"
_OPENERS = 3  # frames between ``linecache`` and the file: ``tokenize.open``, ``codecs``
_PROBE = os.path.dirname(os.path.abspath(__file__))
_OWN_FOLDERS = (_PROBE + os.sep, os.path.join(os.path.dirname(_PROBE), "inject") + os.sep)
_TRANSPARENT = (  # frames between code that imports conditionally and the import itself
    os.sep + "importlib" + os.sep + "__init__.py",
    os.sep + "_pytest" + os.sep + "outcomes.py",
)


class Audit:
    """Listens to what the project opens, lists, imports and is about to execute."""

    def __init__(self, project: Project, owners: Owners, failed: Callable[[], None]) -> None:
        self._project = project
        self._owners = owners
        self._failed = failed
        self._written: Set[str] = set()
        self._asked: Set[Tuple[Any, str, int]] = set()  # (buffer, module, line) looked for
        self._heard: Dict[str, Callable[[Any], None]] = {}
        self.adopt: Callable[[CodeType], None] = _nothing
        self.adopt_program: Callable[[CodeType], None] = _nothing
        self.seen: Dict[str, str] = {}
        """Project path → absolute path of each file that was used or executed."""

    def start(self) -> None:
        """Listen."""
        self._heard = {
            "exec": self._exec,
            "open": self._open,
            "os.listdir": self._listed,
            "os.scandir": self._listed,
            "import": self._import,
            "subprocess.Popen": self._started,
            "os.system": self._started,
        }
        for event in self._heard:
            listen(event, self._hear)

    def stop(self) -> None:
        """Fall silent."""
        for event in self._heard:
            silence(event, self._hear)

    def _hear(self, event: str, args: Any) -> None:
        try:
            self._heard[event](args)
        except Exception:
            self._failed()

    def settle(self) -> None:
        """Decide which of the modules that were looked for are missing."""
        if not self._asked:
            return
        asked, self._asked = self._asked, set()
        modules = sys.modules
        for buffer, name, line in asked:
            top = name.partition(".")[0]
            if modules.get(name) is None:
                buffer.used.add((NO_MODULE, name, line))
            elif not self._own(modules.get(top)):
                buffer.used.add((MODULE, top, line))

    def _own(self, module: Any) -> bool:
        """Tell whether ``module`` is the project's or comes with Python."""
        name = getattr(module, "__name__", "")
        if name in getattr(sys, "stdlib_module_names", ()) or name in sys.builtin_module_names:
            return True
        filename = getattr(module, "__file__", None)
        return isinstance(filename, str) and self._project.python(filename) is not None

    def _exec(self, args: Any) -> None:
        if isinstance(args[0], CodeType):
            self.begin(args[0])

    def begin(self, code: CodeType) -> None:
        """Some code is about to run: let the engine know if it is the project's."""
        path = self._project.python(code.co_filename)
        if path is None:
            return
        self.seen.setdefault(path, os.path.abspath(code.co_filename))
        frame: Optional[FrameType] = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename.startswith(_OWN_FOLDERS):
            frame = frame.f_back
        if code.co_name != "<module>" or _imported(frame):
            self.adopt(code)
            return
        # a program (``runpy``, ``exec``) is run by whoever runs it, each time anew; it is no import
        self._owners.current().imports.setdefault(path, importer(self._project, frame))
        self.adopt_program(code)

    def _open(self, args: Any) -> None:
        name, mode, flags = args
        if isinstance(name, int) or name is None:
            return
        filename = _fsdecode(name)
        path = self._project.relative(filename)
        if path is None:
            return
        if _writing(mode, flags):
            self._written.add(path)
        elif path not in self._written:
            frame: Optional[FrameType] = sys._getframe(3)
            if path.endswith((".py", ".pyc")) and not self._asked_by_project(frame):
                if _kept(frame):
                    self._use(TEXT, path)
                return
            try:
                _stat(filename)
            except OSError:
                self._use(ABSENT, path)
                return
            self.seen.setdefault(path, os.path.abspath(filename))
            self._use(READ, path)

    def _listed(self, args: Any) -> None:
        name = args[0]
        if isinstance(name, int):
            return
        path = self._project.directory(_fsdecode(name) if name is not None else ".")
        if path is not None and self._asked_by_project(sys._getframe(3)):
            self._use(LISTED, path)

    def _started(self, args: Any) -> None:
        """A program that is no Python, or its shell, reads the files that its command line names."""
        command, cwd = (args[1], args[2]) if len(args) > 2 else (args[0], None)
        words = command if isinstance(command, (list, tuple)) else [command]
        folder = _fsdecode(cwd) if cwd is not None else ""
        for text in map(_fsdecode, words[:_WORDS]):
            for word in text.split()[:_WORDS]:
                filename = os.path.join(folder, word)
                path = self._project.relative(filename)
                if path is None or path.endswith((".py", ".pyc")):
                    continue  # what Python runs is seen to run
                try:
                    regular = S_ISREG(_stat(filename).st_mode)
                except OSError:
                    continue
                if regular:
                    self.seen.setdefault(path, os.path.abspath(filename))
                    self._use(READ, path)

    def _import(self, args: Any) -> None:
        name = args[0]
        frame: Optional[FrameType] = sys._getframe(3)
        for _ in range(_DEPTH):
            if frame is None:
                return
            filename = frame.f_code.co_filename
            if not filename.startswith(_IMPORTERS) and not filename.endswith(_TRANSPARENT):
                break
            frame = frame.f_back
        if frame is not None and self._project.python(frame.f_code.co_filename) is not None:
            buffer = self._owners.current()
            self._asked.add((buffer, name, buffer.line))

    def _use(self, how: str, name: str) -> None:
        buffer = self._owners.current()
        buffer.used.add((how, name, buffer.line))

    def _asked_by_project(self, frame: Optional[FrameType]) -> bool:
        """Tell whether project code is nearer on the stack than the machinery that runs tests."""
        for _ in range(_DEPTH):
            if frame is None:
                return False
            filename = frame.f_code.co_filename
            if filename.startswith(_IMPORTERS):
                return False
            if self._project.python(filename) is not None:
                return not filename.startswith(_OWN_FOLDERS)
            if any(part in filename for part in _MACHINERY):
                return False
            frame = frame.f_back
        return False


def _imported(frame: Optional[FrameType]) -> bool:
    """Tell whether the frame that executes a module's code is a loader's."""
    if frame is None:
        return False
    code = frame.f_code
    return code.co_filename.startswith(_IMPORTERS) or code.co_name in {
        "exec_module",
        "load_module",
    }


def _kept(frame: Optional[FrameType]) -> bool:
    """Tell whether ``linecache`` opens the file: its text is kept for all who ask later, pytest or the project."""
    for _ in range(_OPENERS):
        if frame is None:
            return False
        if frame.f_code.co_filename.endswith(_CACHE):
            return True
        frame = frame.f_back
    return False


def _writing(mode: Any, flags: Any) -> bool:
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return bool(isinstance(flags, int) and flags & _WRITES)


def _nothing(code: CodeType) -> None:
    """Stand in until an engine is there."""

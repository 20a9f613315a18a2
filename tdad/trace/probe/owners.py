"""Who gets what runs: the current owner of the process, and per thread the modules that are being imported."""

from __future__ import annotations

import threading
from types import CodeType
from typing import Any, Callable, Dict, List, Optional, Set, Tuple

TEST = "test"
FIXTURE = "fixture"
IMPORT = "import"
COLLECT = "collect"
SESSION = "session"

Site = Tuple[str, int]

_thread = threading.get_ident


class Buffer:
    """What one owner has executed since it was last written out."""

    __slots__ = (
        "kind",
        "name",
        "codes",
        "code_lines",
        "starts",
        "lines",
        "causes",
        "imports",
        "used",
        "code",
        "line",
        "pending",
    )

    def __init__(self, kind: str, name: str, code: Optional[CodeType] = None) -> None:
        self.kind = kind
        self.name = name
        self.code = code
        self.line = 0  # statement of the module body that is running (IMPORT only)
        self.pending: List[CodeType] = []  # entered because of that statement, not yet filed
        self.reset()

    def reset(self) -> None:
        """Forget what was executed."""
        self.codes: List[CodeType] = []
        self.code_lines: List[Tuple[CodeType, int]] = []
        self.starts: Dict[str, Set[int]] = {}
        self.lines: Dict[str, Set[int]] = {}
        self.causes: Dict[int, List[Any]] = {}  # code objects, or sites
        self.imports: Dict[str, Site] = {}
        self.used: Set[Tuple[str, str, int]] = set()

    def __bool__(self) -> bool:
        return bool(
            self.codes
            or self.code_lines
            or self.starts
            or self.lines
            or self.causes
            or self.imports
            or self.used
        )


class Owners:
    """The stack of owners, and the imports in progress on top of it.

    ``collect`` is set by the engine: it moves what ran since the last switch into a buffer and makes the engine see
    the same code again.
    """

    def __init__(self, base: Buffer) -> None:
        self.stack = [base]
        self.importing: Dict[int, List[Buffer]] = {}
        self.collect: Callable[[Buffer], None] = _nothing

    def push(self, buffer: Buffer) -> None:
        """Make ``buffer`` the current owner."""
        self.collect(self.stack[-1])
        self.stack.append(buffer)

    def pop(self, buffer: Buffer) -> None:
        """Go back to the owner before ``buffer``; whatever was left on top of it goes too."""
        if buffer in self.stack[1:]:
            self.collect(self.stack[-1])
            while self.stack.pop() is not buffer:
                pass

    def current(self) -> Buffer:
        """Return the owner of what this thread runs now."""
        if self.importing:
            modules = self.importing.get(_thread())
            if modules:
                return modules[-1]
        return self.stack[-1]

    def module(self) -> Optional[Buffer]:
        """Return the module that this thread is importing, if any."""
        modules = self.importing.get(_thread())
        return modules[-1] if modules else None

    def enter_module(self, buffer: Buffer) -> None:
        """Start an import in this thread."""
        self.importing.setdefault(_thread(), []).append(buffer)

    def leave_module(self, buffer: Buffer) -> bool:
        """End the import of ``buffer`` in this thread; tell whether it was in progress."""
        modules = self.importing.get(_thread())
        if not modules or buffer not in modules:
            return False
        while modules.pop() is not buffer:
            pass
        if not modules:
            del self.importing[_thread()]
        return True


def _nothing(buffer: Buffer) -> None:
    """Stand in until an engine is there."""

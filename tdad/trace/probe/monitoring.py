"""Python >= 3.12: local ``sys.monitoring`` events on the project's code objects, so other code costs nothing.

To be told of a call costs 0.1 µs, to arm a code object again that was switched off 1 µs. So events stay on at first,
and each call is noted down. An owner under which very much runs gets into the hot phase: there every event is switched
off at its next hit, and when the owner changes, what was switched off is armed again. Lines come in such numbers that
they are always switched off (figures in docs/adr/0001-recorder.md).
"""

from __future__ import annotations

import gc
import sys
import threading
from types import CodeType
from typing import Any, Callable, Dict, List, Tuple

from .owners import IMPORT, Buffer, Owners
from .project import Project, importer

_OPTIMIZED = 0x1  # inspect.CO_OPTIMIZED: a function, as opposed to the body of a module or class
_RESUMED = 0x20 | 0x80 | 0x200  # generator, coroutine, asynchronous generator
_TOOLS = (
    3,
    4,
)  # ids that nobody has reserved; 0, 1, 2 and 5 are debugger, coverage, profiler, optimizer
_CALLS = 1500
"""Calls of one owner after which the hot phase begins: what it costs to arm about a hundred functions again."""
_MANY = 40
"""Code objects from which on it is cheaper to arm everything in the process again than each of them."""
_thread = threading.get_ident
# Of code objects: ``hash`` reads their byte code, and ``id`` is an audit event.
_identity = object.__hash__


class Monitor:
    """The engine for Python >= 3.12."""

    name = "monitoring"

    def __init__(
        self,
        project: Project,
        owners: Owners,
        lines: bool,
        finished: Callable[[Buffer], None],
    ) -> None:
        self.granularity = "lines" if lines else "functions"
        self._monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
        self._project = project
        self._owners = owners
        self._finished = finished
        self._by_lines = lines
        self._fired: List[CodeType] = []
        self._spent: List[CodeType] = []  # the same, of what was switched off by it
        self._spent_lines: List[Tuple[CodeType, int]] = []
        self._once = self._hot = lines
        self._tool = -1

    def start(self) -> bool:
        """Take a free tool id and watch; tell whether there was one."""
        monitoring = self._monitoring
        for tool in _TOOLS:
            if monitoring.get_tool(tool) is None:
                try:
                    monitoring.use_tool_id(tool, "tdad")
                except ValueError:
                    continue
                self._tool = tool
                break
        else:
            return False
        self._constants()
        self._register()
        self._owners.collect = self.collect
        self._adopt_imported()
        return True

    def stop(self) -> None:
        """Give the tool id back."""
        monitoring = self._monitoring
        if self._tool >= 0 and monitoring.get_tool(self._tool) == "tdad":
            events = monitoring.events
            monitoring.set_events(self._tool, 0)
            for event in (events.PY_START, events.PY_RESUME, events.PY_RETURN, events.LINE):
                monitoring.register_callback(self._tool, event, None)
            monitoring.register_callback(self._tool, events.PY_UNWIND, None)
            monitoring.free_tool_id(self._tool)
        self._tool = -1

    def adopt(self, code: CodeType) -> None:
        """Watch a body that is about to run, and all code inside it, if it is the project's."""
        if self._project.python(code.co_filename) is not None:
            self._watch(code, top=True)

    def adopt_program(self, code: CodeType) -> None:
        """Watch a body that is run, not imported: what it calls belongs to whoever runs it."""
        self._watch(code, top=False)
        self._set(self._tool, code, self._monitoring.events.LINE if self._by_lines else 0)

    def collect(self, buffer: Buffer) -> None:
        """File what ran since the last switch under ``buffer``, and see it again from now on."""
        if self._fired:
            buffer.codes += _taken(self._fired)
        if self._spent or self._spent_lines:
            spent, lines = _taken(self._spent), _taken(self._spent_lines)
            buffer.codes += spent
            buffer.code_lines += lines
            self._arm_spent(spent, lines)
        if self._hot and not self._once:
            self._hot = False
            self._register()

    def _arm_spent(self, codes: List[CodeType], lines: List[Tuple[CodeType, int]]) -> None:
        if len(codes) <= _MANY:
            found = {_identity(code): code for code in codes}
            found.update((_identity(code), code) for code, _ in lines)
            if len(found) <= _MANY:
                self._rearm(found.values())
                return
        self._monitoring.restart_events()

    def each_once(self) -> None:
        """Tell of each hit of an owner once and at once: the lists are going to be somebody else's."""
        self._once = self._hot = True
        del self._fired[:]
        self._register()

    def _constants(self) -> None:
        events = self._monitoring.events
        line = events.LINE if self._by_lines else 0
        self._function = events.PY_START | line
        self._generator = events.PY_START | events.PY_RESUME | line
        self._class = events.PY_START | events.PY_RETURN | events.LINE
        self._module = events.PY_START | events.PY_RETURN | events.LINE
        self._unwind = events.PY_UNWIND
        self._set = self._monitoring.set_local_events

    def _events(self, code: CodeType) -> int:
        events: int = self._generator if code.co_flags & _RESUMED else self._function
        return events

    def _rearm(self, codes: Any) -> None:
        tool, set_events = self._tool, self._set
        function, generator = self._function, self._generator
        for code in codes:
            set_events(tool, code, 0)
            set_events(tool, code, generator if code.co_flags & _RESUMED else function)

    def _watch(self, code: CodeType, top: bool) -> None:
        """Arm ``code`` and what is nested in it; ``top``: it runs as part of a module's import."""
        if code.co_flags & _OPTIMIZED:
            events = self._events(code)
            # PEP 695 scopes are called where they stand: the class inside is still at module level
            top = top and code.co_name.startswith("<generic parameters")
        elif code.co_name == "<module>":
            events = self._module
        else:
            events = self._class if top else self._function
        self._set(self._tool, code, events)
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                self._watch(constant, top)

    def _adopt_imported(self) -> None:
        """Watch the functions of project modules that were imported before us (``-p`` plugins, ``python -c``)."""
        python = self._project.python
        files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
        if not any(isinstance(name, str) and python(name) for name in files):
            return
        for thing in gc.get_objects():
            if type(thing) is type(_thread_main):
                code = thing.__code__
                if python(code.co_filename) is not None:
                    self._watch(code, top=False)

    def _register(self) -> None:
        """Put the functions in place that fit the phase."""
        register, events = self._monitoring.register_callback, self._monitoring.events
        tool = self._tool
        starts = self._hot_start() if self._hot else self._cold_start()
        register(tool, events.PY_START, starts)
        register(tool, events.PY_RESUME, starts)
        if self._by_lines:
            register(tool, events.LINE, self._line())
        else:
            register(tool, events.LINE, self._on_line_of_body)
        register(tool, events.PY_RETURN, self._on_return)
        register(tool, events.PY_UNWIND, self._on_return)

    def _warm(self) -> None:
        """The owner runs so much that what it ran is better switched off."""
        if not self._hot:
            self._hot = True
            self._register()

    def _cold_start(self) -> Any:
        fired, importing, at_import = self._fired, self._owners.importing, self._start_at_import
        append, enter, warm, full = fired.append, self._enter, self._warm, _CALLS

        def on_start(code: CodeType, offset: int) -> Any:
            if not code.co_flags & 1 and code.co_name == "<module>":
                return enter(code)
            if importing and _thread() in importing:
                return at_import(code)
            append(code)
            if len(fired) > full:
                warm()
            return None

        return on_start

    def _hot_start(self) -> Any:
        importing, at_import = self._owners.importing, self._start_at_import
        append, enter, disable = self._spent.append, self._enter, self._monitoring.DISABLE

        def on_start(code: CodeType, offset: int) -> Any:
            if not code.co_flags & 1 and code.co_name == "<module>":
                return enter(code)
            if importing and _thread() in importing:
                return at_import(code)
            append(code)
            return disable

        return on_start

    def _start_at_import(self, code: CodeType) -> Any:
        module = self._owners.importing[_thread()][-1]
        module.pending.append(code)
        return self._monitoring.DISABLE if code.co_flags & 1 else None

    def _line(self) -> Any:
        importing, at_import = self._owners.importing, self._line_at_import
        append, disable = self._spent_lines.append, self._monitoring.DISABLE

        def on_line(code: CodeType, line: int) -> Any:
            if importing and _thread() in importing:
                return at_import(code, line)
            append((code, line))
            return disable

        return on_line

    def _line_at_import(self, code: CodeType, line: int) -> Any:
        module = self._owners.importing[_thread()][-1]
        return None if self._arrive(module, code, line) else self._monitoring.DISABLE

    def _on_line_of_body(self, code: CodeType, line: int) -> Any:
        module = self._owners.module() if self._owners.importing else None
        if module is not None:
            self._arrive(module, code, line)

    def _on_return(self, code: CodeType, offset: int, value: Any) -> Any:
        self._leave(code)

    def _enter(self, code: CodeType) -> None:
        path = self._project.python(code.co_filename)
        if path is None:
            return
        outer = self._owners.module()
        if outer is None:
            outer = self._owners.stack[-1]
            self.collect(outer)
        else:
            self._file(outer)
            self._rearm_lines(outer)
        outer.imports[path] = importer(self._project, sys._getframe(2).f_back)
        if not self._owners.importing:
            self._monitoring.set_events(self._tool, self._unwind)
        self._owners.enter_module(Buffer(IMPORT, path, code))

    def _leave(self, code: CodeType) -> None:
        module = self._owners.module() if self._owners.importing else None
        if module is None or module.code is not code:
            if module is not None and code.co_name != "<module>":
                self._end_class_body(module, code)
            return
        self._file(module)
        self._rearm_lines(module)
        self._owners.leave_module(module)
        if not self._owners.importing:
            self._monitoring.set_events(self._tool, 0)
        self._finished(module)

    def _end_class_body(self, module: Buffer, code: CodeType) -> None:
        """What runs from here on, ``__set_name__`` and the like, the class statement runs: no line event says so."""
        if module.code is not None and code.co_filename == module.code.co_filename:
            self._file(module)
            module.line = code.co_firstlineno

    def _arrive(self, module: Buffer, code: CodeType, line: int) -> bool:
        """A line of ``code`` runs during the import of ``module``; tell whether it is the module's own level."""
        if code.co_flags & _OPTIMIZED:
            module.code_lines.append((code, line))
            return False
        if line != module.line and module.code is not None:
            if code.co_filename == module.code.co_filename:
                self._file(module)
                module.line = line
        if self._by_lines:
            module.code_lines.append((code, line))
        return True

    def _file(self, module: Buffer) -> None:
        """What was entered since the statement began was entered because of it."""
        pending = module.pending
        if pending:
            module.pending = []
            module.codes += pending
            module.causes.setdefault(module.line, []).extend(pending)
            self._rearm([code for code in pending if code.co_flags & _OPTIMIZED])

    def _rearm_lines(self, module: Buffer) -> None:
        lines = module.code_lines
        codes = {_identity(code): code for code, _ in lines if code.co_flags & _OPTIMIZED}
        self._rearm(codes.values())


def _taken(items: List[Any]) -> List[Any]:
    """Return what is in the list and take it out; other threads may be appending."""
    taken = items[:]
    del items[: len(taken)]
    return taken


def _thread_main() -> Dict[str, int]:
    """Give ``_adopt_imported`` the type of functions without importing ``types.FunctionType`` under a test's patch."""
    return {}

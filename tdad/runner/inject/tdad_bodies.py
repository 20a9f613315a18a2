"""Whether the function of a test was entered, and came to its end: a test that passes without that proves nothing.

Python >= 3.12 tells it of single code objects (``sys.monitoring``), at no cost for any other code. Before, we stand
around the function while pytest calls it, and know of tests that pytest calls by ``pytest_pyfunc_call`` only. What
cannot be watched (compiled functions, doctests, items of other kinds) is not spoken of.

Runs in the interpreter of the project: standard library and pytest only, Python 3.6 syntax.
"""

import contextlib
import functools
import inspect
import mmap
import sys
import types

import pytest

NEVER, BEGUN, ENDED = STATES = ("never", "begun", "ended")
_NAME = "tdad-bodies"
_TOOLS = (4, 3)  # ids that nobody has reserved
_LATER = (inspect.iscoroutinefunction, inspect.isasyncgenfunction, inspect.isgeneratorfunction)


def bodies():
    """Return what watches the functions of tests in this interpreter."""
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is None:
        return Called()
    for tool in _TOOLS:
        if monitoring.get_tool(tool) is None:
            monitoring.use_tool_id(tool, _NAME)
            return Entered(monitoring, tool)
    return Called()


def plain(function):
    """Return the function of Python that a test is in the end, without decorators, or ``None``."""
    while isinstance(function, (functools.partial, types.MethodType)):
        function = getattr(function, "func", None) or function.__func__
    function = inspect.unwrap(function)
    return function if isinstance(function, types.FunctionType) else None


class State:
    """How far the test came that is called now, in this process or in one that it forked: a byte that they share."""

    def __init__(self):
        self.byte = mmap.mmap(-1, 1)

    def reset(self):
        """Another test is called."""
        self.byte[0] = 0

    def reach(self, state):
        """Note how far it came, at least."""
        self.byte[0] = max(self.byte[0], STATES.index(state))

    def reached(self):
        """Return how far it came."""
        return STATES[self.byte[0]]


class Entered:
    """By events of the code object of the test that is called."""

    def __init__(self, monitoring, tool):
        self.monitoring = monitoring
        self.tool = tool
        self.codes = {}
        self.state = State()
        events = monitoring.events
        self.both = events.PY_START | events.PY_RETURN
        monitoring.register_callback(tool, events.PY_START, self.start)
        monitoring.register_callback(tool, events.PY_RETURN, self.end)

    def start(self, _code, _offset):
        """Note that the function begins."""
        self.state.reach(BEGUN)

    def end(self, _code, _offset, _value):
        """Note that the function returns; what an exception ends does not."""
        self.state.reach(ENDED)

    def watch(self, item):
        """Note which function the test is, before anybody can put another in its place."""
        if isinstance(item, pytest.Function):
            try:
                function = plain(item.obj)
            except Exception:  # noqa: BLE001  # an object of the project may do anything when it is asked
                return
            if function is not None:
                self.codes[item.nodeid] = function.__code__

    def watches(self, name):
        """Tell whether this process would know."""
        return name in self.codes and self.ours()

    def begin(self, item):
        """The test is about to be called."""
        code = self.codes.get(item.nodeid)
        if code is not None and self.ours():
            self.state.reset()
            self.monitoring.set_local_events(self.tool, code, self.both)

    def over(self, item):
        """Return how far its function came, or ``None`` if that cannot be told."""
        code = self.codes.get(item.nodeid)
        if code is None or not self.ours():
            return None
        if not self.monitoring.get_local_events(self.tool, code):
            return None
        self.monitoring.set_local_events(self.tool, code, 0)
        return self.state.reached()

    def ours(self):
        """Nobody took the id away: a test of a debugger may."""
        return self.monitoring.get_tool(self.tool) == _NAME

    @contextlib.contextmanager
    def around(self, _item):
        """Nothing is needed."""
        yield


class Called:
    """By what pytest calls."""

    def __init__(self):
        self.state = State()
        self.stood = False

    def watch(self, item):
        """Nothing is needed."""

    def watches(self, _name):
        """Tell whether this process would know."""
        return False

    def begin(self, _item):
        """The test is about to be called."""
        self.stood = False

    def over(self, _item):
        """Return how far its function came, or ``None`` if that cannot be told."""
        return self.state.reached() if self.stood else None

    @contextlib.contextmanager
    def around(self, item):
        """Stand around the function of the test while pytest, or a plugin, calls it."""
        function = item.obj
        inner = getattr(function, "__func__", function)
        if not isinstance(inner, types.FunctionType) or any(later(inner) for later in _LATER):
            yield
            return
        reach = self.state.reach
        self.state.reset()
        self.stood = True

        @functools.wraps(inner)
        def called(*args, **kwargs):
            __tracebackhide__ = True
            reach(BEGUN)
            result = inner(*args, **kwargs)
            reach(ENDED)
            return result

        bound = called if inner is function else types.MethodType(called, function.__self__)
        item.obj = bound
        try:
            yield
        finally:
            if item.obj is bound:
                item.obj = function

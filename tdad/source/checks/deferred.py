"""Code of a test that stands there and is not run when its line is: functions, lambdas, threads, tasks."""

from __future__ import annotations

from enum import IntEnum, unique

import libcst as cst

from tdad.source.checks.found import calls_in
from tdad.source.checks.normal import last_name

_THREADS = frozenset({"Thread", "Timer", "Process", "start_new_thread"})
_LATER = frozenset(
    {"call_soon", "call_soon_threadsafe", "call_later", "call_at", "add_done_callback"}
)
_AT_THE_END = frozenset({("atexit", "register"), ("weakref", "finalize")})
_KEPT = frozenset({"submit", "run_in_executor", "apply_async"})
"""What these return holds the exception: it is heard by who asks that for its result."""
_TASKS = frozenset({"create_task", "ensure_future"})
_LOOPS = frozenset({"asyncio", "loop", "event_loop", "get_running_loop", "get_event_loop"})
"""Of these, for a group of tasks raises what its tasks raise."""
_PARTIAL = frozenset({"partial", "map", "filter"})
_DISPLAYS = (cst.List, cst.Tuple, cst.Set, cst.Dict)


@unique
class Use(IntEnum):
    """What becomes of a function that is defined in a test."""

    IDLE = 0
    """Nobody can call it."""
    UNHEARD = 1
    """It is called where nobody hears of what it raises."""
    USED = 2
    """It is called, or handed to somebody who may."""


class Uses:
    """What one function does with the names in it."""

    def __init__(self, body: cst.BaseSuite) -> None:
        self._body = body
        self._asked: set[str] = set()
        self._lazy = ""

    def of(self, node: cst.FunctionDef | cst.ClassDef) -> Use:
        """Return what becomes of a definition in the function."""
        if node.decorators:
            return Use.USED
        self._asked = set()
        self._lazy = node.name.value if isinstance(node, cst.FunctionDef) and is_lazy(node) else ""
        return self.of_name(node.name.value)

    def of_name(self, name: str) -> Use:
        """Return what becomes of what a name stands for."""
        if name in self._asked:
            return Use.IDLE
        self._asked.add(name)
        return self._in(self._body, name)

    def _in(self, node: cst.CSTNode, name: str) -> Use:  # noqa: PLR0911 - one for each sort of node
        match node:
            case cst.Name(value=value):
                return Use.USED if value == name else Use.IDLE
            case cst.Attribute(value=value) | cst.Arg(value=value):
                return self._in(value, name)
            case cst.FunctionDef() | cst.ClassDef():
                return self._definition(node, name)
            case cst.Del():
                return Use.IDLE
            case cst.Expr(value=cst.Call(func=cst.Name(value=value), args=args)) if (
                value == name == self._lazy
            ):
                return max((self._in(arg, name) for arg in args), default=Use.IDLE)
            case cst.Expr(value=value) if is_inert(value):
                return Use.IDLE
            case cst.Expr(value=cst.Call() as call) if is_lost(call):
                return min(Use.UNHEARD, self._children(node, name))
            case cst.Assign(targets=targets, value=value) if is_inert(value):
                found = self._in(value, name)
                return found and min(found, max(self._target(each.target) for each in targets))
            case cst.Call() if is_unheard(node):
                return min(Use.UNHEARD, self._children(node, name))
        return self._children(node, name)

    def _children(self, node: cst.CSTNode, name: str) -> Use:
        return max((self._in(child, name) for child in node.children), default=Use.IDLE)

    def _target(self, target: cst.BaseExpression) -> Use:
        return self.of_name(target.value) if isinstance(target, cst.Name) else Use.USED

    def _definition(self, node: cst.FunctionDef | cst.ClassDef, name: str) -> Use:
        """In another definition it is used as that is; its own calls of itself do not count."""
        if node.name.value == name:
            return Use.IDLE
        found = self._children(node, name)
        if not found or node.decorators or (isinstance(node, cst.ClassDef) and has_bases(node)):
            return found
        return min(found, self.of_name(node.name.value))


def has_bases(node: cst.ClassDef) -> bool:
    """Tell whether a class is made from others, or by another than ``type``: they may do anything with it."""
    return bool(node.keywords) or any(last_name(base.value) != "object" for base in node.bases)


def is_thread(node: cst.ClassDef) -> bool:
    """Tell whether what its ``run`` raises stays in a thread or process."""
    return any(last_name(base.value) in _THREADS for base in node.bases)


def is_inert(node: cst.BaseExpression) -> bool:
    """Tell whether an expression names or makes something that can be called or gone through, and does neither."""
    if isinstance(node, cst.Call):
        plain = isinstance(node.func, cst.Name) or last_name(node.func) == "partial"
        return plain and last_name(node.func) in _PARTIAL
    return isinstance(node, (cst.Name, cst.Lambda, cst.GeneratorExp, *_DISPLAYS))


def is_unheard(call: cst.Call) -> bool:
    """Tell whether nobody hears of what a function raises that a call is given."""
    name = last_name(call.func)
    owner = last_name(call.func.value) if isinstance(call.func, cst.Attribute) else ""
    return name in _THREADS or name in _LATER or (owner, name) in _AT_THE_END


def is_lost(call: cst.Call) -> bool:
    """The same of a call whose result nobody takes."""
    name = last_name(call.func)
    owner = last_name(call.func.value) if isinstance(call.func, cst.Attribute) else ""
    return is_unheard(call) or name in _KEPT or (name in _TASKS and owner in {*_LOOPS, ""})


def unheard_in(node: cst.BaseExpression, *, lost: bool) -> cst.Call | None:
    """Return the call in an expression behind which nobody hears of failures; ``lost``: nobody takes its result."""
    if lost and isinstance(node, cst.Call) and is_lost(node):
        return node
    return next((call for call in calls_in(node) if is_unheard(call)), None)


def is_lazy(node: cst.FunctionDef) -> bool:
    """Tell whether a call of a function runs nothing of it: a coroutine function or a generator, not decorated."""
    if node.decorators:
        return False
    return node.asynchronous is not None or _yields(node.body)


def _yields(node: cst.CSTNode) -> bool:
    if isinstance(node, cst.FunctionDef | cst.Lambda | cst.ClassDef):
        return False
    return isinstance(node, cst.Yield) or any(_yields(child) for child in node.children)


def as_function(name: str, node: cst.Lambda) -> cst.FunctionDef:
    """Return a lambda as the function that it is."""
    body = cst.SimpleStatementLine([cst.Expr(node.body)])
    return cst.FunctionDef(cst.Name(name), node.params, cst.IndentedBlock([body]))

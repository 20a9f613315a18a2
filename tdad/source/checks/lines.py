"""The simple statements of one test → its checks; helpers that they call are read along."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import replace

import libcst as cst

from tdad.facts_checks import Check, CheckKind, Guard, GuardKind
from tdad.source.checks.deferred import Uses, as_function, is_inert, is_lazy, unheard_in
from tdad.source.checks.demands import demands, with_plain
from tdad.source.checks.found import Exit, Found, calls_in
from tdad.source.checks.guards import unheard_guard
from tdad.source.checks.library import Function, Library
from tdad.source.checks.marks import excuse_of_call
from tdad.source.checks.methods import check_of_call, is_context, is_raising, raising
from tdad.source.checks.mocks import mock_of
from tdad.source.checks.normal import bind, last_name, normal

_DEEPEST = 4
"""Helpers that call helpers."""
_MOST_CHECKS = 2000
"""Of one test, helpers and unrolled loops included."""

Names = dict[str, str]
Guards = tuple[Guard, ...]


class Lines(ABC):
    """Reads statements that have no suite."""

    def __init__(self, library: Library, found: Found, *, unroll: bool) -> None:
        self._library = library
        self._found = found
        self._unroll = unroll
        self._stack: list[Function] = []
        self._local: list[dict[str, cst.FunctionDef]] = []
        self._called: list[set[str]] = []
        self._raisers: dict[str, cst.Call] = {}
        self._rows = 0

    @abstractmethod
    def read(self, function: Function, names: Names, guards: Guards = ()) -> None:
        """Read the body of ``function``, in which ``names`` stand for what was given."""

    def _uses(self) -> Uses:
        return Uses(self._stack[-1].node.body)

    def _small(self, node: cst.BaseSmallStatement, names: Names, guards: Guards) -> Exit:
        match node:
            case cst.Assert(test=test):
                self._calls(test, names, guards)
                found = with_plain(demands(test, names), demands(test, {}))
                return self._emitted(found, node, guards)
            case cst.Expr(value=value):
                return self._expression(value, names, guards)
            case cst.Assign() | cst.AnnAssign() | cst.AugAssign():
                self._assign(node, names, guards)
            case cst.Return(value=value):
                if value is not None:
                    self._value(value, names, guards)
                return Exit.LEFT
            case cst.Continue() | cst.Break():
                return Exit.LEFT
            case cst.Raise(exc=exc):
                return self._raise(node, exc, guards)
        return Exit.ON

    def _assign(
        self, node: cst.Assign | cst.AnnAssign | cst.AugAssign, names: Names, guards: Guards
    ) -> None:
        match node:
            case cst.Assign(
                targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value
            ) if is_context(value):
                assert isinstance(value, cst.Call)
                self._raisers[name] = value
            case cst.Assign(
                targets=[cst.AssignTarget(target=cst.Name(value=name))],
                value=cst.Lambda() as value,
            ):
                self._local[-1][name] = as_function(name, value)
            case cst.Assign(targets=targets, value=value):
                self._value(value, names, guards)
                text = "raised" if is_raising(value) else normal(value, names)
                for each in targets:
                    bind(each.target, text, names)
            case cst.AnnAssign(target=target, value=cst.BaseExpression() as value):
                self._value(value, names, guards)
                bind(target, normal(value, names), names)
            case cst.AugAssign(target=target, operator=operator, value=value):
                self._value(value, names, guards)
                text = f"{normal(target, names)} {type(operator).__name__} {normal(value, names)}"
                bind(target, text, names)

    def _raise(self, node: cst.Raise, exc: cst.BaseExpression | None, guards: Guards) -> Exit:
        if exc is not None and last_name(exc) == "AssertionError":
            self._emit([Check(CheckKind.UNREACHED, "")], node, guards)
            return Exit.EXCUSED
        if exc is not None and last_name(exc) == "SkipTest":
            call = exc if isinstance(exc, cst.Call) else cst.Call(exc)
            self._excuse(call, guards, node)
            return Exit.EXCUSED
        return Exit.LEFT

    def _expression(self, value: cst.BaseExpression, names: Names, guards: Guards) -> Exit:
        inner = value.expression if isinstance(value, cst.Await) else value
        if not isinstance(inner, cst.Call):
            if not is_inert(value):
                self._calls(value, names, guards)
            return Exit.ON
        if inner is value and (function := self._peek(inner)) and is_lazy(function.node):
            return Exit.ON  # it only makes a coroutine or generator
        if call := unheard_in(value, lost=True):
            guards = (*guards, unheard_guard(self._text(call)))
        if self._excuse(inner, guards, inner):
            certain = last_name(inner.func) != "importorskip"
            return Exit.EXCUSED if certain else Exit.ON
        if not self._calls(inner, names, guards):
            found = with_plain(check_of_call(inner, names), check_of_call(inner, {}))
            return self._emitted(found, inner, guards)
        return Exit.ON

    def _emitted(self, checks: Sequence[Check], node: cst.CSTNode, guards: Guards) -> Exit:
        self._emit(checks, node, guards)
        unreached = any(check.kind is CheckKind.UNREACHED for check in checks)
        return Exit.EXCUSED if unreached else Exit.ON

    def _value(self, value: cst.BaseExpression, names: Names, guards: Guards) -> None:
        if call := unheard_in(value, lost=False):
            guards = (*guards, unheard_guard(self._text(call)))
        self._calls(value, names, guards)
        if is_raising(value):
            assert isinstance(value, cst.Call)
            self._emit([raising(value, names)], value, guards)

    def _excuse(self, call: cst.Call, guards: Guards, at: cst.CSTNode) -> bool:
        condition = " and ".join(
            guard.what for guard in guards if guard.kind is not GuardKind.LOOP
        )
        source = self._stack[-1].source
        found = excuse_of_call(call, condition, source)
        if found is not None:
            self._found.passes.append(replace(found, line=source.line(at), text=source.text(at)))
        return found is not None

    # ---------------------------------------------------------------------------------------- helpers

    def _calls(self, node: cst.CSTNode, names: Names, guards: Guards) -> bool:
        """Read the helpers that an expression calls; tells whether the outermost call could be read."""
        read = False
        for call in calls_in(node):
            self._found.calls.add(last_name(call.func))
            mock = mock_of(call, self._library.modules[self._stack[-1].path].imports)
            if mock is not None:
                line, text = self._stack[-1].source.line(call), self._text(call)
                self._found.mocks.append(replace(mock, line=line, text=text))
            read = (self._helper(call, names, guards) and call is node) or read
        return read

    def _helper(self, call: cst.Call, names: Names, guards: Guards) -> bool:
        function = self._callee(call)
        if (
            function is None
            or len(self._stack) > _DEEPEST
            or len(self._found.checks) > _MOST_CHECKS
            or any(each.node is function.node for each in self._stack)
        ):
            return False
        self.read(function, function.given(call, names), guards)
        return True

    def _callee(self, call: cst.Call) -> Function | None:
        """Return what a call runs, if it can be read, and note that it is called."""
        if isinstance(call.func, cst.Name):
            for scope, called in zip(self._local, self._called, strict=True):
                if call.func.value in scope:
                    called.add(call.func.value)
        return self._peek(call)

    def _peek(self, call: cst.Call) -> Function | None:
        if isinstance(call.func, cst.Name):
            for scope in reversed(self._local):
                if call.func.value in scope:
                    return replace(self._stack[-1], node=scope[call.func.value], nested=True)
        return self._library.function(call.func, self._stack[-1])

    def _text(self, node: cst.CSTNode) -> str:
        return self._stack[-1].source.text(node)

    def _emit(self, checks: Iterable[Check], node: cst.CSTNode, guards: Guards) -> None:
        near = self._stack[-1]
        for check in checks:
            self._found.checks.append(
                replace(
                    check,
                    guards=guards,
                    text=near.source.text(node),
                    path=near.path,
                    line=near.source.line(node),
                )
            )

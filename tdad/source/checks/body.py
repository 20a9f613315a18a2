"""The body of one test → its checks, with what stands around them; helpers that can be read are read along."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import libcst as cst

from tdad.facts_checks import Check, CheckKind, Guard, GuardKind
from tdad.source.checks.demands import demands, with_plain
from tdad.source.checks.found import Exit, Found, calls_in, statements_of
from tdad.source.checks.guards import (
    asks_environment,
    constant,
    is_filled,
    is_used,
    left_by_handler,
    only_fails,
    rows_of,
    swallows,
    targets_of,
)
from tdad.source.checks.library import Function, Library
from tdad.source.checks.marks import excuse_of_call
from tdad.source.checks.methods import check_of_call, is_context, is_raising, raising
from tdad.source.checks.mocks import mock_of
from tdad.source.checks.normal import bind, last_name, normal

_DEEPEST = 4
"""Helpers that call helpers."""
_MOST_CHECKS = 2000
"""Of one test, helpers and unrolled loops included."""
_MOST_ROWS = 500
"""Of all loops of one test that are unrolled."""

Names = dict[str, str]
Guards = tuple[Guard, ...]


class Body:
    """Reads one function; ``unroll``: loops over literals are read once per element."""

    def __init__(self, library: Library, found: Found, *, unroll: bool) -> None:
        self._library = library
        self._found = found
        self._unroll = unroll
        self._stack: list[Function] = []
        self._local: list[dict[str, cst.FunctionDef]] = []
        self._called: list[set[str]] = []
        self._raisers: dict[str, cst.Call] = {}
        self._rows = 0

    def read(self, function: Function, names: Names, guards: Guards = ()) -> None:
        """Read the body of ``function``, in which ``names`` stand for what was given."""
        self._stack.append(function)
        self._local.append({})
        self._called.append(set())
        self._suite(statements_of(function.node.body), names, guards)
        for name, node in list(self._local[-1].items()):
            if name not in self._called[-1] and is_used(node, function.node):  # as a callback
                self._suite(statements_of(node.body), dict(names), guards)
        self._called.pop()
        self._local.pop()
        self._stack.pop()

    # ---------------------------------------------------------------------------------------- suites

    def _suite(self, statements: Sequence[cst.CSTNode], names: Names, guards: Guards) -> Exit:
        for statement in statements:
            leaves, guard = self._statement(statement, names, guards)
            if leaves is not Exit.ON:
                return leaves
            if guard is not None:
                guards = (*guards, guard)
        return Exit.ON

    def _statement(
        self, node: cst.CSTNode, names: Names, guards: Guards
    ) -> tuple[Exit, Guard | None]:
        """Read one statement; returns how it ends and the condition that it puts on what follows."""
        match node:
            case cst.SimpleStatementLine(body=body):
                for small in body:
                    if (leaves := self._small(small, names, guards)) is not Exit.ON:
                        return leaves, None
            case cst.If():
                return self._if(node, names, guards)
            case cst.With():
                return self._with(node, names, guards), None
            case cst.Try() | cst.TryStar():
                leaves = self._try(node, names, guards)
                return leaves, None if leaves is not Exit.ON else left_by_handler(node)
            case _:
                self._goes_on(node, names, guards)
        return Exit.ON, None

    def _goes_on(self, node: cst.CSTNode, names: Names, guards: Guards) -> None:
        """Read a statement that is no end of its suite: a loop, a definition, a match."""
        match node:
            case cst.For():
                self._for(node, names, guards)
            case cst.While(test=test) if constant(test) is False:
                return
            case cst.While(test=test, body=body):
                guard = self._guard(GuardKind.LOOP, test, names)
                self._branch(body, names, (*guards, guard))
            case cst.FunctionDef():
                self._local[-1][node.name.value] = node
            case cst.ClassDef():
                for member in statements_of(node.body):
                    if isinstance(member, cst.FunctionDef):
                        self._branch(member.body, names, guards)
            case cst.Match(subject=subject, cases=cases):
                for case in cases:
                    what = f"{normal(subject, names)} is {normal(case.pattern, names)}"
                    guard = Guard(GuardKind.IF, what, self._text(case.pattern))
                    self._branch(case.body, names, (*guards, guard))

    def _branch(self, body: cst.BaseSuite, names: Names, guards: Guards) -> Exit:
        """Read a suite that may not be run: what it assigns is not known afterwards."""
        inner = dict(names)
        leaves = self._suite(statements_of(body), inner, guards)
        for name, value in inner.items():
            if names.get(name) != value:
                names.pop(name, None)
        return leaves

    def _guard(
        self, kind: GuardKind, node: cst.BaseExpression, names: Names, no: str = ""
    ) -> Guard:
        text = f"not ({self._text(node)})" if no else self._text(node)
        return Guard(kind, no + normal(node, names), text, environment=asks_environment(node))

    def _if(self, node: cst.If, names: Names, guards: Guards) -> tuple[Exit, Guard | None]:
        self._calls(node.test, names, guards)
        value = constant(node.test)
        if value is None and only_fails(node.body) and node.orelse is None:
            self._emit(demands(node.test, names, negated=True), node, guards)
            return Exit.ON, None
        yes = self._guard(GuardKind.IF, node.test, names)
        no = self._guard(GuardKind.IF, node.test, names, "not ")
        first = second = Exit.ON
        if value is not False:
            around = guards if value else (*guards, yes)
            first = self._branch(node.body, names, around)
        if value is not True and node.orelse is not None:
            around = guards if value is False else (*guards, no)
            if isinstance(node.orelse, cst.If):
                inner = dict(names)
                second, _ = self._if(node.orelse, inner, around)
            else:
                second = self._branch(node.orelse.body, names, around)
        if value is not None:
            return (first if value else second), None
        if first is not Exit.ON and second is not Exit.ON:
            return Exit.LEFT if Exit.LEFT in {first, second} else Exit.EXCUSED, None
        if first is Exit.LEFT:
            return Exit.ON, no
        return Exit.ON, yes if second is Exit.LEFT else None

    def _for(self, node: cst.For, names: Names, guards: Guards) -> None:
        self._calls(node.iter, names, guards)
        rows = rows_of(node.iter, node.target, names)
        if rows is not None:
            self._found.unrolled = True
        if rows is not None and self._unroll and self._rows + len(rows) <= _MOST_ROWS:
            self._rows += len(rows)
            for row in rows:
                inner = dict(names)
                for target, value in zip(targets_of(node.target), row, strict=True):
                    bind(target, value, inner)
                self._suite(statements_of(node.body), inner, guards)
            return
        inner = dict(names)
        bind(node.target, f"each({normal(node.iter, names)})", inner)
        if not is_filled(node.iter):
            guards = (*guards, self._guard(GuardKind.LOOP, node.iter, names))
        self._branch(node.body, inner, guards)

    def _with(self, node: cst.With, names: Names, guards: Guards) -> Exit:
        caught = raises = False
        for item in node.items:
            value = f"with({normal(item.item, names)})"
            if (call := self._raiser(item.item)) is not None:
                self._emit([raising(call, names)], call, guards)
                value, caught = "raised", True
                raises = raises or raising(call, names).kind is CheckKind.RAISES
            elif isinstance(item.item, cst.Call) and last_name(item.item.func) == "suppress":
                caught = True
                if swallows(item.item.args):
                    text = self._text(item.item)
                    guards = (*guards, Guard(GuardKind.SWALLOWED, "suppress", text))
            else:
                self._calls(item.item, names, guards)
            if item.asname is not None:
                bind(item.asname.name, value, names)
        before = len(self._found.checks)
        leaves = self._suite(statements_of(node.body), names, guards)
        if (
            raises
        ):  # something there ends the block: what is asserted in it is code that should raise
            inside = self._found.checks[before:]
            kinds = {CheckKind.RAISES, CheckKind.WARNS}
            self._found.checks[before:] = [check for check in inside if check.kind in kinds]
        return Exit.ON if caught else leaves

    def _raiser(self, node: cst.BaseExpression) -> cst.Call | None:
        """Return the ``pytest.raises(…)`` that a context is, also by a name that it was given."""
        if isinstance(node, cst.Name):
            return self._raisers.get(node.value)
        return node if isinstance(node, cst.Call) and is_raising(node) else None

    def _try(self, node: cst.Try | cst.TryStar, names: Names, guards: Guards) -> Exit:
        body = list(statements_of(node.body))
        otherwise = list(statements_of(node.orelse.body)) if node.orelse else []
        expected = bool(node.handlers) and (
            (bool(otherwise) and only_fails(otherwise[:1])) or only_fails(body[-1:])
        )
        if expected:  # the old way of pytest.raises
            if only_fails(body[-1:]):
                body.pop()
            if only_fails(otherwise[:1]):
                otherwise = []
            kinds = sorted(normal(h.type, names) for h in node.handlers if h.type is not None)
            self._emit([Check(CheckKind.RAISES, "|".join(kinds))], node.handlers[0], guards)
        dropped = [h for h in node.handlers if swallows(h)]
        inside = guards
        if dropped and not expected:
            text = " ".join(self._text(dropped[0]).split(":")[0].split())
            inside = (*guards, Guard(GuardKind.SWALLOWED, "except", text))
        leaves = self._suite(body, names, inside)
        ends = []
        for handler in node.handlers:
            what = normal(handler.type, names) if handler.type is not None else ""
            inner = dict(names)
            if handler.name is not None:
                bind(handler.name.name, "raised.value", inner)
            around = (
                guards if expected else (*guards, Guard(GuardKind.HANDLER, what, f"except {what}"))
            )
            ends.append(self._suite(statements_of(handler.body), inner, around))
        self._suite(otherwise, names, guards)
        if node.finalbody is not None:
            self._suite(statements_of(node.finalbody.body), names, guards)
        return leaves if leaves is not Exit.ON and Exit.ON not in ends else Exit.ON

    # ------------------------------------------------------------------------------ simple statements

    def _small(self, node: cst.BaseSmallStatement, names: Names, guards: Guards) -> Exit:
        match node:
            case cst.Assert(test=test):
                self._calls(test, names, guards)
                found = with_plain(demands(test, names), demands(test, {}))
                self._emit(found, node, guards)
                return (
                    Exit.EXCUSED if any(c.kind is CheckKind.UNREACHED for c in found) else Exit.ON
                )
            case cst.Expr(value=value):
                return self._expression(value, names, guards)
            case cst.Assign(
                targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value
            ) if is_context(value):
                assert isinstance(value, cst.Call)
                self._raisers[name] = value
            case cst.Assign(targets=targets, value=value):
                self._value(value, names, guards)
                text = "raised" if is_raising(value) else normal(value, names)
                for target in targets:
                    bind(target.target, text, names)
            case cst.AnnAssign(target=target, value=cst.BaseExpression() as value):
                self._value(value, names, guards)
                bind(target, normal(value, names), names)
            case cst.AugAssign(target=target, operator=operator, value=value):
                self._value(value, names, guards)
                text = f"{normal(target, names)} {type(operator).__name__} {normal(value, names)}"
                bind(target, text, names)
            case cst.Return(value=value):
                if value is not None:
                    self._value(value, names, guards)
                return Exit.LEFT
            case cst.Continue() | cst.Break():
                return Exit.LEFT
            case cst.Raise(exc=exc):
                return self._raise(node, exc, guards)
        return Exit.ON

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
            self._calls(value, names, guards)
            return Exit.ON
        if self._excuse(inner, guards, inner):
            certain = last_name(inner.func) != "importorskip"
            return Exit.EXCUSED if certain else Exit.ON
        if not self._calls(inner, names, guards):
            found = with_plain(check_of_call(inner, names), check_of_call(inner, {}))
            self._emit(found, inner, guards)
            if any(check.kind is CheckKind.UNREACHED for check in found):
                return Exit.EXCUSED
        return Exit.ON

    def _value(self, value: cst.BaseExpression, names: Names, guards: Guards) -> None:
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
        given = dict(names) if function.nested else function.names()
        parameters = [*function.node.params.posonly_params, *function.node.params.params]
        if not function.static:
            parameters = parameters[1:]
        for parameter in (*parameters, *function.node.params.kwonly_params):
            if parameter.default is not None:
                given[parameter.name.value] = normal(parameter.default, {})
        for position, arg in enumerate(call.args):
            if arg.keyword is not None:
                given[arg.keyword.value] = normal(arg.value, names)
            elif not arg.star and position < len(parameters):
                given[parameters[position].name.value] = normal(arg.value, names)
        self.read(function, given, guards)
        return True

    def _callee(self, call: cst.Call) -> Function | None:
        if isinstance(call.func, cst.Name):
            name = call.func.value
            for scope, called in zip(reversed(self._local), reversed(self._called), strict=True):
                if name in scope:
                    called.add(name)
                    return replace(self._stack[-1], node=scope[name], nested=True)
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

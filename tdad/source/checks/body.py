"""The body of one test → its checks, with what stands around them; helpers that can be read are read along."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from tdad.facts_checks import Check, CheckKind, Guard, GuardKind
from tdad.source.checks.deferred import (
    Use,
    has_bases,
    is_thread,
)
from tdad.source.checks.demands import demands
from tdad.source.checks.found import Exit, statements_of
from tdad.source.checks.guards import (
    case_of,
    condition,
    constant,
    is_empty,
    is_filled,
    left_by_handler,
    only_fails,
    rows_of,
    swallows,
    targets_of,
    unheard_guard,
    without_failing,
)
from tdad.source.checks.library import Function
from tdad.source.checks.lines import Guards, Lines, Names
from tdad.source.checks.methods import is_raising, raising
from tdad.source.checks.normal import bind, last_name, normal
from tdad.source.checks.quiet import ends_everything, is_quiet_context, raises_itself

_MOST_ROWS = 500
"""Of all loops of one test that are unrolled."""


class Body(Lines):
    """Reads one function; ``unroll``: loops over literals are read once per element."""

    def read(self, function: Function, names: Names, guards: Guards = ()) -> None:
        """Read the body of ``function``, in which ``names`` stand for what was given."""
        self._stack.append(function)
        self._local.append({})
        self._called.append(set())
        self._suite(statements_of(function.node.body), names, guards)
        for name, node in list(self._local[-1].items()):
            use = Use.IDLE if name in self._called[-1] else self._uses().of(node)
            if use is not Use.IDLE:  # as a callback
                unheard = () if use is Use.USED else (unheard_guard(f"{name}()"),)
                self._suite(statements_of(node.body), dict(names), (*guards, *unheard))
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
                if has_bases(node) or self._uses().of(node) is not Use.IDLE:
                    self._class(node, names, guards)
            case cst.Match(subject=subject, cases=cases):
                for case in cases:
                    guard = case_of(subject, case.pattern, names, self._text(case.pattern))
                    self._branch(case.body, names, (*guards, guard))

    def _class(self, node: cst.ClassDef, names: Names, guards: Guards) -> None:
        for member in statements_of(node.body):
            if isinstance(member, cst.FunctionDef):
                name = member.name.value
                lost = name == "__del__" or (name == "run" and is_thread(node))
                around = (*guards, unheard_guard(f"{node.name.value}.{name}")) if lost else guards
                self._branch(member.body, names, around)

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
        return condition(kind, node, names, self._text(node), no)

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
        if is_empty(node.iter):
            return
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
                nothing = [Check(CheckKind.NOTHING, "")] if raises_itself(node.body) else None
                self._emit(nothing or [raising(call, names)], call, guards)
                value, caught = "raised", True
                raises = raises or raising(call, names).kind is CheckKind.RAISES
            elif isinstance(item.item, cst.Call) and last_name(item.item.func) == "suppress":
                caught = True
                if swallows(item.item.args):
                    text = self._text(item.item)
                    guards = (*guards, Guard(GuardKind.SWALLOWED, "suppress", text))
            else:
                guards = self._in_context(item.item, guards)
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

    def _in_context(self, node: cst.BaseExpression, guards: Guards) -> Guards:
        if not isinstance(node, cst.Call):
            return guards
        if not is_quiet_context(node, self._peek(node), self._stack[-1], self._library):
            return guards
        return (*guards, Guard(GuardKind.SWALLOWED, "context", self._text(node)))

    def _raiser(self, node: cst.BaseExpression) -> cst.Call | None:
        """Return the ``pytest.raises(…)`` that a context is, also by a name that it was given."""
        if isinstance(node, cst.Name):
            return self._raisers.get(node.value)
        return node if isinstance(node, cst.Call) and is_raising(node) else None

    def _try(self, node: cst.Try | cst.TryStar, names: Names, guards: Guards) -> Exit:
        body, otherwise, expected = without_failing(node)
        if expected:
            kinds = sorted(normal(h.type, names) for h in node.handlers if h.type is not None)
            self._emit([Check(CheckKind.RAISES, "|".join(kinds))], node.handlers[0], guards)
        dropped = [h for h in node.handlers if swallows(h)]
        inside = guards
        if dropped and not expected:
            text = " ".join(self._text(dropped[0]).split(":")[0].split())
            inside = (*guards, Guard(GuardKind.SWALLOWED, "except", text))
        if node.finalbody is not None and ends_everything(node.finalbody):
            inside = (*inside, Guard(GuardKind.SWALLOWED, "finally", "finally"))
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

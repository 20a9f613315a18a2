"""Statements → operations, suite by suite."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import libcst as cst

from tdad.facts_flow import (
    RETURNED,
    UNKNOWN,
    Annotate,
    Argument,
    Call,
    Catch,
    Import,
    ImportFrom,
    ImportStar,
    MakeClass,
    Raise,
    ScopeKind,
    StoreAttribute,
)
from tdad.source.flow.expressions import (
    annotated,
    arguments,
    augmented,
    enqueue,
    entered,
    evaluate,
    implicit,
    item_place,
    iterated,
    key_of,
    literal,
    make_function,
    parameters,
    truth,
    unpacked,
)
from tdad.source.flow.names import dotted
from tdad.source.flow.patterns import match_case
from tdad.source.flow.scope import ScopeFlow, State


def execute(scope: ScopeFlow, node: cst.CSTNode) -> None:
    """Run one statement or suite."""
    method = _EXECUTORS.get(type(node))
    if method is not None:
        method(scope, node)
    else:
        evaluate(scope, node)


def _suite(scope: ScopeFlow, node: cst.BaseSuite | cst.SimpleStatementLine) -> None:
    for statement in node.body:
        execute(scope, statement)


def _expression(scope: ScopeFlow, node: cst.Expr) -> None:
    texts = scope.file.index.texts.get(id(node.value))
    if not texts:
        evaluate(scope, node.value)
        return
    for tree in texts:
        for statement in tree.body:
            execute(scope, statement)
    scope.after_call()


# -- assignments --------------------------------------------------------------------------------------------------


def assign(scope: ScopeFlow, target: cst.BaseExpression, slot: int) -> None:
    """``target = slot``."""
    if isinstance(target, cst.Name):
        scope.bind(target.value, slot)
    elif isinstance(target, cst.Attribute):
        _assign_attribute(scope, target, slot)
    elif isinstance(target, cst.Subscript):
        _assign_item(scope, target, slot)
    elif isinstance(target, (cst.Tuple, cst.List)):
        for element, part in zip(target.elements, unpacked(scope, target, slot), strict=True):
            assign(scope, element.value, part)
    elif isinstance(target, cst.StarredElement):
        assign(scope, target.value, slot)


def _assign_attribute(scope: ScopeFlow, target: cst.Attribute, slot: int) -> None:
    root = target.value.value if isinstance(target.value, cst.Name) else ""
    base = scope.load(root) if root else evaluate(scope, target.value)
    name = target.attr.value
    if base != UNKNOWN:
        scope.emit(StoreAttribute(base, name, slot, scope.file.site()))
    scope.put(root, ".", name, slot)


def _assign_item(scope: ScopeFlow, target: cst.Subscript, slot: int) -> None:
    root = target.value.value if isinstance(target.value, cst.Name) else ""
    base = scope.load(root) if root else evaluate(scope, target.value)
    piece, key, value = key_of(scope, target)
    if piece is not None:
        slot = iterated(scope, slot)
        scope.lengths.pop(root, None)
    scope.store_item(base, key, slot)
    if root and value is not None:
        value = item_place(scope, root, value)[2]
    scope.put(root, "[", value, slot)


def _assign_statement(scope: ScopeFlow, node: cst.Assign) -> None:
    single = node.targets[0].target if len(node.targets) == 1 else None
    if (
        isinstance(node.value, cst.Tuple)
        and isinstance(single, cst.Tuple)
        and _parallel(scope, single, node.value)
    ):
        return
    slot = evaluate(scope, node.value)
    for target in node.targets:
        assign(scope, target.target, slot)
    if isinstance(single, cst.Name):
        _note_fresh(scope, single.value, node.value)
        if scope.names.kind is ScopeKind.MODULE and single.value == "__all__":
            _export(scope, node.value)


def _parallel(scope: ScopeFlow, target: cst.Tuple, value: cst.Tuple) -> bool:
    """``a, b = b, a``: no tuple is needed."""
    pairs = (*target.elements, *value.elements)
    if len(target.elements) != len(value.elements) or any(
        isinstance(element, cst.StarredElement) for element in pairs
    ):
        return False
    slots = [evaluate(scope, element.value) for element in value.elements]
    for element, slot in zip(target.elements, slots, strict=True):
        assign(scope, element.value, slot)
    return True


def _note_fresh(scope: ScopeFlow, name: str, value: cst.BaseExpression) -> None:
    if isinstance(value, (cst.Dict, cst.List)):
        scope.fresh(name)
        starred = any(
            isinstance(element, (cst.StarredElement, cst.StarredDictElement))
            for element in value.elements
        )
        if isinstance(value, cst.List) and not starred:
            scope.lengths[name] = len(value.elements)


def _export(scope: ScopeFlow, value: cst.BaseExpression) -> None:
    if isinstance(value, (cst.List, cst.Tuple)):
        names = [literal(element.value) for element in value.elements]
        earlier = scope.file.exports or ()
        found = tuple(name for name in names if isinstance(name, str))
        scope.file.exports = (*earlier, *found)


def _annotated_assign(scope: ScopeFlow, node: cst.AnnAssign) -> None:
    if (
        scope.names.kind is ScopeKind.CLASS
        and isinstance(node.target, cst.Name)
        and not dotted(_head(node.annotation.annotation)).endswith("ClassVar")
    ):
        scope.fields.append(node.target.value)
    annotation = annotated(scope, node.annotation.annotation)
    if node.value is not None:
        slot = evaluate(scope, node.value)
        if annotation != UNKNOWN:
            slot = scope.slot() if slot == UNKNOWN else slot
            scope.emit(Annotate(annotation, slot))
        assign(scope, node.target, slot)
        if isinstance(node.target, cst.Name):
            _note_fresh(scope, node.target.value, node.value)
    elif (
        annotation != UNKNOWN
        and scope.names.kind is ScopeKind.CLASS
        and isinstance(node.target, cst.Name)
    ):
        scope.emit(Annotate(annotation, name=node.target.value))


def _head(node: cst.BaseExpression) -> cst.BaseExpression:
    return node.value if isinstance(node, cst.Subscript) else node


def _augmented_assign(scope: ScopeFlow, node: cst.AugAssign) -> None:
    left = evaluate(scope, node.target)
    right = evaluate(scope, node.value)
    slot = augmented(scope, left, node.operator, right)
    scope.after_call()
    assign(scope, node.target, slot)
    if (
        scope.names.kind is ScopeKind.MODULE
        and isinstance(node.target, cst.Name)
        and node.target.value == "__all__"
    ):
        _export(scope, node.value)


def _delete(scope: ScopeFlow, node: cst.Del) -> None:
    targets = (
        [element.value for element in node.target.elements]
        if isinstance(node.target, (cst.Tuple, cst.List))
        else [node.target]
    )
    for target in targets:
        if isinstance(target, cst.Name):
            scope.unbind(target.value)
        elif isinstance(target, cst.Attribute):
            base = evaluate(scope, target.value)
            implicit(scope, base, (f"del {target.attr.value}", "__delattr__"))
        elif isinstance(target, cst.Subscript):
            base = evaluate(scope, target.value)
            _, key, _ = key_of(scope, target)
            implicit(scope, base, ("__delitem__",), (key,))
            scope.after_call(target.value.value if isinstance(target.value, cst.Name) else "")


# -- leaving ------------------------------------------------------------------------------------------------------


def _return(scope: ScopeFlow, node: cst.Return) -> None:
    if node.value is not None:
        scope.copy(evaluate(scope, node.value), RETURNED)
    scope.dead = True


def _raise(scope: ScopeFlow, node: cst.Raise) -> None:
    if node.exc is not None:
        slot = evaluate(scope, node.exc)
        if slot != UNKNOWN:
            scope.emit(Raise(slot, scope.file.site()))
    if node.cause is not None:
        evaluate(scope, node.cause.item)
    scope.dead = True


def _break(scope: ScopeFlow, _node: cst.Break) -> None:
    _jump(scope, scope.breaks)


def _continue(scope: ScopeFlow, _node: cst.Continue) -> None:
    _jump(scope, scope.continues)


def _jump(scope: ScopeFlow, targets: list[list[State]]) -> None:
    state = scope.snapshot()
    if state is not None and targets:
        targets[-1].append(state)
    scope.dead = True


# -- branches -----------------------------------------------------------------------------------------------------


def _if(scope: ScopeFlow, node: cst.If) -> None:
    truth(scope, evaluate(scope, node.test))
    before = scope.snapshot()
    _suite(scope, node.body)
    after = scope.snapshot()
    scope.resume(before)
    if node.orelse is not None:
        execute(scope, node.orelse)
    scope.resume(after, scope.snapshot())


def _else(scope: ScopeFlow, node: cst.Else | cst.Finally) -> None:
    _suite(scope, node.body)


def _while(scope: ScopeFlow, node: cst.While) -> None:
    heads = scope.enter_loop(scope.file.index.regions[id(node)])
    truth(scope, evaluate(scope, node.test))
    head = scope.snapshot()
    endless = isinstance(node.test, cst.Name) and node.test.value == "True"
    _loop(scope, node, heads, None if endless else head)


def _for(scope: ScopeFlow, node: cst.For) -> None:
    source = evaluate(scope, node.iter)
    heads = scope.enter_loop(scope.file.index.regions[id(node)])
    head = scope.snapshot()
    assign(scope, node.target, iterated(scope, source))
    _loop(scope, node, heads, head)


def _loop(
    scope: ScopeFlow, node: cst.For | cst.While, heads: dict[str, int], head: State | None
) -> None:
    """The body of a loop and its ``else``; ``head`` is the state when it ends by itself."""
    scope.breaks.append([])
    scope.continues.append([])
    _suite(scope, node.body)
    scope.close_loop(heads, [scope.snapshot(), *scope.continues.pop()])
    left = scope.breaks.pop()
    scope.resume(head)
    if node.orelse is not None:
        _suite(scope, node.orelse.body)
    scope.resume(scope.snapshot(), *left)


def _try(scope: ScopeFlow, node: cst.Try | cst.TryStar) -> None:
    before = scope.snapshot()
    frame = scope.enter_try(scope.file.index.regions[id(node)])
    _suite(scope, node.body)
    scope.leave_try()
    after = scope.snapshot()
    thrown = None if before is None else _thrown(before, frame)
    ends: list[State | None] = []
    for handler in node.handlers:
        scope.resume(thrown)
        _handler(scope, handler)
        ends.append(scope.snapshot())
    scope.resume(after)
    if node.orelse is not None:
        _suite(scope, node.orelse.body)
    ends.append(scope.snapshot())
    scope.resume(*ends)
    if node.finalbody is not None:
        leaves = scope.dead
        if leaves and thrown is not None:
            scope.resume(thrown)
        _suite(scope, node.finalbody.body)
        scope.dead = scope.dead or leaves


def _thrown(before: State, frame: dict[str, int]) -> State:
    """What the names may be where a handler starts."""
    names: State = {key: slot for key, slot in before.items() if isinstance(key, str)}
    names.update(frame)
    return names


def _handler(scope: ScopeFlow, node: cst.ExceptHandler | cst.ExceptStarHandler) -> None:
    caught = UNKNOWN if node.type is None else evaluate(scope, node.type)
    if node.name is not None:
        target = UNKNOWN
        if caught != UNKNOWN:
            target = scope.slot()
            scope.emit(Catch(target, caught))
        assign(scope, cast("cst.BaseExpression", node.name.name), target)
    _suite(scope, node.body)


def _with(scope: ScopeFlow, node: cst.With) -> None:
    managers = []
    for item in node.items:
        manager = evaluate(scope, item.item)
        managers.append(manager)
        value = entered(scope, manager)
        if item.asname is not None:
            assign(scope, cast("cst.BaseExpression", item.asname.name), value)
    scope.after_call()
    _suite(scope, node.body)
    scope.after_call()
    for manager in reversed(managers):
        implicit(scope, manager, ("__exit__", "__aexit__"))


def _match(scope: ScopeFlow, node: cst.Match) -> None:
    subject = evaluate(scope, node.subject)
    ends: list[State | None] = []
    for case in node.cases:
        before = scope.snapshot()
        match_case(scope, case.pattern, subject)
        if case.guard is not None:
            truth(scope, evaluate(scope, case.guard))
        _suite(scope, case.body)
        ends.append(scope.snapshot())
        scope.resume(before)
    scope.resume(*ends, scope.snapshot())


# -- imports ------------------------------------------------------------------------------------------------------


def _import(scope: ScopeFlow, node: cst.Import) -> None:
    for alias in node.names:
        module = dotted(alias.name)
        target = scope.slot()
        if alias.asname is not None:
            scope.emit(Import(target, module, module))
            assign(scope, cast("cst.BaseExpression", alias.asname.name), target)
        else:
            first = module.partition(".")[0]
            scope.emit(Import(target, module, first))
            scope.bind(first, target)


def _import_from(scope: ScopeFlow, node: cst.ImportFrom) -> None:
    module = "" if node.module is None else dotted(node.module)
    if node.relative:
        parts = scope.file.package.split(".") if scope.file.package else []
        kept = parts[: len(parts) - (len(node.relative) - 1)]
        module = ".".join([*kept, module] if module else kept)
    if isinstance(node.names, cst.ImportStar):
        scope.emit(ImportStar(module, scope.file.certain))
        return
    for alias in node.names:
        name = dotted(alias.name)
        target = scope.slot()
        scope.emit(ImportFrom(target, module, name))
        bound = alias.asname.name if alias.asname is not None else alias.name
        assign(scope, cast("cst.BaseExpression", bound), target)


# -- definitions --------------------------------------------------------------------------------------------------


def _function(scope: ScopeFlow, node: cst.FunctionDef) -> None:
    decorators = [evaluate(scope, decorator.decorator) for decorator in node.decorators]
    found = parameters(scope, node.params)
    slot = make_function(scope, node, found, node.body)
    scope.bind(node.name.value, _decorated(scope, decorators, slot))


def _decorated(scope: ScopeFlow, decorators: list[int], slot: int) -> int:
    for decorator in reversed(decorators):
        if decorator != UNKNOWN:
            target = scope.slot()
            passed = (Argument(slot),)
            scope.emit(Call(target, decorator, passed, scope.file.site(), decorator=True))
            slot = target
    return slot


def _class(scope: ScopeFlow, node: cst.ClassDef) -> None:
    decorators = [evaluate(scope, decorator.decorator) for decorator in node.decorators]
    bases = tuple(evaluate(scope, base.value) for base in node.bases if not base.star)
    keywords = arguments(scope, node.keywords)
    nested = ScopeFlow(scope.file, scope.file.index.scopes[id(node)], scope.number)
    enqueue(scope.file, nested, node.body)
    scope.watch(nested.names)
    slot = scope.slot()
    scope.emit(MakeClass(slot, nested.number, bases, keywords, scope.file.site()))
    scope.bind(node.name.value, _decorated(scope, decorators, slot))


def _skip(_scope: ScopeFlow, _node: cst.CSTNode) -> None:
    return


_EXECUTORS: dict[type[cst.CSTNode], Callable[[ScopeFlow, Any], None]] = {
    cst.IndentedBlock: _suite,
    cst.SimpleStatementSuite: _suite,
    cst.SimpleStatementLine: _suite,
    cst.Expr: _expression,
    cst.Assign: _assign_statement,
    cst.AnnAssign: _annotated_assign,
    cst.AugAssign: _augmented_assign,
    cst.Del: _delete,
    cst.Return: _return,
    cst.Raise: _raise,
    cst.Break: _break,
    cst.Continue: _continue,
    cst.If: _if,
    cst.Else: _else,
    cst.While: _while,
    cst.For: _for,
    cst.Try: _try,
    cst.TryStar: _try,
    cst.With: _with,
    cst.Match: _match,
    cst.Import: _import,
    cst.ImportFrom: _import_from,
    cst.FunctionDef: _function,
    cst.ClassDef: _class,
    cst.Global: _skip,
    cst.Nonlocal: _skip,
    cst.TypeAlias: _skip,
}

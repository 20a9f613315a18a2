"""Simple statements. Each handler walks one and returns the word its fingerprint starts with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import libcst as cst

from tdad.facts import AND_MORE, BindingKind, ReferenceKind
from tdad.source.annotations import annotation
from tdad.source.caches import note_memoised, note_taken
from tdad.source.expressions import UNKNOWN, bind_name, comprehension, elements, read, target
from tdad.source.imports import import_from, import_names
from tdad.source.literals import literal_text, literal_texts
from tdad.source.pytest_facts import Marks, fixture_of, read_mark
from tdad.source.special_calls import imported_by_name
from tdad.source.state import State

Alternatives = list[tuple[str, str]]
"""(suffix, chain): what a value, or with suffix ``[]`` an element of it, may be."""
_DISPLAYS: dict[type, tuple[str, str]] = {
    cst.List: ("[,", "list()"),
    cst.Tuple: ("(,", "tuple()"),
    cst.Set: ("{,", "set()"),
}
_MOST_ELEMENTS = 64
_LITERALS = frozenset(
    {"str()", "int()", "float()", "bytes()", "bool()", "complex()", "tuple()", "list()"}
)


_CONSTANTS: dict[str, Alternatives] = {
    "None": [],  # has no attribute worth a thought, and is what many names hold before something else
    "True": [("", "bool()")],
    "False": [("", "bool()")],
}


def value(state: State, node: Any) -> Alternatives:
    """Walk the value of an assignment or return; tells what it may be."""
    found: Alternatives = []
    kind = type(node)
    if kind is cst.IfExp:
        read(state, node.test)
        found = value(state, node.body) + value(state, node.orelse)
        state.emit("?:")
    elif kind is cst.BooleanOperation:
        found = value(state, node.left) + value(state, node.right)
        state.emit("2" + type(node.operator).__name__)
    elif kind is cst.List or kind is cst.Tuple or kind is cst.Set:
        found = _display(state, node, kind)
    elif kind is cst.Dict:
        found = _mapping(state, node)
    elif kind is cst.ListComp or kind is cst.SetComp:
        found = [("", "list()" if kind is cst.ListComp else "set()")]
        found.append(("[]", comprehension(state, node)))
    elif kind is cst.Name and node.value in _CONSTANTS:
        state.emit(node.value)
        found = _CONSTANTS[node.value]
    else:
        found = [("", read(state, node))]
    return found


def _display(state: State, node: Any, kind: type) -> Alternatives:
    mark, chain = _DISPLAYS[kind]
    state.emit(mark)
    found: dict[tuple[str, str], None] = {("", chain): None}
    for element in node.elements:
        chain = read(state, element.value)
        if type(element) is cst.StarredElement:
            state.emit("*")
            chain = elements(chain)
        if chain not in _LITERALS and len(found) < _MOST_ELEMENTS:
            found["[]", chain] = None
    state.emit(";")
    return list(found)


def _mapping(state: State, node: Any) -> Alternatives:
    state.emit("{:")
    found: dict[tuple[str, str], None] = {("", "dict()"): None}
    for element in node.elements:
        if type(element) is cst.DictElement:
            read(state, element.key)
            state.emit(":")
            chain = read(state, element.value)
        else:
            state.emit("**")
            chain = read(state, element.value)
            chain = elements(chain)
        if chain not in _LITERALS and len(found) < _MOST_ELEMENTS:
            found["[]", chain] = None
    state.emit(";")
    return list(found)


def _bind(state: State, name: str, depth: int, alternatives: Alternatives) -> None:
    if name == UNKNOWN:
        return
    for suffix, chain in alternatives:
        if depth == 0:
            state.add_binding(name + suffix, BindingKind.ASSIGN, chain)
        elif suffix:
            state.add_binding(name, BindingKind.ASSIGN, chain)
        elif chain == UNKNOWN:
            state.add_binding(name, BindingKind.ITEM, chain)
        elif chain not in _LITERALS:
            state.add_binding(name, BindingKind.ITEM, chain + "[]" * (depth - 1))


def _assign(state: State, node: Any) -> str:
    targets = node.targets
    first = targets[0].target
    if len(targets) == 1 and type(first) is cst.Tuple and _pairs(first, node.value):
        state.emit("(,")
        for left, right in zip(first.elements, node.value.elements, strict=True):
            alternatives = value(state, right.value)
            for name, depth in target(state, left.value):
                _bind(state, name, depth, alternatives)
        state.emit("=")
        return "assign"
    names = []
    for one in targets:
        names += target(state, one.target)
        state.emit("=")
    alternatives = value(state, node.value)
    for name, depth in names:
        _bind(state, name, depth, alternatives)
    bound = [name for name, _depth in names]
    note_taken(state, bound, [chain for _suffix, chain in alternatives])
    if type(node.value) is cst.Call:
        note_memoised(state, node.value, bound)
        if len(names) == 1 and names[0][0].isidentifier() and imported_by_name(node.value):
            state.imports[-1] = replace(state.imports[-1], alias=names[0][0])
    elif names == [("__test__", 0)] and getattr(node.value, "value", "") == "False":
        state.definitions[state.scope.definition].flags.add("not-collected")
    if state.scope is state.module_scope:
        _module_constant(state, names, node.value)
        if len(names) == 1 and type(node.value) is cst.Call:
            made = fixture_of(node.value)
            if made:
                state.made_fixtures.append((names[0][0], made, node.value))
    return "assign"


def _pairs(left: Any, right: Any) -> bool:
    """Tell whether ``a, b = x, y`` can be read pair by pair."""
    return (
        type(right) is cst.Tuple
        and len(left.elements) == len(right.elements)
        and not any(type(e) is cst.StarredElement for e in (*left.elements, *right.elements))
    )


def _module_constant(state: State, names: list[tuple[str, int]], node: Any) -> None:
    for name, _depth in names:
        if name == "__all__":
            state.exports = _listed(node)
        elif name == "pytest_plugins":
            one = literal_text(node)
            state.plugins += [one] if one is not None else literal_texts(node) or []
        elif name == "pytestmark":
            several = getattr(node, "elements", None)
            for item in [node] if several is None else [e.value for e in several]:
                read_module_mark(state, item)


def _listed(node: Any) -> list[str]:
    """Return the texts that are written in ``["a", *sub.__all__] + more``, and ``AND_MORE`` for the rest."""
    literal = literal_texts(node)
    if literal is not None:
        return literal
    if type(node) is cst.BinaryOperation and type(node.operator) is cst.Add:
        return _listed(node.left) + _listed(node.right)
    values = [
        element.value for element in getattr(node, "elements", ()) if type(element) is cst.Element
    ]
    return [text for text in map(literal_text, values) if text is not None] + [AND_MORE]


def read_module_mark(state: State, node: Any) -> None:
    """Note the fixtures that an element of ``pytestmark`` asks for."""
    func = node.func if type(node) is cst.Call else node
    if type(func) is cst.Attribute:
        marks = Marks()
        read_mark(marks, "pytest.mark." + func.attr.value, node)
        for name in marks.uses:
            state.add_reference(ReferenceKind.FIXTURE, name)


def _augmented(state: State, node: Any) -> str:
    names = target(state, node.target)
    state.emit(type(node.operator).__name__)
    alternatives = value(state, node.value)
    for name, depth in names:
        if state.scope is state.module_scope and name == "__all__":
            state.exports = _extended(state.exports, literal_texts(node.value))
        for suffix, chain in alternatives:
            if suffix:
                _bind(state, name, depth, [(suffix, chain)])
    return "assign"


def _extended(exports: list[str] | None, more: list[str] | None) -> list[str]:
    """Return a longer ``__all__``; what is not literal (``+= other.__all__``) adds names that we do not know."""
    return ([AND_MORE] if exports is None else exports) + ([AND_MORE] if more is None else more)


def _annotated(state: State, node: Any) -> str:
    if node.value is None and type(node.target) is cst.Name and state.scope.is_function:
        name = node.target.value
        state.emit(name)
        bind_name(state, name)
        names = [(name, 0)]
    else:
        names = target(state, node.target)
    start = len(state.tokens)
    if getattr(node.target, "lpar", ()):
        state.emit("()")  # (x): int makes no entry in __annotations__
    state.emit(":")
    chain = annotation(state, node.annotation.annotation)
    if node.value is not None:
        # In a function it does not even run (PEP 526); without a value it is all that the statement does.
        state.set_aside(start, keep=not state.scope.is_function)
    for name, _depth in names:
        state.add_binding(name, BindingKind.ANNOTATION, chain)
    if node.value is None:
        return "annotation"
    state.emit("=")
    alternatives = value(state, node.value)
    for name, depth in names:
        _bind(state, name, depth, alternatives)
    if state.scope is state.module_scope:
        _module_constant(state, names, node.value)
    return "assign"


def _expression(state: State, node: Any) -> str:
    expression = node.value
    if state.scope is state.module_scope and type(expression) is cst.Call:
        _extend_exports(state, expression)
    read(state, expression)
    if isinstance(expression, (cst.SimpleString, cst.BaseNumber, cst.Ellipsis)):
        return "noop"
    return "expr"


def _extend_exports(state: State, call: Any) -> None:
    func = call.func
    if (
        type(func) is cst.Attribute
        and type(func.value) is cst.Name
        and func.value.value == "__all__"
        and len(call.args) == 1
    ):
        given = call.args[0].value
        if func.attr.value == "extend":
            state.exports = _extended(state.exports, literal_texts(given))
        elif func.attr.value == "append":
            one = literal_text(given)
            state.exports = _extended(state.exports, None if one is None else [one])


def _return(state: State, node: Any) -> str:
    if node.value is not None:
        for suffix, chain in value(state, node.value):
            state.add_binding(suffix, BindingKind.RETURN, chain)
    return "return"


def _raise(state: State, node: Any) -> str:
    if node.exc is not None:
        read(state, node.exc)
    if node.cause is not None:
        state.emit("from")
        read(state, node.cause.item)
    return "raise"


def _assert(state: State, node: Any) -> str:
    read(state, node.test)
    if node.msg is not None:
        state.emit(",")
        read(state, node.msg)
    return "assert"


def _delete(state: State, node: Any) -> str:
    for name, _depth in target(state, node.target):
        state.emit(name)
    return "del"


def _global(state: State, node: Any) -> str:
    for item in node.names:
        name = item.name.value
        state.emit(name)
        state.scope.globals.add(name)
        state.scope.local.discard(name)
    return "global"


def _nonlocal(state: State, node: Any) -> str:
    for item in node.names:
        name = item.name.value
        state.emit(name)
        state.scope.nonlocals.add(name)
        state.scope.local.discard(name)
    return "nonlocal"


def _import(state: State, node: Any) -> str:
    import_names(state, node)
    return "import"


def _import_from(state: State, node: Any) -> str:
    import_from(state, node)
    return "import"


def _type_alias(state: State, node: Any) -> str:
    name = node.name.value
    state.emit(name)
    bind_name(state, name)
    type_parameters(state, node.type_parameters)
    chain = annotation(state, node.value)
    state.add_binding(
        name, BindingKind.ASSIGN, chain if "[" not in chain and "|" not in chain else UNKNOWN
    )
    return "type"


def type_parameters(state: State, node: Any) -> list[str]:
    """Walk ``[T: int = str]``; returns the names."""
    names: list[str] = []
    if node is None:
        return names
    state.emit("[")
    for item in node.params:
        param = item.param
        state.emit(type(param).__name__)
        names.append(param.name.value)
        state.emit(param.name.value)
        bound = getattr(param, "bound", None)
        if bound is not None:
            annotation(state, bound)
        if getattr(item, "default", None) is not None:
            state.emit("=")
            annotation(state, item.default)
    state.emit("]")
    return names


def _nothing(word: str) -> Callable[[State, Any], str]:
    def walk(_state: State, _node: Any) -> str:
        return word

    return walk


SIMPLE: dict[type, Callable[[State, Any], str]] = {
    cst.Expr: _expression,
    cst.Assign: _assign,
    cst.AugAssign: _augmented,
    cst.AnnAssign: _annotated,
    cst.Return: _return,
    cst.Raise: _raise,
    cst.Assert: _assert,
    cst.Del: _delete,
    cst.Global: _global,
    cst.Nonlocal: _nonlocal,
    cst.Import: _import,
    cst.ImportFrom: _import_from,
    cst.TypeAlias: _type_alias,
    cst.Pass: _nothing("pass"),
    cst.Break: _nothing("break"),
    cst.Continue: _nothing("continue"),
}

"""Functions and classes: headers, scopes, flags, fixtures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tdad.facts import BindingKind, DefinitionKind, Fixture, ReferenceKind, StatementKind
from tdad.source.annotations import parameter_annotation
from tdad.source.caches import lasting_parameters, memoises, note_shared_stores
from tdad.source.expressions import parameters, read
from tdad.source.fingerprint import hash_tokens
from tdad.source.pytest_facts import is_test_name, marks_of, requested
from tdad.source.scopes import close_function, define, qualified
from tdad.source.simple import type_parameters
from tdad.source.state import RawDefinition, Scope, State
from tdad.source.walk import finish, first_line, header_end, open_statement, suite

_FLAGS = {
    "property": ("property",),
    "setter": ("property",),
    "deleter": ("property",),
    "getter": ("property",),
    "cached_property": ("property",),
    "staticmethod": ("static",),
    "classmethod": ("classmethod",),
    "abstractmethod": ("abstract",),
    "abstractproperty": ("abstract", "property"),
    "overload": ("overload",),
}
_IMPLICIT_CLASSMETHODS = frozenset({"__init_subclass__", "__class_getitem__"})
_IMPLICIT_STATIC = "__new__"


def _open(
    state: State, node: Any, tree: Any, parent: int, kind: DefinitionKind
) -> tuple[int, int]:
    """Start a definition and its header statement; returns both indices."""
    name = node.name.value
    first = first_line(tree)
    definition = RawDefinition(
        qualified(state, name),
        kind,
        first,
        tree.end_lineno,
        state.scope.definition,
        (first_line(tree.body[0]), tree.end_lineno),
    )
    index = define(state, definition, name)
    statement = open_statement(
        state,
        StatementKind.DEF if kind is DefinitionKind.FUNCTION else StatementKind.CLASS,
        (first, header_end(tree.lineno, tree.body)),
        tree.end_lineno,
        parent,
    )
    return index, statement


def _decorators(state: State, node: Any, tree: Any) -> list[tuple[str, Any]]:
    found = []
    for position, decorator in enumerate(node.decorators):
        state.line = tree.decorator_list[position].lineno
        state.emit("@")
        start = len(state.refs)
        found.append((read(state, decorator.decorator), decorator.decorator))
        state.convert(start, ReferenceKind.DECORATOR)
    state.applied = len(state.tokens)
    state.line = tree.lineno
    return found


def _close_header(state: State, node: Any, index: int, statement: int, word: str) -> None:
    """Fingerprint the header twice: without the name for the definition, with it for the statement."""
    state.definitions[index].header = hash_tokens([*state.tokens, *state.asides])
    state.emit(node.name.value)
    state.flush(index)
    binds = state.binds
    finish(state, statement, word)
    name = node.name.value
    raw = state.statements[statement]
    raw.binds = list(dict.fromkeys([name, *raw.binds]))
    binds.clear()
    scope = state.scope
    if scope.is_function:
        scope.local.add(name)


def _flags(definition: RawDefinition, decorators: list[tuple[str, Any]]) -> None:
    for chain, _node in decorators:
        last = chain.removesuffix("()").rpartition(".")[2]
        definition.flags.update(_FLAGS.get(last, ()))
        if memoises(last):
            definition.flags.add("cached")


def _base(state: State, arg: Any) -> str:
    """Walk one argument of a class: a base is BASE, a metaclass is called, what they are made from is read."""
    start = len(state.refs)
    if arg.keyword is not None:
        state.emit(arg.keyword.value + "=")
    elif arg.star:
        state.emit(arg.star)
    chain = read(state, arg.value)
    if arg.keyword is None:
        state.turn(start, chain, ReferenceKind.BASE)
    elif arg.keyword.value == "metaclass":
        state.turn(start, chain, ReferenceKind.CALL)
    return chain


def class_definition(state: State, node: Any, tree: Any, parent: int) -> None:
    """Walk a class."""
    index, statement = _open(state, node, tree, parent, DefinitionKind.CLASS)
    definition = state.definitions[index]
    decorators = _decorators(state, node, tree)
    _flags(definition, decorators)
    type_names = type_parameters(state, node.type_parameters)
    state.emit("(")
    bases = [_base(state, arg) for arg in (*node.bases, *node.keywords)]
    state.emit(")")
    marks = marks_of(decorators)
    for name in dict.fromkeys(marks.uses):
        state.add_reference(ReferenceKind.FIXTURE, name)
    if node.name.value.startswith("Test") or any(b.endswith("TestCase") for b in bases):
        definition.flags.add("test")
    _close_header(state, node, index, statement, "class")
    scope = Scope(index, state.scope, is_function=False)
    scope.given = frozenset(marks.parametrized)
    scope.local.update(type_names)
    _walk_body(state, node, tree, scope, statement)
    assert scope.outer is not None
    scope.outer.refs += scope.refs
    note_shared_stores(state, scope)
    _seal(state, index)


def function_definition(state: State, node: Any, tree: Any, parent: int) -> None:
    """Walk a function or method."""
    index, statement = _open(state, node, tree, parent, DefinitionKind.FUNCTION)
    definition = state.definitions[index]
    name = node.name.value
    decorators = _decorators(state, node, tree)
    _flags(definition, decorators)
    if name in _IMPLICIT_CLASSMETHODS:
        definition.flags.add("classmethod")
    elif name == _IMPLICIT_STATIC:
        definition.flags.add("static")
    if node.asynchronous is not None:
        definition.flags.add("async")
        state.emit("async")
    type_names = type_parameters(state, node.type_parameters)
    params = parameters(state, node.params, parameter_annotation)
    returns = ""
    if node.returns is not None:
        returns = parameter_annotation(state, node.returns.annotation)
    wanted = _pytest(state, node, index, decorators)
    _close_header(state, node, index, statement, "def")
    scope = Scope(index, state.scope, is_function=True)
    scope.local.update(param for param, _chain in params)
    scope.local.update(type_names)
    scope.kept = frozenset(lasting_parameters(node.params))
    outer, state.scope = state.scope, scope
    known = {*wanted, "self", "cls"}  # by FIXTURE references, and by the class around
    for param, chain in params:
        # Without a trace a parameter would be taken for what its name is outside.
        if chain != "?" or param not in known:
            state.add_binding(param, BindingKind.ANNOTATION, chain)
    if returns:
        state.add_binding("", BindingKind.RETURN_ANNOTATION, returns)
    state.scope = outer
    _walk_body(state, node, tree, scope, statement)
    close_function(state, scope)
    _seal(state, index)


def _walk_body(state: State, node: Any, tree: Any, scope: Scope, _statement: int) -> None:
    outer, depth = state.scope, state.depth
    state.scope, state.depth = scope, 0
    suite(state, node.body, tree.body, -1, docstring_of=scope.definition)
    state.scope, state.depth = outer, depth


def _seal(state: State, index: int) -> None:
    """Fingerprint a definition whose body has been walked."""
    definition = state.definitions[index]
    definition.own_hash = hash_tokens(definition.own)
    definition.full_hash = hash_tokens(
        [definition.header, definition.own_hash, *definition.nested]
    )
    state.definitions[definition.parent].nested.append(definition.full_hash)


def _pytest(
    state: State, node: Any, index: int, decorators: list[tuple[str, Any]]
) -> Sequence[str]:
    """Note what pytest makes of a function; returns the fixtures it asks for."""
    scope = state.scope
    if scope.is_function:
        return ()
    definition = state.definitions[index]
    name = node.name.value
    if scope is state.module_scope:
        state.parameters[index] = node.params
    test = is_test_name(name)
    if not decorators and not test:
        return ()
    marks = marks_of(decorators)
    if marks.fixture:
        test = False
        definition.flags.add("fixture")
        if marks.autouse:
            definition.flags.add("autouse")
    elif test:
        definition.flags.add("test")
    else:
        return ()
    method = scope is not state.module_scope and "static" not in definition.flags
    wanted = requested(node.params, marks, scope.given, method=method)
    wanted = list(dict.fromkeys([*wanted, *marks.uses, *sorted(marks.indirect)]))
    for fixture in wanted:
        state.add_reference(ReferenceKind.FIXTURE, fixture)
    if marks.fixture:
        state.fixtures.append(
            Fixture(index, marks.name or name, tuple(wanted), marks.autouse, marks.scope)
        )
    return wanted

"""One hand-written walk over the concrete syntax tree, in step with the abstract one that knows the lines.

Only fields that carry meaning are visited (never whitespace), by a table of node types. The two trees are walked in
parallel at the level of statements; below that every line is the first line of the statement (of a decorator: its own).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import libcst as cst

from tdad.facts import BindingKind, StatementKind
from tdad.source.caches import note_asked, note_tried
from tdad.source.calm import is_calm
from tdad.source.expressions import bind_name, elements, read, target
from tdad.source.literals import literal_text
from tdad.source.patterns import pattern
from tdad.source.scopes import define_variable
from tdad.source.simple import SIMPLE
from tdad.source.spans import MismatchError
from tdad.source.state import RawStatement, State

_IMPORTS = (cst.Import, cst.ImportFrom)


def first_line(tree: Any) -> int:
    """Return the line of a statement's first decorator, or of itself."""
    decorators = getattr(tree, "decorator_list", None)
    line: int = decorators[0].lineno if decorators else tree.lineno
    return line


def header_end(line: int, body: Sequence[Any]) -> int:
    """Return the last line before a suite: comments between header and suite count as header."""
    return max(line, first_line(body[0]) - 1) if body else line


def open_statement(
    state: State, kind: StatementKind, span: tuple[int, int], suite: int, parent: int
) -> int:
    """Start a statement; returns its index."""
    owner = state.scope.definition
    state.statements.append(RawStatement(owner, kind, span[0], span[1], suite, parent))
    state.line = span[0]
    return len(state.statements) - 1


def finish(state: State, index: int, word: str) -> None:
    """Close a statement (a compound's header): fingerprint, bindings, sources of its references."""
    statement = state.statements[index]
    statement.calm = word == "assign" and not state.scope.is_function and is_calm(state.tokens)
    fingerprint = state.take_fingerprint(word)
    statement.fingerprint = fingerprint
    scope = state.scope
    definition = state.definitions[scope.definition]
    definition.own.append(f"{state.depth}{fingerprint}")
    if state.global_binds:
        state.frame().outliving.update(state.global_binds)
        for name in state.global_binds:
            state.global_names.setdefault(name, (statement.first, fingerprint))
        state.global_binds.clear()
    sources = [scope.definition]
    if state.binds:
        statement.binds = list(dict.fromkeys(state.binds))
        state.binds.clear()
        if not scope.is_function:
            sources = [
                define_variable(state, name, statement, word)
                for name in statement.binds
                if name != "*"
            ] or sources
            if statement.kind is StatementKind.COMPOUND:
                sources.append(
                    scope.definition
                )  # a header decides about all that is below it as well
    state.flush(*sources)


def suite(
    state: State, node: Any, trees: Sequence[Any], parent: int, docstring_of: int = -1
) -> None:
    """Walk the statements of a module or suite."""
    position = 0
    state.depth += 1
    for item in node.body:
        kind = type(item)
        compound = COMPOUND.get(kind)
        if compound is not None:
            _at(trees, position)
            compound(state, item, trees[position], parent)
            position += 1
            continue
        for small in item.body if kind is cst.SimpleStatementLine else (item,):
            tree = _at(trees, position)
            position += 1
            if docstring_of >= 0 and position == 1 and _is_docstring(small):
                _docstring(state, small, tree, docstring_of)
                continue
            is_import = type(small) in _IMPORTS
            index = open_statement(
                state,
                StatementKind.IMPORT if is_import else StatementKind.SIMPLE,
                (tree.lineno, tree.end_lineno),
                tree.end_lineno,
                parent,
            )
            finish(state, index, SIMPLE[type(small)](state, small))
    state.depth -= 1
    if position != len(trees):
        raise MismatchError


def _at(trees: Sequence[Any], position: int) -> Any:
    if position >= len(trees):
        raise MismatchError
    return trees[position]


def _is_docstring(node: Any) -> bool:
    return type(node) is cst.Expr and literal_text(node.value) is not None


def _docstring(state: State, node: Any, tree: Any, definition: int) -> None:
    text = literal_text(node.value) or ""
    index = open_statement(
        state, StatementKind.DOCSTRING, (tree.lineno, tree.end_lineno), tree.end_lineno, -1
    )
    state.emit(text)
    fingerprint = state.take_fingerprint("doctest" if ">>>" in text else "docstring")
    state.statements[index].fingerprint = fingerprint
    state.definitions[definition].docstring = fingerprint


def _clause(
    state: State,
    word: str,
    span: tuple[int, int],
    parent: int,
    node: Any,
    *,
    trees: Sequence[Any],
    header: Callable[[], object] | None = None,
) -> None:
    """Walk ``elif``, ``else``, ``except``, ``finally`` or ``case``: a compound below its statement."""
    end = trees[-1].end_lineno if trees else span[1]
    index = open_statement(state, StatementKind.COMPOUND, span, end, parent)
    if header is not None:
        header()
    state.depth += 1
    finish(state, index, word)
    suite(state, node.body, trees, index)
    state.depth -= 1


def _between(before: int, trees: Sequence[Any]) -> tuple[int, int]:
    """Return the lines of a clause without position of its own (``else``, ``finally``)."""
    if not trees:
        raise MismatchError
    line = first_line(trees[0])
    return (before + 1, line - 1) if line - before > 1 else (line, line)


def _start(state: State, tree: Any, body: Sequence[Any], parent: int) -> int:
    span = (tree.lineno, header_end(tree.lineno, body))
    return open_statement(state, StatementKind.COMPOUND, span, tree.end_lineno, parent)


def _if(state: State, node: Any, tree: Any, parent: int) -> None:
    index = _start(state, tree, tree.body, parent)
    read(state, node.test)
    note_asked(state, node.test)
    finish(state, index, "if")
    state.scope.branch += 1
    suite(state, node.body, tree.body, index)
    while type(node.orelse) is cst.If:
        node = node.orelse
        tree = _at(tree.orelse, 0)
        test = node.test
        span = (tree.lineno, header_end(tree.lineno, tree.body))
        _clause(
            state, "elif", span, index, node, trees=tree.body, header=partial(read, state, test)
        )
    _else(state, node, tree, tree.body[-1].end_lineno, index)
    state.scope.branch -= 1


def _else(state: State, node: Any, tree: Any, before: int, parent: int) -> None:
    if node.orelse is not None:
        span = _between(before, tree.orelse)
        _clause(state, "else", span, parent, node.orelse, trees=tree.orelse)
    elif tree.orelse:
        raise MismatchError


def _while(state: State, node: Any, tree: Any, parent: int) -> None:
    index = _start(state, tree, tree.body, parent)
    read(state, node.test)
    finish(state, index, "while")
    state.scope.branch += 1
    suite(state, node.body, tree.body, index)
    _else(state, node, tree, tree.body[-1].end_lineno, index)
    state.scope.branch -= 1


def _for(state: State, node: Any, tree: Any, parent: int) -> None:
    index = _start(state, tree, tree.body, parent)
    names = target(state, node.target)
    state.emit("in")
    chain = read(state, node.iter)
    for name, depth in names:
        state.add_binding(name, BindingKind.ITEM, elements(chain, depth))
    finish(state, index, "for" if node.asynchronous is None else "async for")
    state.scope.branch += 1
    suite(state, node.body, tree.body, index)
    _else(state, node, tree, tree.body[-1].end_lineno, index)
    state.scope.branch -= 1


def _with(state: State, node: Any, tree: Any, parent: int) -> None:
    index = _start(state, tree, tree.body, parent)
    for item in node.items:
        chain = read(state, item.item)
        state.emit("as")
        if item.asname is not None:
            for name, depth in target(state, item.asname.name):
                kind = BindingKind.CONTEXT if depth == 0 else BindingKind.ITEM
                state.add_binding(name, kind, chain)
    finish(state, index, "with" if node.asynchronous is None else "async with")
    suite(state, node.body, tree.body, index)


def _try(state: State, node: Any, tree: Any, parent: int) -> None:
    index = _start(state, tree, tree.body, parent)
    finish(state, index, "try" if type(node) is cst.Try else "try*")
    state.scope.branch += 1
    before_body = len(state.frame().refs)
    suite(state, node.body, tree.body, index)
    note_tried(state, node.handlers, before_body)
    if len(node.handlers) != len(tree.handlers):
        raise MismatchError
    before = tree.body[-1].end_lineno
    for handler, clause in zip(node.handlers, tree.handlers, strict=True):
        span = (clause.lineno, header_end(clause.lineno, clause.body))
        _clause(
            state,
            "except",
            span,
            index,
            handler,
            trees=clause.body,
            header=partial(_except, state, handler),
        )
        before = clause.body[-1].end_lineno
    _else(state, node, tree, before, index)
    if node.finalbody is not None:
        if tree.orelse:
            before = tree.orelse[-1].end_lineno
        span = _between(before, tree.finalbody)
        _clause(state, "finally", span, index, node.finalbody, trees=tree.finalbody)
    state.scope.branch -= 1


def _except(state: State, node: Any) -> None:
    if node.type is None:
        return
    chain = read(state, node.type)
    if node.name is not None:
        name = node.name.name.value
        state.emit("as")
        state.emit(name)
        bind_name(state, name)
        known = chain not in ("?", "tuple()")
        state.add_binding(name, BindingKind.ASSIGN, chain + "()" if known else "?")


def _match(state: State, node: Any, tree: Any, parent: int) -> None:
    span = (tree.lineno, max(tree.lineno, tree.cases[0].pattern.lineno - 1))
    index = open_statement(state, StatementKind.COMPOUND, span, tree.end_lineno, parent)
    chain = read(state, node.subject)
    finish(state, index, "match")
    state.scope.branch += 1
    if len(node.cases) != len(tree.cases):
        raise MismatchError
    for case, clause in zip(node.cases, tree.cases, strict=True):
        line = clause.pattern.lineno
        _clause(
            state,
            "case",
            (line, header_end(line, clause.body)),
            index,
            case,
            trees=clause.body,
            header=partial(_case, state, case, chain),
        )
    state.scope.branch -= 1


def _case(state: State, case: Any, chain: str) -> None:
    pattern(state, case.pattern, chain)
    if case.guard is not None:
        state.emit("if")
        read(state, case.guard)


def _definition(state: State, node: Any, tree: Any, parent: int) -> None:
    from tdad.source.definitions import (  # the recursion closes here
        class_definition,
        function_definition,
    )

    if type(node) is cst.FunctionDef:
        function_definition(state, node, tree, parent)
    else:
        class_definition(state, node, tree, parent)


COMPOUND: dict[type, Callable[[State, Any, Any, int], None]] = {
    cst.FunctionDef: _definition,
    cst.ClassDef: _definition,
    cst.If: _if,
    cst.While: _while,
    cst.For: _for,
    cst.With: _with,
    cst.Try: _try,
    cst.TryStar: _try,
    cst.Match: _match,
}

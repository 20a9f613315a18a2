"""Expressions → tokens (for fingerprints), references and chains. The hot part of the walk.

One file although it is long: the handlers call each other through one table, and a table that several modules fill
would be a registry.

Normal form of chains (what ``Reference.chain`` and ``Binding.chain`` hold)
---------------------------------------------------------------------------
::

    chain   := root link*
    root    := NAME            as written in the file: a local, a global, a builtin, ``self``, ``super``
             | "?"             any receiver without a form: arithmetic, conditional, lambda, subscript of those, …
    link    := "." NAME        attribute
             | "()"            the result of calling it; arguments are left out
             | "[]"            some element of it; the index is left out

* A literal is the call of its type: ``"".join`` is ``str().join``; likewise ``int() float() complex() bytes() bool()
  list() tuple() dict() set()``; displays and comprehensions too. f-strings are ``str()``.
* ``await x`` is ``x``; ``(x := v)`` is ``v``; parentheses vanish. ``?()`` and ``?[]`` are ``?``.
* ``super().m`` stays as written. ``getattr(x, "m")`` is ``x.m`` (and is also noted as a STRING ``m``).

Which references are noted: every call (CALL with the chain of what is called), every longest chain that is read (READ,
for ``a.b().c`` a CALL ``a.b`` and a READ ``a.b().c``), every store into an attribute (WRITE ``self.x``) or item (WRITE
``x[]``). Plain reads of names that are local to a function, lambda or comprehension are dropped; longer chains and
calls on them stay. In headers of functions and classes READ and CALL become the header's kind; of a call the result:
``@app.route("/")`` is DECORATOR ``app.route()``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import libcst as cst

from tdad.facts import BindingKind, ReferenceKind
from tdad.source.literal_code import note_code, note_command, note_script
from tdad.source.literals import looks_dotted, string_token
from tdad.source.special_calls import SPECIAL_CALLS
from tdad.source.state import State

READ = ReferenceKind.READ
CALL = ReferenceKind.CALL
WRITE = ReferenceKind.WRITE
STRING = ReferenceKind.STRING
_REST = {"*": "tuple[{}]", "**": "dict[str,{}]"}
_NUMBERS = frozenset({"int()", "float()", "complex()"})
_CONSTANTS = frozenset({"None", "True", "False"})
UNKNOWN = "?"


def read(state: State, node: Any) -> str:
    """Walk an expression that is read; note the read; return its chain."""
    chain = EXPRESSIONS[type(node)](state, node)
    if chain[-1] not in ")?":
        state.refs.append((state.line, READ, chain))
    return chain


def _name(state: State, node: Any) -> str:
    value: str = node.value
    state.emit(value)
    if value in _CONSTANTS:
        return UNKNOWN
    return value


def _attribute(state: State, node: Any) -> str:
    value = node.value
    chain = EXPRESSIONS[type(value)](state, value)
    name = node.attr.value
    state.emit("." + name)
    return f"{chain}.{name}"


def _call(state: State, node: Any) -> str:
    func = node.func
    chain = EXPRESSIONS[type(func)](state, func)
    if chain != UNKNOWN:
        state.refs.append((state.line, CALL, chain))
    emit = state.emit
    emit("(")
    chains = []
    for arg in node.args:
        if arg.keyword is not None:
            emit(arg.keyword.value + "=")
        elif arg.star:
            emit(arg.star)
        chains.append(read(state, arg.value))
    emit(")")
    special = SPECIAL_CALLS.get(chain[chain.rfind(".") + 1 :])
    if special is not None:
        chain = special(state, node, chain, chains) or chain
        if chain[-1] == "=":
            return chain[:-1]
    return UNKNOWN if chain == UNKNOWN else chain + "()"


def _subscript(state: State, node: Any) -> str:
    value = node.value
    chain = EXPRESSIONS[type(value)](state, value)
    emit = state.emit
    emit("[")
    for element in node.slice:
        piece = element.slice
        if type(piece) is cst.Index:
            if piece.star:
                emit("*")
            read(state, piece.value)
        else:
            for part in (piece.lower, piece.upper, piece.step):
                emit(":")
                if part is not None:
                    read(state, part)
        emit(",")
    if len(node.slice) == 1 and type(node.slice[0].comma) is cst.Comma:
        emit(",,")  # x[a,] is not x[a]
    emit("]")
    return UNKNOWN if chain == UNKNOWN else chain + "[]"


def _string(state: State, node: Any) -> str:
    token, text = string_token(node.value)
    state.emit(token)
    if "import " in token:
        note_script(state, token[2:])
    if text is None:
        return "bytes()"
    note_command(state, text)
    if looks_dotted(text):
        state.refs.append((state.line, STRING, text))
    else:
        note_code(state, text)
    return "str()"


def _concatenated(state: State, node: Any) -> str:
    start = len(state.tokens)
    chain = UNKNOWN
    parts: list[Any] = []
    while type(node) is cst.ConcatenatedString:
        parts.append(node.left)
        node = node.right
    parts.append(node)
    simple = all(type(part) is cst.SimpleString for part in parts)
    if simple:
        pairs = [string_token(part.value) for part in parts]
        whole = "".join(pair[0][2:] for pair in pairs)
        state.emit(pairs[0][0][:2] + whole)
        if pairs[0][1] is None:
            return "bytes()"
        if looks_dotted(whole):
            state.refs.append((state.line, STRING, whole))
        return "str()"
    for part in parts:
        chain = EXPRESSIONS[type(part)](state, part)
    _join_text(state.tokens, start)
    return chain


def _join_text(tokens: list[str], start: int) -> None:
    """Join neighbouring texts, so that the layout of implicit concatenation leaves no trace."""
    joined: list[str] = []
    for token in tokens[start:]:
        if token in ("f'", "f;"):
            continue
        if joined and token[:2] == joined[-1][:2] == "s'":
            joined[-1] += token[2:]
        else:
            joined.append(token)
    tokens[start:] = ["f'", *joined, "f;"]


def _formatted(state: State, node: Any) -> str:
    emit = state.emit
    emit("f'")
    raw = "r" in node.start.lower()
    for part in node.parts:
        if isinstance(part, (cst.FormattedStringText, cst.TemplatedStringText)):
            emit("s'" + _formatted_text(part.value, raw=raw))
            note_code(state, part.value)
        else:
            _formatted_expression(state, part)
    emit("f;")
    return "str()"


def _formatted_text(text: str, *, raw: bool) -> str:
    if raw or "\\" not in text:
        return text
    try:
        return str(ast.literal_eval('"""' + text.replace('"', '\\"') + '"""'))
    except (SyntaxError, ValueError):
        return text


def _formatted_expression(state: State, part: Any) -> None:
    emit = state.emit
    emit("{")
    if part.equal is not None:  # f"{x = }" prints its own text
        expression = cst.Module([]).code_for_node(part.expression)
        equal = part.equal
        emit(
            f"={part.whitespace_before_expression.value if hasattr(part.whitespace_before_expression, 'value') else ''}"
            f"{expression}{getattr(equal.whitespace_before, 'value', '')}="
            f"{getattr(equal.whitespace_after, 'value', '')}"
        )
    read(state, part.expression)
    if part.conversion:
        emit("!" + part.conversion)
    if part.format_spec is not None:
        emit("::")
        for piece in part.format_spec:
            if isinstance(piece, (cst.FormattedStringText, cst.TemplatedStringText)):
                emit("s'" + piece.value)
            else:
                _formatted_expression(state, piece)
    emit("}")


def _templated(state: State, node: Any) -> str:
    state.emit("t")
    _formatted(state, node)
    return UNKNOWN


def _integer(state: State, node: Any) -> str:
    state.emit("#" + node.value.replace("_", "").lower())
    return "int()"


def _float(state: State, node: Any) -> str:
    state.emit("#" + node.value.replace("_", "").lower())
    return "float()"


def _imaginary(state: State, node: Any) -> str:
    state.emit("#" + node.value.replace("_", "").lower())
    return "complex()"


def _ellipsis(state: State, _node: Any) -> str:
    state.emit("...")
    return UNKNOWN


def _elements(state: State, node: Any, word: str) -> None:
    emit = state.emit
    emit(word)
    for element in node.elements:
        if type(element) is cst.StarredElement:
            read(state, element.value)
            emit("*")
        else:
            read(state, element.value)
    emit(";")


def _tuple(state: State, node: Any) -> str:
    _elements(state, node, "(,")
    return "tuple()"


def _list(state: State, node: Any) -> str:
    _elements(state, node, "[,")
    return "list()"


def _set(state: State, node: Any) -> str:
    _elements(state, node, "{,")
    return "set()"


def _dict(state: State, node: Any) -> str:
    emit = state.emit
    emit("{:")
    for element in node.elements:
        if type(element) is cst.DictElement:
            read(state, element.key)
            emit(":")
        else:
            emit("**")
        read(state, element.value)
    emit(";")
    return "dict()"


def _await(state: State, node: Any) -> str:
    value = node.expression
    chain = EXPRESSIONS[type(value)](state, value)
    state.emit("await")
    return chain


def _unary(state: State, node: Any) -> str:
    chain = read(state, node.expression)
    operator = type(node.operator)
    state.emit("1" + operator.__name__)
    if operator is cst.Not:
        return "bool()"
    return chain if chain in _NUMBERS else UNKNOWN


def _binary(state: State, node: Any) -> str:
    spine = []  # a + b + c + … is as deep as it is long
    while type(node) is cst.BinaryOperation:
        spine.append(node)
        node = node.left
    chain = read(state, node)
    for link in reversed(spine):
        read(state, link.right)
        state.emit("2" + type(link.operator).__name__)
    return chain if chain == "str()" else UNKNOWN  # "…" % x and "…" + x are texts


def _boolean(state: State, node: Any) -> str:
    spine = []
    while type(node) is cst.BooleanOperation:
        spine.append(node)
        node = node.left
    read(state, node)
    for link in reversed(spine):
        read(state, link.right)
        state.emit("2" + type(link.operator).__name__)
    return UNKNOWN


def _comparison(state: State, node: Any) -> str:
    read(state, node.left)
    for target in node.comparisons:
        read(state, target.comparator)
        state.emit("2" + type(target.operator).__name__)
    state.emit("?")
    return "bool()"


def _conditional(state: State, node: Any) -> str:
    read(state, node.test)
    read(state, node.body)
    while type(node.orelse) is cst.IfExp:
        node = node.orelse
        state.emit("elif")
        read(state, node.test)
        read(state, node.body)
    read(state, node.orelse)
    state.emit("?:")
    return UNKNOWN


def _lambda(state: State, node: Any) -> str:
    state.definitions[state.frame().definition].flags.add("lambda-holder")
    start = state.enter_inner()
    state.emit("lambda")
    names = parameters(state, node.params, annotate=None)
    state.emit(":")
    read(state, node.body)
    state.emit(";")
    state.leave_inner(start, unknown=frozenset(name for name, _ in names))
    return UNKNOWN


def parameters(
    state: State, params: Any, annotate: Callable[[State, Any], str] | None
) -> list[tuple[str, str]]:
    """Walk a parameter list; returns (name, annotation chain) of each parameter, in order; ``?`` where there is none.

    The names become local to the scope that is current when ``annotate`` is None (a lambda); a function's own scope
    opens later.
    """
    found: list[tuple[str, str]] = []
    emit = state.emit
    groups: list[tuple[str, Any]] = [("/", p) for p in params.posonly_params]
    groups += [("", p) for p in params.params]
    if isinstance(params.star_arg, cst.Param):
        groups.append(("*", params.star_arg))
    groups += [("=", p) for p in params.kwonly_params]
    if params.star_kwarg is not None:
        groups.append(("**", params.star_kwarg))
    for mark, param in groups:
        name = param.name.value
        emit(mark + name)
        chain = UNKNOWN
        if param.annotation is not None and annotate is not None:
            chain = annotate(state, param.annotation.annotation)
        if mark in _REST:
            chain = _REST[mark].format(chain)
        if param.default is not None:
            emit("=")
            start = len(state.refs)
            read(state, param.default)
            if annotate is not None:
                state.convert(start, ReferenceKind.DEFAULT)
        found.append((name, chain))
        if annotate is None:
            state.scope.local.add(name)
    return found


def elements(chain: str, depth: int = 1) -> str:
    """Return the chain of what is ``depth`` levels below what ``chain`` holds."""
    return UNKNOWN if chain == UNKNOWN else chain + "[]" * depth


def comprehension(state: State, node: Any) -> str:
    """Walk a comprehension; returns the chain of its elements (of a dict: of the values)."""
    start = state.enter_inner()
    clause = node.for_in
    while clause is not None:
        state.emit("for" if clause.asynchronous is None else "async for")
        chain = read(state, clause.iter)
        for name, depth in target(state, clause.target):
            state.add_binding(name, BindingKind.ITEM, elements(chain, depth))
        for condition in clause.ifs:
            state.emit("if")
            read(state, condition.test)
        clause = clause.inner_for_in
    if type(node) is cst.DictComp:
        read(state, node.key)
        element = read(state, node.value)
    else:
        element = read(state, node.elt)
    state.emit(type(node).__name__)
    state.leave_inner(start)
    return element


def _list_comp(state: State, node: Any) -> str:
    comprehension(state, node)
    return "list()"


def _set_comp(state: State, node: Any) -> str:
    comprehension(state, node)
    return "set()"


def _dict_comp(state: State, node: Any) -> str:
    comprehension(state, node)
    return "dict()"


def _generator(state: State, node: Any) -> str:
    comprehension(state, node)
    return UNKNOWN


def _yield(state: State, node: Any) -> str:
    frame = state.frame()
    state.definitions[frame.definition].flags.add("generator")
    value = node.value
    if value is None:
        state.emit("yield")
    elif type(value) is cst.From:
        chain = read(state, value.item)
        state.emit("yield from")
        state.add_binding("[]", BindingKind.RETURN, elements(chain))
    else:
        chain = read(state, value)
        state.emit("yield value")
        state.add_binding("[]", BindingKind.RETURN, chain)
    return UNKNOWN


def _walrus(state: State, node: Any) -> str:
    value = node.value
    chain = EXPRESSIONS[type(value)](state, value)
    name = node.target.value
    bind_name(state, name, walrus=True)
    state.emit(name + ":=")
    state.add_binding(name, BindingKind.ASSIGN, chain)
    return chain


def _starred(state: State, node: Any) -> str:
    read(state, node.value)
    state.emit("*")
    return UNKNOWN


def bind_name(state: State, name: str, *, walrus: bool = False) -> None:
    """Note that the current statement binds ``name`` in the scope it belongs to."""
    scope = state.frame() if walrus else state.scope
    if scope.inner:
        scope.local.add(name)
    elif scope.is_function:
        if name in scope.globals:
            state.global_binds.append(name)
            state.add_reference(WRITE, name)
        elif name in scope.nonlocals:
            scope.outliving.add(name)
        else:
            scope.local.add(name)
            state.binds.append(name)
    elif name in scope.globals and scope is not state.module_scope:
        state.global_binds.append(name)
        state.add_reference(WRITE, name)
    else:
        state.binds.append(name)


def target(state: State, node: Any) -> list[tuple[str, int]]:
    """Walk an assignment target; returns (binding target, depth in tuples) of all that it binds or stores."""
    found: list[tuple[str, int]] = []
    _target(state, node, 0, found)
    return found


def _target(state: State, node: Any, depth: int, found: list[tuple[str, int]]) -> None:
    kind = type(node)
    if kind is cst.Name:
        name = node.value
        state.emit(name)
        bind_name(state, name)
        found.append((name, depth))
    elif kind is cst.Tuple or kind is cst.List:
        state.emit("(,")
        for element in node.elements:
            if type(element) is cst.StarredElement:
                state.emit("*")
            _target(state, element.value, depth + 1, found)
        state.emit(";")
    elif kind is cst.StarredElement:
        state.emit("*")
        _target(state, node.value, depth, found)
    else:
        chain = EXPRESSIONS[kind](state, node)
        if chain != UNKNOWN:
            state.add_reference(WRITE, chain)
            state.note_store(chain)
        found.append((chain, depth))


EXPRESSIONS: dict[type, Callable[[State, Any], str]] = {
    cst.Name: _name,
    cst.Attribute: _attribute,
    cst.Call: _call,
    cst.Subscript: _subscript,
    cst.SimpleString: _string,
    cst.ConcatenatedString: _concatenated,
    cst.FormattedString: _formatted,
    cst.Integer: _integer,
    cst.Float: _float,
    cst.Imaginary: _imaginary,
    cst.Ellipsis: _ellipsis,
    cst.Tuple: _tuple,
    cst.List: _list,
    cst.Set: _set,
    cst.Dict: _dict,
    cst.Await: _await,
    cst.UnaryOperation: _unary,
    cst.BinaryOperation: _binary,
    cst.BooleanOperation: _boolean,
    cst.Comparison: _comparison,
    cst.IfExp: _conditional,
    cst.Lambda: _lambda,
    cst.ListComp: _list_comp,
    cst.SetComp: _set_comp,
    cst.DictComp: _dict_comp,
    cst.GeneratorExp: _generator,
    cst.Yield: _yield,
    cst.NamedExpr: _walrus,
    cst.StarredElement: _starred,
}
if hasattr(cst, "TemplatedString"):  # libcst ≥ 1.8, PEP 750
    EXPRESSIONS[cst.TemplatedString] = _templated

"""An expression → its normal form: a string that does not depend on layout, quotes, parentheses or local names."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

import libcst as cst

from tdad.source.fingerprint import hash_tokens
from tdad.source.literals import literal_text

Names = Mapping[str, str]
"""Local name → normal form of what it stands for."""

_LONGEST = 400
"""Characters; what is longer is represented by its digest, so that names of names do not grow without end."""
_LAYOUT = (
    cst.BaseParenthesizableWhitespace,
    cst.LeftParen,
    cst.RightParen,
    cst.LeftSquareBracket,
    cst.RightSquareBracket,
    cst.LeftCurlyBrace,
    cst.RightCurlyBrace,
    cst.Comma,
    cst.Dot,
    cst.Colon,
    cst.AssignEqual,
    cst.TrailingWhitespace,
    cst.EmptyLine,
    cst.Newline,
    cst.Semicolon,
)
_STRINGS = (cst.SimpleString, cst.ConcatenatedString)


def normal(node: cst.CSTNode, names: Names) -> str:
    """Return the normal form of an expression."""
    text = _normal(node, names)
    return text if len(text) <= _LONGEST else "#" + hash_tokens([text])


def _normal(node: cst.CSTNode, names: Names) -> str:  # noqa: PLR0911 - one for each sort of node
    match node:
        case cst.Name(value=name):
            return names.get(name, name)
        case cst.Attribute(value=value, attr=attr):
            text = f"{normal(value, names)}.{attr.value}"
            return "raised.value" if text == "raised.exception" else names.get(text, text)
        case cst.Call(func=func, args=args):
            return f"{normal(func, names)}({', '.join(arguments(args, names))})"
        case cst.SimpleString() | cst.ConcatenatedString():
            return _string(node, names)
        case cst.Integer(value=value) | cst.Float(value=value) | cst.Imaginary(value=value):
            return _number(value)
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            return f"-{normal(inner, names)}"
        case cst.NamedExpr(value=value):
            return normal(value, names)
        case cst.Lambda() | cst.FormattedString():
            return _parts(node, names)
        case cst.GeneratorExp() | cst.ListComp() | cst.SetComp() | cst.DictComp():
            return _parts(node, _bound(node.for_in, dict(names)))
    return _parts(node, names)


def _parts(node: cst.CSTNode, names: Names) -> str:
    inner = ", ".join(normal(child, names) for child in meaning(node))
    value = getattr(node, "value", "")
    word = f":{value}" if isinstance(value, str) and value else ""
    return f"{type(node).__name__}{word}({inner})"


def meaning(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield the children that are more than layout."""
    for child in node.children:
        if not isinstance(child, _LAYOUT):
            yield child


def arguments(args: object, names: Names) -> list[str]:
    """Return the normal forms of the arguments of a call, keywords in the order of their names."""
    assert isinstance(args, tuple | list)
    plain, named = [], []
    for arg in args:
        value = normal(arg.value, names)
        if arg.keyword is not None:
            named.append(f"{arg.keyword.value}={value}")
        else:
            plain.append(f"{arg.star}{value}")
    return [*plain, *sorted(named)]


def _string(node: cst.CSTNode, names: Names) -> str:
    text = literal_text(node)
    if text is not None:
        return repr(text)
    if isinstance(node, cst.SimpleString):
        try:
            return repr(ast.literal_eval(node.value))
        except (SyntaxError, ValueError):
            return node.value
    return _parts(node, names)


def _number(text: str) -> str:
    try:
        return repr(ast.literal_eval(text))
    except (SyntaxError, ValueError):  # more digits than the interpreter converts
        return text


def _bound(clause: cst.CompFor, names: dict[str, str]) -> dict[str, str]:
    """Return ``names`` with the targets of a comprehension: elements of what is iterated."""
    bind(clause.target, f"each({normal(clause.iter, names)})", names)
    return _bound(clause.inner_for_in, names) if clause.inner_for_in else names


def bind(target: cst.CSTNode, value: str, names: dict[str, str]) -> None:
    """Let the names in ``target`` stand for ``value`` and its items."""
    match target:
        case cst.Name(value=name):
            names[name] = value if len(value) <= _LONGEST else "#" + hash_tokens([value])
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            for position, element in enumerate(elements):
                star = "*" if isinstance(element, cst.StarredElement) else ""
                bind(element.value, f"{value}[{star}{position}]", names)


def is_literal(node: cst.CSTNode) -> bool:
    """Tell whether an expression is written out: numbers, texts, None, displays and signs of such."""
    match node:
        case cst.Name(value=name):
            return name in {"True", "False", "None"}
        case cst.UnaryOperation(expression=inner):
            return is_literal(inner)
        case (
            cst.Tuple(elements=elements) | cst.List(elements=elements) | cst.Set(elements=elements)
        ):
            return all(is_literal(element.value) for element in elements)
        case cst.Dict(elements=pairs):
            return all(
                isinstance(pair, cst.DictElement)
                and is_literal(pair.key)
                and is_literal(pair.value)
                for pair in pairs
            )
    return isinstance(node, (cst.Integer, cst.Float, cst.Imaginary, *_STRINGS))


def last_name(node: cst.CSTNode) -> str:
    """Return the last name of a dotted expression or of what is called; empty for other expressions."""
    match node:
        case cst.Name(value=name):
            return name
        case cst.Attribute(attr=attr):
            return attr.value
        case cst.Call(func=func):
            return last_name(func)
    return ""


def keyword(call: cst.Call, name: str, position: int = -1) -> cst.BaseExpression | None:
    """Return the argument ``name`` of a call, or that at ``position`` (-1: only by name)."""
    for index, arg in enumerate(call.args):
        if arg.keyword is not None and arg.keyword.value == name:
            return arg.value
        if arg.keyword is None and not arg.star and index == position:
            return arg.value
    return None


def plain_arguments(call: cst.Call) -> list[cst.BaseExpression]:
    """Return the arguments that are given by position."""
    return [arg.value for arg in call.args if arg.keyword is None and not arg.star]

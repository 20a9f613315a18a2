"""What the file has elsewhere, where all that it reads is known here too: a statement, a call, a condition, a value."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tdad.facts_fix import Template
from tdad.source.mutations.site import Site
from tdad.source.repairs.conditions import first_statement, indent_of, text_of
from tdad.source.repairs.offer import Context, Offer
from tdad.source.repairs.pieces import Piece, nearest

_MOST = 5
_FEW = 3


def statement(site: Site, context: Context) -> Iterator[Offer]:
    """A statement in the place of ``pass``, or before the first one of a function: what others do with such values."""
    node = site.node
    if isinstance(node, cst.Pass) and context.function is not None:
        for piece in _statements(context, _MOST):
            yield Offer(Template.STATEMENT, node, piece.text, 0.4)
    if not isinstance(node, cst.FunctionDef) or not isinstance(node.body, cst.IndentedBlock):
        return
    first = first_statement(node.body)
    if first is None or (isinstance(first, cst.SimpleStatementLine) and _is_pass(first)):
        return
    indent, rest = indent_of(site, first), text_of(site, first)
    parameters = set(context.parameters)
    for piece in _statements(context, 4 * _FEW):
        if piece.binds in parameters and piece.needs & parameters and piece.text not in rest:
            yield Offer(Template.STATEMENT, first, f"{piece.text}\n{indent}{rest}", 0.2)


def _is_pass(line: cst.SimpleStatementLine) -> bool:
    return all(isinstance(each, cst.Pass) for each in line.body)


def _statements(context: Context, most: int) -> list[Piece]:
    """Statements that would do something here: what they bind is a name of the function."""
    chosen = [
        piece
        for piece in context.pieces.statements
        if piece.inside != context.qualname and (not piece.binds or piece.binds in context.locals)
    ]
    return nearest(chosen, context.known, context.qualname, most)


def call(site: Site, context: Context) -> Iterator[Offer]:
    """The same function called as it is elsewhere: an argument more, fewer, or another."""
    node = site.node
    if not isinstance(node, cst.Call):
        return
    here = site.text(node)
    others = context.pieces.calls.get(site.text(node.func), ())
    for piece in nearest(others, context.known, context.qualname, _FEW + 1):
        if piece.text != here:
            yield Offer(Template.CALL, node, piece.text, 0.3)


def condition(site: Site, context: Context) -> Iterator[Offer]:
    """A condition that stands elsewhere, most likely where there is none: ``if True``."""
    node = site.node
    if not isinstance(node, cst.If) or context.function is None:
        return
    empty = isinstance(node.test, cst.Name) and node.test.value in {"True", "False"}
    found = nearest(context.pieces.conditions, context.known, context.qualname, 2 * _MOST)
    for piece in found[: None if empty else _FEW]:
        yield Offer(Template.CONDITION, node.test, piece.text, 0.4 if empty else 0.12)


def returned(site: Site, context: Context) -> Iterator[Offer]:
    """What another function returns, in the place of ``None``: one of the same name first."""
    node = site.node
    match node:
        case cst.Return(value=cst.Name(value="None") as none):
            for piece in nearest(context.pieces.returned, context.known, context.qualname, _MOST):
                yield Offer(Template.RETURN, none, piece.text, 0.35)

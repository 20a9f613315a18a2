"""Pieces of a file's own code that could stand elsewhere in it: what a fix needs has often been written before.

Barr et al., "The plastic surgery hypothesis" (FSE 2014): 43 % of what changes bring stands in the version before them.
"""

from __future__ import annotations

import builtins
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

import libcst as cst

_BUILTIN = frozenset(dir(builtins))
_LONGEST = 90
"""Characters; longer code has too much of its place in it."""


@dataclass(frozen=True, slots=True, order=True)
class Piece:
    """Code on one line, and what it needs where it stands."""

    text: str
    inside: str
    """Qualname of the function that it is in."""
    needs: frozenset[str] = field(compare=False)
    """Names that it reads."""
    binds: str = ""
    """The name that it assigns; empty: none."""

    def fits(self, known: Collection[str]) -> bool:
        """Tell whether all that it reads is known there."""
        return all(name in known or name in _BUILTIN for name in self.needs)


@dataclass(slots=True)
class Pieces:
    """All of a file."""

    statements: list[Piece] = field(default_factory=list)
    returned: list[Piece] = field(default_factory=list)
    conditions: list[Piece] = field(default_factory=list)
    calls: dict[str, list[Piece]] = field(default_factory=dict)
    """What is called → its calls."""
    names: set[str] = field(default_factory=set)
    """Bound at module level."""


def pieces_of(module: cst.Module) -> Pieces:
    """Gather the pieces of a module."""
    found = Pieces(names=set(_bound(module.body)))
    _gather(module, "", found, module)
    return found


def nearest(
    pieces: Sequence[Piece], known: Collection[str], inside: str, most: int
) -> list[Piece]:
    """The pieces that fit, each text once: by function name, class, and how much of it is known."""
    name, owner = inside.rpartition(".")[2], inside.rpartition(".")[0]

    def far(piece: Piece) -> tuple[bool, bool, int, Piece]:
        other = piece.inside.rpartition(".")
        shared = sum(each in known for each in piece.needs)
        return other[2] != name, other[0] != owner, -shared, piece

    once: dict[str, Piece] = {}
    for piece in sorted((each for each in pieces if each.fits(known)), key=far):
        once.setdefault(piece.text, piece)
    return list(once.values())[:most]


def _gather(node: cst.CSTNode, inside: str, found: Pieces, module: cst.Module) -> None:
    match node:
        case cst.FunctionDef(name=cst.Name(value=name)) | cst.ClassDef(name=cst.Name(value=name)):
            inside = f"{inside}.{name}" if inside else name
        case cst.Return(value=cst.BaseExpression() as value):
            _add(found.returned, value, inside, module)
        case cst.If(test=test):
            _add(found.conditions, test, inside, module)
        case cst.Call(func=func):
            _add(found.calls.setdefault(module.code_for_node(func), []), node, inside, module)
    if inside and isinstance(node, cst.Assign | cst.AugAssign | cst.Raise | cst.Expr):
        _add_statement(found, node, inside, module)
    for child in node.children:
        if not isinstance(child, cst.Annotation):
            _gather(child, inside, found, module)


def _add_statement(
    found: Pieces, node: cst.BaseSmallStatement, inside: str, module: cst.Module
) -> None:
    match node:
        case cst.Expr(value=cst.Call() | cst.Await()) | cst.Raise() | cst.AugAssign():
            _add(found.statements, node, inside, module)
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value):
            text = f"{name} = {module.code_for_node(value)}"
            _keep(found.statements, Piece(text, inside, frozenset(_reads(value)), name))
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Attribute() | cst.Subscript())]):
            _add(found.statements, node, inside, module)


def _add(into: list[Piece], node: cst.CSTNode, inside: str, module: cst.Module) -> None:
    text = module.code_for_node(node).strip().rstrip(";").strip()
    _keep(into, Piece(text, inside, frozenset(_reads(node))))


def _keep(into: list[Piece], piece: Piece) -> None:
    if piece.text and "\n" not in piece.text and len(piece.text) <= _LONGEST:
        into.append(piece)


def _reads(node: cst.CSTNode) -> Iterator[str]:
    """Names in an expression or statement; not those of attributes and keywords."""
    match node:
        case cst.Name(value=name):
            yield name
        case cst.Attribute(value=value) | cst.Arg(value=value):
            yield from _reads(value)
        case _:
            for child in node.children:
                yield from _reads(child)


def _bound(body: Sequence[cst.CSTNode]) -> Iterator[str]:
    """Names that statements of a module bind, also those in branches."""
    for node in body:
        match node:
            case (
                cst.FunctionDef(name=cst.Name(value=name))
                | cst.ClassDef(name=cst.Name(value=name))
            ):
                yield name
            case cst.AssignTarget(target=cst.Name(value=name)):
                yield name
            case cst.ImportAlias():
                yield node.evaluated_alias or node.evaluated_name.partition(".")[0]
            case _:
                yield from _bound(node.children)

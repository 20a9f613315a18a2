"""What every template gets and gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from tdad.facts_fix import Template
from tdad.source.repairs.pieces import Pieces


@dataclass(frozen=True, slots=True)
class Offer:
    """Replace ``node`` by ``text``, which takes over the node's parentheses."""

    template: Template
    node: cst.CSTNode
    text: str
    prior: float
    """0 to 1: how promising, before anything is known about the place."""


@dataclass(frozen=True, slots=True)
class Context:
    """What is in reach of a node: the function and the class around it, and what the file says elsewhere."""

    function: cst.FunctionDef | None
    owner: cst.ClassDef | None
    parameters: Sequence[str]
    """Of the function, ``self`` and ``cls`` left out."""
    locals: Sequence[str]
    """Parameters and names that the function binds, in order."""
    attributes: Sequence[str]
    """Attributes of ``self`` that the class mentions, sorted."""
    strings: Sequence[str]
    """Values of string literals elsewhere: in the file, the tests, the failure messages."""
    numbers: Sequence[str]
    """Source of numbers elsewhere in the file."""
    decorators: Sequence[str]
    """Source of decorators in the file, the most frequent first."""
    exceptions: Sequence[str]
    """Source of exception types that handlers in the file name, the most frequent first."""
    calls_super: bool
    """The function has a ``super()`` already."""
    bases: Sequence[str]
    """Names of classes of the file, and of what its classes are derived from."""
    qualname: str
    """Of the function or class."""
    pieces: Pieces
    """Code of the file that could stand here."""
    known: frozenset[str]
    """Names that code may read here."""


def last_name(node: cst.BaseExpression) -> str:
    """Last name of a dotted expression or of what is called."""
    match node:
        case cst.Name(value=name):
            return name
        case cst.Attribute(attr=cst.Name(value=name)):
            return name
        case cst.Call(func=func):
            return last_name(func)
    return ""

"""The values the resolver answers with."""

from __future__ import annotations

from dataclasses import dataclass

from tdad.facts import ReferenceKind


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """Definition ``source`` mentions definition ``target`` (both ``path::qualname``)."""

    source: str
    target: str
    kind: ReferenceKind
    line: int
    """In the file of ``source``; 0 where no line says so (autouse fixtures)."""
    weight: float = 1.0
    """0 to 1. 1: certain; 1/n: one of n definitions with that attribute's name; 0.5: an override in a subclass of the
    receiver's class."""
    ambiguous: bool = False
    """The receiver is unknown: only the attribute's name says so."""


@dataclass(frozen=True, slots=True, order=True)
class ImportEdge:
    """Running file ``source`` (or a function of it, when ``lazy``) runs the top level of file ``target``."""

    source: str
    target: str
    definition: str
    """The definition that imports, ``path::qualname``: the module, unless ``lazy``."""
    line: int
    conditional: bool = False
    lazy: bool = False
    """Inside a function: only when that is called."""
    how: str = "import"
    """``import``, ``literal`` (by a literal name: ``import_module("a.b")``, or a script in a string), ``package`` (an
    ``__init__.py`` around the target), ``plugin`` (``pytest_plugins``), ``conftest``, or ``string`` (a string literal
    that is a module's dotted name)."""

"""Scopes with their operations, and the facts of a file."""

from __future__ import annotations

from dataclasses import dataclass

from tdad.facts_flow.operations import Operation
from tdad.facts_flow.words import FIRST_PARAMETER, UNKNOWN, ParameterKind, ScopeKind


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; its slot is ``FIRST_PARAMETER`` plus its index.

    ``default`` and ``annotation`` are slots of the scope that executes the ``def``.
    """

    name: str
    kind: ParameterKind
    default: int = UNKNOWN
    annotation: int = UNKNOWN
    optional: bool = False
    """Its default is ``None``."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One code object."""

    name: str
    """Dotted name within the module (``Class.method``, ``outer.inner``, ``f.<lambda1>``); the module's is empty."""
    kind: ScopeKind
    parent: int
    """Index of the scope that runs the definition; of the module -1."""
    parameters: tuple[Parameter, ...] = ()
    slots: int = FIRST_PARAMETER
    """How many slots it has."""
    operations: tuple[Operation, ...] = ()
    generator: bool = False
    asynchronous: bool = False
    binds: frozenset[str] = frozenset()
    """Names it binds (of a module or class: its attributes)."""
    returns: int = UNKNOWN
    """Slot of the annotation of what it returns, in the scope that executes the ``def``."""
    conditional: tuple[tuple[int, bool, int], ...] = ()
    """(parameter, whether it is something else than ``None``, slot): what it returns if that is so."""
    fields: tuple[str, ...] = ()
    """Of a class: its annotated names in order (what ``dataclass`` and ``NamedTuple`` make parameters of)."""


@dataclass(frozen=True, slots=True)
class FlowFacts:
    """All that one file does with values. ``scopes[0]`` is the module."""

    module: str
    """Dotted name."""
    scopes: tuple[Scope, ...]
    exports: tuple[str, ...] | None = None
    """The literal ``__all__``, if there is one."""
    sites: int = 0
    """Sites are numbered from 0 to this, exclusive."""
    error: str | None = None
    """Why it could not be parsed; then it is a module without operations."""

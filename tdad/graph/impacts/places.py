"""The kinds of place that a change can be followed to; each leads to tests or to further places."""

from __future__ import annotations

from dataclasses import dataclass

from tdad.facts import Site
from tdad.graph.impacts.trails import Trail


@dataclass(frozen=True, slots=True)
class Executed:
    """A definition whose *execution* is affected."""

    path: str
    qualname: str
    trail: Trail
    line: int
    """Only whoever executes that line is affected, where lines are recorded; 0: whoever executes any of it."""
    old: bool
    """The line is one of the old version, not of the current one."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A name at module or class level whose *value* is affected."""

    path: str
    qualname: str
    trail: Trail
    kept: bool = False
    """The name keeps its object, which has other contents."""


@dataclass(frozen=True, slots=True)
class AtImport:
    """An import-time *statement* that runs affected code."""

    site: Site
    """Line 0: some statement of that module."""
    trail: Trail
    now: bool
    """The line is one of the current version, not of the recorded one."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A module whose *import* has an affected side effect."""

    path: str
    trail: Trail


Place = Executed | Bound | AtImport | Imported

"""The facts of an audit: faults that are put into code on purpose, and what came of each.

Units and shapes are those of :mod:`tdad.facts`. Offsets are bytes of the file, 0-based; ``end`` is the first one after.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class FaultKind(StrEnum):
    """What is done to the code."""

    NEGATE = "negate condition"
    CONSTANT = "constant"
    DROP = "drop statement"
    OFF_BY_ONE = "off by one"
    SWAP = "swap arguments"
    OPERATOR = "operator"
    RETURN = "wrong return"
    EXCEPT = "remove except"
    AWAIT = "remove await"
    DECORATOR = "remove decorator"
    SUPER = "remove super()"
    DEFAULT = "default"
    MODULE_CONSTANT = "module constant"
    CLASS_ATTRIBUTE = "class attribute"
    BASE_CLASS = "base class"
    FIXTURE = "fixture"
    DATA = "data file"


@unique
class FaultLevel(StrEnum):
    """Where the broken code runs: what the audit spreads its faults over, and what benchmarks split their tables by."""

    FUNCTION = "function"
    """In a function's body."""
    CLASS = "class"
    """When a class statement runs: attributes, bases, defaults and decorators of methods."""
    MODULE = "module"
    """When a module is imported."""
    FIXTURE = "fixture"
    """In the body of a fixture, in test code."""
    DATA = "data"
    """A file that tests opened."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One way to break one file: the bytes ``start`` to ``end`` become ``replacement``."""

    path: str
    start: int
    end: int
    replacement: str
    kind: FaultKind
    level: FaultLevel
    qualname: str
    """Definition that it is in; of a default or a decorator the function that has it; empty: the module, or data."""
    line: int
    detail: str
    """``a < b → a <= b``, on one line, shortened."""
    digest: str = ""
    """Of the file before."""

    @property
    def definition(self) -> str:
        """``path::qualname``, or the path of a data file."""
        return self.path if self.level is FaultLevel.DATA else f"{self.path}::{self.qualname}"

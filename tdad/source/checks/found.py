"""What the reading of a body collects, and how suites and expressions are walked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, unique

import libcst as cst

from tdad.facts_checks import Check, Mock, Pass

_WITH_CALLS = (
    cst.BaseExpression,
    cst.Arg,
    cst.BaseElement,
    cst.BaseDictElement,
    cst.ComparisonTarget,
)


@unique
class Exit(Enum):
    """How a suite ends."""

    ON = 0
    LEFT = 1
    """``return``, ``continue``, ``raise``: what follows is not run."""
    EXCUSED = 2
    """By a skip, or by failing."""


@dataclass(slots=True)
class Found:
    """What the bodies that were read hold."""

    checks: list[Check] = field(default_factory=list)
    passes: list[Pass] = field(default_factory=list)
    mocks: list[Mock] = field(default_factory=list)
    calls: set[str] = field(default_factory=set)
    unrolled: bool = False
    """A loop over literals was met."""


def calls_in(node: cst.CSTNode) -> Iterator[cst.Call]:
    """Yield the calls in an expression, outer before inner."""
    if isinstance(node, cst.Call):
        yield node
    for child in node.children:
        if isinstance(child, _WITH_CALLS):
            yield from calls_in(child)


def statements_of(
    body: cst.BaseSuite | Sequence[cst.BaseStatement],
) -> Sequence[cst.BaseStatement]:
    """Return the statements of a suite."""
    if isinstance(body, cst.SimpleStatementSuite):
        return [cst.SimpleStatementLine(body.body)]
    return body.body if isinstance(body, cst.IndentedBlock) else list(body)  # type: ignore[arg-type]  # no other suites

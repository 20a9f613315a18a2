"""What a prompt is made of, and what it is. Lines are 1-based; paths are POSIX and relative to the project's root."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tdad.facts import Definition, Statement

PARTS = ("failures", "suspects", "map", "source", "advice", "checks", "budget")
"""What can be left out, each by itself: how the tests fail, suspects with reasons, tests that reach them, excerpts of
the source, advice, that edits are checked by running tests, the budget line."""

Count = Callable[[str, str], int | None]
"""(system message, user message) → tokens; ``None``: it cannot be said."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of the project on a traceback."""

    path: str
    line: int
    qualname: str
    """Function around it; empty: the module."""


@dataclass(frozen=True, slots=True)
class Failing:
    """One failing test, as far as it is known how it failed."""

    node_id: str
    """Or the path of a file that cannot be collected."""
    message: str = ""
    frames: tuple[Frame, ...] = ()
    """Outermost first."""
    output: str = ""
    """End of what it printed."""
    test: str = ""
    """``path::qualname`` of the test function; empty: not known."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """One suspect, most suspicious first where there are several."""

    definition: str
    line: int
    reasons: tuple[str, ...]
    failing: tuple[str, ...] = ()
    """Failing tests that reach it."""
    passing: tuple[str, ...] = ()
    """Passing tests that reach it, the most specific first."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its text, its definitions, and how suspicious its lines are."""

    lines: tuple[str, ...]
    """Without line ends."""
    definitions: tuple[Definition, ...] = ()
    statements: tuple[Statement, ...] = ()
    heat: Mapping[int, float] = field(default_factory=dict)
    """Line → 0 to 1; lines that are not in it were not executed by a failing test."""


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that a prompt is made from."""

    failing: tuple[Failing, ...]
    total: int
    """Tests that the suite has."""
    doubts: tuple[Doubt, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict)
    tools: tuple[tuple[str, str], ...] = ()
    """(name, what it does in one line), in the order in which they are told."""
    steps: int = 30
    minutes: int = 15
    issue: str = ""
    earlier: tuple[str, ...] = ()
    """A line for each attempt that failed."""


@dataclass(frozen=True, slots=True, order=True)
class Seen:
    """Lines that stand in a prompt as they are in the file."""

    path: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Brief:
    """The first two messages of a conversation."""

    system: str
    user: str
    tokens: int
    """Of both."""
    counted_by: str
    """``server`` or ``estimate`` (rather too many than too few)."""
    shown: tuple[str, ...]
    """Definitions whose source stands in it (of long ones the part that matters), in their order."""
    seen: tuple[Seen, ...] = ()
    """The lines of these."""

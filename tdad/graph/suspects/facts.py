"""What localisation is given and what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tdad.facts import Site


@dataclass(frozen=True, slots=True)
class Clues:
    """What is known about a failure beside who executed what."""

    frames: Mapping[str, Sequence[Site]] = field(default_factory=dict)
    """Failing test → lines of the project on its traceback, outermost first."""
    recent: Mapping[str, float] = field(default_factory=dict)
    """``path::qualname`` → how lately it changed, 1 (uncommitted, or the last commit) down to 0."""
    messages: Mapping[str, str] = field(default_factory=dict)
    """Failing test → type and text of the exception."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A definition that may be wrong."""

    definition: str
    """``path::qualname``."""
    score: float
    """0 to 1; only the order matters."""
    line: int
    """The most suspicious line of it (where it is defined, if lines were not recorded)."""
    failed: int
    """Failing tests that executed it (of a constant: that executed something which reads it)."""
    passed: int
    suspicion: float
    """By the formula alone."""
    reasons: tuple[str, ...]
    """Short phrases, strongest first: ``executed by 3 of 3 failing and 1 of 48 passing tests``."""

"""What ``tdad doctor`` answers with: checks, each with what was found and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Any


@unique
class Health(StrEnum):
    """How a check came out."""

    GOOD = "good"
    POOR = "poor"
    """It works, and could work better."""
    BAD = "bad"
    """It does not work."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    health: Health
    found: str
    remedy: str = ""
    """What to type or to change; empty when all is well."""


@dataclass(frozen=True, slots=True)
class ServerReport:
    """One endpoint of a model."""

    base_url: str
    checks: tuple[Check, ...]
    capabilities: Mapping[str, Any] | None
    """``tdad.capabilities/1``; ``None`` when nobody answered."""

    @property
    def usable(self) -> bool:
        """Nothing about it is bad."""
        return all(check.health is not Health.BAD for check in self.checks)


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """All checks."""

    project: tuple[Check, ...]
    servers: tuple[ServerReport, ...]
    looked_at: tuple[str, ...] = ()
    """Where a server was looked for in vain; empty when one was named or found."""
    start: str = ""
    """What to type then."""

"""What ``tdad fix`` is asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field

from tdad.facts_fix import Engine
from tdad.runner.sandbox import Strictness
from tdad.workflows.fix_deliver import Delivery


@dataclass(frozen=True, slots=True)
class FixOptions:
    """What to repair, and how."""

    tests: tuple[str, ...] = ()
    engine: Engine = Engine.AUTO
    good: str | None = None
    time_s: float = 900.0
    """For the search; the run at the start and the final verification come on top."""
    verify_s: float = 600.0
    attempts: int = 3
    """So many patches are verified at most."""
    jobs: int | None = None
    strictness: Strictness = Strictness.AUTO
    python: str | None = None
    resume: str | None = None
    arms: tuple[str, ...] = ("revert", "template", "held-back")
    seed: int = 1
    delivery: Delivery = field(default_factory=Delivery)

"""What ``tdad fix`` is asked to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tdad.facts_arms import MODEL_ARMS, PRESETS, SEARCH_ARMS
from tdad.facts_fix import Engine
from tdad.runner.sandbox import Strictness
from tdad.workflows.fix_deliver import Delivery
from tdad.workflows.fix_model_servers import Wanted

ALL_ARMS = (*SEARCH_ARMS, *MODEL_ARMS)


def arms_of(named: Sequence[str]) -> tuple[str, ...]:
    """The parts that are on: those that are named, and all of an engine of which none is named.

    ``A`` to ``G`` stand for the parts of the comparison.
    """
    wanted = {part for name in named for part in PRESETS.get(name, (name,))}
    groups = ((SEARCH_ARMS, wanted & set(SEARCH_ARMS)), (MODEL_ARMS, wanted & set(MODEL_ARMS)))
    touched = {name for name in named if name in PRESETS}
    return tuple(
        name
        for group, chosen in groups
        for name in group
        if name in chosen or (not chosen and not (touched and group is MODEL_ARMS))
    )


@dataclass(frozen=True, slots=True)
class FixOptions:
    """What to repair, and how."""

    tests: tuple[str, ...] = ()
    engine: Engine = Engine.AUTO
    good: str | None = None
    time_s: float = 900.0
    """For the search, and for each attempt of a model; the start and the final verification come on top."""
    verify_s: float = 600.0
    attempts: int = 3
    """So many conversations with a model; so many patches of the search are verified at most."""
    jobs: int | None = None
    strictness: Strictness = Strictness.AUTO
    python: str | None = None
    resume: str | None = None
    arms: tuple[str, ...] = ALL_ARMS
    seed: int = 1
    formula: str = "ochiai"
    """One of ``graph.suspects.FORMULAS``: how suspicious a statement is."""
    delivery: Delivery = field(default_factory=Delivery)
    wanted: Wanted = field(default_factory=Wanted)
    """Which model."""
    steps: int = 30
    """Turns of a model in one attempt."""
    tool_s: float = 60.0
    """For one call of a tool."""
    shell: bool = False
    """The model may run commands."""
    allow_tests: bool = False
    """The model may edit tests; what is measured are the tests as they were."""
    issue: str | None = None
    """What somebody wrote about the fault; a test that reproduces it is asked for first."""
    instance: str | None = None
    """Name of the case in the predictions file; ``None``: the folder's."""

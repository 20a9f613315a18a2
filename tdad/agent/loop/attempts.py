"""One attempt's facts: its arms, its limits, how it ended, what it came to; and which of several is the best."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tdad.agent.loop.code import BROKEN, parsed
from tdad.agent.loop.standing import Standing
from tdad.agent.search.patch_text import changed_lines
from tdad.facts_fix import AttemptEnd, AttemptFacts, Patch

BUDGET_ENDS = frozenset({AttemptEnd.STEPS, AttemptEnd.TIME, AttemptEnd.TOKENS})


@dataclass(frozen=True, slots=True)
class AttemptLimits:
    """Budgets of one attempt; all are in the report."""

    steps: int = 30
    time_s: float = 900.0
    tool_s: float = 60.0
    """One call of a tool; running tests included."""
    tokens: int | None = None
    """Prompts and answers of the endpoint in this run; ``None``: as many as it takes."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A state worth keeping."""

    patch: Patch
    standing: Standing
    lines: int

    @property
    def rank(self) -> tuple[bool, int, int, int]:
        """The smaller the better."""
        return (*self.standing.rank, self.lines)


def checkpoint(
    start: Callable[[str], bytes | None], patch: Patch, standing: Standing
) -> Checkpoint:
    """The state with its size."""
    return Checkpoint(patch, standing, changed_lines({path: start(path) for path in patch}, patch))


def best_of(found: Sequence[Checkpoint]) -> Checkpoint | None:
    """Fewest regressions, then most targets passing, then what most attempts came to, then the smallest difference.

    A state with which no target passes comes last whatever it breaks: it is no repair (order of Agentless).
    """
    votes = Counter(_normal(each.patch) for each in found)
    return min(
        found,
        key=lambda each: (*each.standing.rank, -votes[_normal(each.patch)], each.lines),
        default=None,
    )


def carried(number: int, facts: AttemptFacts, best: Checkpoint | None) -> str:
    """One line about an attempt for the next one."""
    if best is None or not best.patch:
        return f"attempt {number} changed nothing and ended: {facts.end}"
    files = ", ".join(sorted(best.patch))
    still = best.standing.failing
    if best.standing.broken:
        broken = best.standing.broken
        what = f"that broke {len(broken)} test{'s'[: len(broken) > 1]}, such as {broken[0]}"
    elif still:
        what = f"{len(still)} failing tests still fail, such as {still[0]}"
    else:
        what = "that was not good enough"
    return f"attempt {number} changed {files} ({best.lines} lines): {what}"


def _normal(patch: Patch) -> str:
    """The patch without formatting: two attempts that mean the same vote for the same."""
    return repr([(path, _meaning(path, data)) for path, data in sorted(patch.items())])


def _meaning(path: str, data: bytes | None) -> str:
    if data is None:
        return ""
    try:
        return ast.dump(parsed(data)) if path.endswith(".py") else repr(data)
    except BROKEN:
        return repr(data)

"""How the tests stand with the edits so far: a value to compare attempts by, and the lines that the model is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tdad.agent.loop.plain import plain
from tdad.facts_fix import Failure, Measured

_SHOWN = 3
_NAMED = 5
_LONGEST_MESSAGE = 1_200
_FRAMES = 3


@dataclass(frozen=True, slots=True)
class Standing:
    """What a run of the targets and of tests at risk said."""

    passing: tuple[str, ...] = ()
    """Targets that pass."""
    failing: tuple[str, ...] = ()
    """Targets that fail."""
    broken: tuple[str, ...] = ()
    """Tests that passed at the start and fail."""
    ran: int = 0
    all_at_risk: bool = True
    """All tests at risk were run, not only as many as the time allowed."""
    at_risk: int = 0
    failures: Mapping[str, Failure] = field(default_factory=dict)
    cut_short: bool = False
    """The time for the run was over; what did not run counts neither way, but for targets."""

    @property
    def good(self) -> bool:
        """All targets pass and nothing is known to be broken."""
        return not self.failing and not self.broken and not self.cut_short

    @property
    def rank(self) -> tuple[bool, int, int]:
        """The smaller the better: whether no target passes at all, what broke, what still fails."""
        return not self.passing, len(self.broken), len(self.failing)


def corrected(standing: Standing, measured: Measured) -> Standing:
    """The standing as the final verification found it."""
    return replace(
        standing,
        passing=measured.fixed,
        failing=measured.failing,
        broken=measured.broken,
    )


def verdict_text(measured: Measured) -> str:
    """What the final verification found wrong, for the model."""
    scope = "the whole suite" if measured.whole_suite else "more of the tests at risk"
    lines = [f"Then {scope} was run with your patch, and it is not good yet."]
    if measured.broken:
        lines.append(f"NEW failure, passed before your edits: {_names(measured.broken)}")
    if measured.failing:
        lines.append(f"Still failing: {_names(measured.failing)}")
    return "\n".join([*lines, "Put that right, and keep the failing tests passing."])


def standing_text(
    now: Standing, before: Standing | None, sources: Mapping[str, Sequence[str]]
) -> str:
    """What the model is told after an edit or a run. ``sources``: path → lines, to quote where a test failed."""
    was = f" (was {len(before.failing) + len(before.broken)})" if before is not None else ""
    bad = len(now.failing) + len(now.broken)
    head = f"{now.ran} tests run: {now.ran - bad} pass, {bad} fail{was}."
    if now.cut_short:
        head += " The run took too long and was ended; what did not run is not counted."
    elif not now.all_at_risk:
        head += " More tests are at risk than there was time for; these are the most likely ones."
    lines = [head]
    fixed = [name for name in now.passing if before is None or name in set(before.failing)]
    if fixed:
        lines.append(f"Fixed: {_names(fixed)}")
    if now.failing:
        lines.append(f"Still failing: {_names(now.failing)}")
    if now.broken:
        lines.append(f"NEW failure, passed before your edits: {_names(now.broken)}")
    shown = [*now.broken, *now.failing][:_SHOWN]
    lines += [failure_text(name, now.failures.get(name), sources) for name in shown]
    return "\n".join(lines)


def failure_text(name: str, failure: Failure | None, sources: Mapping[str, Sequence[str]]) -> str:
    """How one test failed: the message, and the innermost lines of the project."""
    if failure is None:
        return f"--- {name}: it did not end (killed, or ended with everything else)"
    message = plain(failure.message[:_LONGEST_MESSAGE]).strip()
    lines = [f"--- {name}", *(f"    {line}" for line in message.splitlines()[:18])]
    for site in failure.frames[-_FRAMES:]:
        source = sources.get(site.path, ())
        text = source[site.line - 1].strip() if 0 < site.line <= len(source) else ""
        lines.append(f"    at {site.path}:{site.line}: {plain(text)[:160]}".rstrip(": "))
    return "\n".join(lines)


def known_line(standing: Standing | None, targets: Sequence[str]) -> str:
    """What is known so far, in one line."""
    failing = standing.failing if standing is not None and standing.failing else targets[:1]
    if standing is not None and standing.good:
        return "All failing tests pass."
    if not failing:
        return ""
    name = failing[0]
    failure = standing.failures.get(name) if standing is not None else None
    said = plain(failure.message).strip().partition("\n")[0][:200] if failure else "fails"
    return f"Known so far: {name}: {said}."


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more

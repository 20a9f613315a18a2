"""What speaks against one definition, and what becomes of it: a score and reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tdad.graph.suspects.facts import Suspect
from tdad.graph.suspects.spectrum import Spectrum


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each source counts; they need not add up to one.

    Fitted by ``tools/localise.py --fit`` on faults of two projects and looked at on a third.
    """

    suspicion: float = 1.0
    frames: float = 0.35
    """At the innermost line of the project in the traceback; half of it one frame further out, and so on."""
    blamed: float = 0.3
    """Mentioned on that line."""
    written: float = 0.3
    """Sets an attribute that the most suspicious lines read."""
    mentioned: float = 0.1
    """Failing tests mention it."""
    kin: float = 0.1
    """Failing tests are called like it."""
    named: float = 0.15
    """The failure message names it."""
    recent: float = 0.25


@dataclass(slots=True)
class Case:
    """What speaks against one definition; shares are 0 to 1."""

    definition: str
    tests: int = 0
    line: int = 0
    suspicion: float = 0.0
    through: str = ""
    """The executed definition that reads it, where nothing of its own is executed."""
    frames: float = 0.0
    framed: int = 0
    blamed: float = 0.0
    written: float = 0.0
    reader: str = ""
    """What reads the attribute that it sets."""
    mentioned: float = 0.0
    kin: float = 0.0
    recent: float = 0.0
    named: float = 0.0
    static: str = ""
    """The test that mentions it and executed nothing."""

    def suspect(self, seen: Spectrum, weights: Weights) -> Suspect:
        """Weigh it."""
        counts = seen.counts(self.tests)
        parts = (
            (weights.suspicion, self.suspicion),
            (weights.frames, self.frames),
            (weights.blamed, self.blamed),
            (weights.written, self.written),
            (weights.mentioned, self.mentioned),
            (weights.kin, self.kin),
            (weights.named, self.named),
            (weights.recent, self.recent),
        )
        score = sum(weight * share for weight, share in parts) / sum(each for each, _ in parts)
        return Suspect(
            definition=self.definition,
            score=round(score, 6),
            line=self.line,
            failed=counts.failed,
            passed=counts.passed,
            suspicion=round(self.suspicion, 6),
            reasons=tuple(self._reasons(seen)),
        )

    def _reasons(self, seen: Spectrum) -> Iterator[str]:
        counts = seen.counts(self.tests)
        if self.framed:
            yield f"in the traceback of {_count(self.framed, 'failing test')}"
        if self.blamed:
            yield "used on the line that failed"
        if counts.failed:
            verb = f"used by {short(self.through)}, executed" if self.through else "executed"
            yield (
                f"{verb} by {counts.failed} of {counts.total_failed} failing"
                f" and {counts.passed} of {counts.total_passed} passing tests"
            )
        if self.static:
            yield f"mentioned by {self.static}, which executed nothing here"
        if self.written:
            yield f"sets what {short(self.reader)} reads"
        if self.recent:
            yield "changed lately"
        if self.named:
            yield "named in the failure message"
        if self.mentioned:
            yield "named in a failing test"


def short(definition: str) -> str:
    """The qualname; of a module its path."""
    return definition.rpartition("::")[2] or definition


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"

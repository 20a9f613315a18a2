"""What speaks against one definition, and what becomes of it: a score and reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tdad.graph.suspects.facts import Suspect
from tdad.graph.suspects.spectrum import Spectrum


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each source counts beside the strongest one, which counts 1.

    Chosen by hand near the best that a random search found on 48 faults of three projects, most of them of two
    (``docs/explanation/repair.md``): with so few faults the exact values mean nothing, the order of their sizes does.
    """

    frames: float = 0.06
    """At the innermost line of the project in the traceback; half of it one frame further out, and so on."""
    blamed: float = 0.04
    """Used on that line."""
    written: float = 0.05
    """Sets an attribute that the most suspicious lines read."""
    mentioned: float = 0.03
    """Failing tests mention it."""
    kin: float = 0.015
    """Failing tests are called like it."""
    named: float = 0.3
    """The failure message names it."""
    recent: float = 0.15


_RECALL = 2
"""Power of the share of the failing tests that execute it: most often all of them fail for one reason."""
_BLAMED, _WRITTEN, _NAMED = 0.5, 0.6, 0.3
"""As suspicious as an executed line of that suspicion, if all that speaks against it is that a failing line uses it,
that it sets what the most suspicious line reads, or that messages name it."""


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
        """Weigh it: by the strongest source, and a little more for each other one."""
        counts = seen.counts(self.tests)
        share = counts.failed / counts.total_failed if counts.total_failed else 0.0
        strongest = max(
            self.suspicion * (share**_RECALL if share else 1.0),
            _BLAMED * min(1.0, self.blamed),
            _WRITTEN * self.written,
            _NAMED * self.named,
        )
        parts = (
            (weights.frames, min(1.0, self.frames)),
            (weights.blamed, min(1.0, self.blamed)),
            (weights.written, self.written),
            (weights.mentioned, self.mentioned),
            (weights.kin, self.kin),
            (weights.named, self.named),
            (weights.recent, self.recent),
        )
        total = 1.0 + sum(weight for weight, _ in parts)
        score = (strongest + sum(weight * each for weight, each in parts)) / total
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

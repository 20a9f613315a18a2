"""What speaks against one definition, and what becomes of it: a score and reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tdad.graph.suspects.facts import Suspect
from tdad.graph.suspects.spectrum import Spectrum


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each source counts beside an executed line of suspicion 1.

    Chosen by hand, near what a search finds on the recorded faults of three projects; what other weights give, and what
    a search on two of the projects gives on the third, stands in ``docs/explanation/repair.md``.
    """

    recall: float = 2.0
    """Power of the share of the failing tests that execute it: most often all of them fail for one reason."""
    after: float = 0.6
    """Share of its suspicion that goes if it runs after the failure only."""
    # if this is all that speaks against it
    lacking: float = 0.9
    """Messages miss an attribute that it should have made."""
    named: float = 0.7
    """Messages name it."""
    blamed: float = 0.6
    """Used on the innermost line of the project in the traceback."""
    written: float = 0.5
    """Sets an attribute that the most suspicious lines read."""
    # added to the strongest source
    named_too: float = 0.3
    asked: float = 0.08
    """Failing lines of tests use names like its own."""
    frames: float = 0.02
    """At that innermost line; half of it one frame further out, and so on."""
    blamed_too: float = 0.01
    mentioned: float = 0.02
    """Failing tests mention it."""
    kin: float = 0.015
    """Failing tests are called like it."""
    written_too: float = 0.01
    recent: float = 0.15

    @property
    def most(self) -> float:
        """The highest score."""
        return (
            1.0
            + self.named_too
            + self.asked
            + self.frames
            + self.blamed_too
            + self.mentioned
            + self.kin
            + self.written_too
            + self.recent
        )


_LATER = 0.5
"""Share of the failing tests for which it is worth saying that it runs after the failure."""


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
    asked: float = 0.0
    recent: float = 0.0
    named: float = 0.0
    lacking: float = 0.0
    after: float = 0.0
    """Share of the failing tests that run it after they failed."""
    importing: str = ""
    """The module whose import ran it, where no failing test did."""
    static: str = ""
    """The test that mentions it and executed nothing."""

    def score(self, share: float, weights: Weights) -> float:
        """Weigh it: by the strongest source, and a little more for each other one. Only the order matters.

        ``share``: of the failing tests that execute it; 0: none does.
        """
        before = 1.0 - weights.after * self.after
        blamed, frames = min(1.0, self.blamed), min(1.0, self.frames)
        strongest = max(
            self.suspicion * (share**weights.recall if share else 1.0) * before,
            weights.lacking * self.lacking,
            weights.named * self.named,
            weights.blamed * blamed * before,
            weights.written * self.written,
        )
        return (
            strongest
            + weights.named_too * self.named
            + weights.asked * self.asked
            + weights.frames * frames
            + weights.blamed_too * blamed
            + weights.mentioned * self.mentioned
            + weights.kin * self.kin
            + weights.written_too * self.written
            + weights.recent * self.recent
        )

    def suspect(self, seen: Spectrum, weights: Weights) -> Suspect:
        """What becomes of it: a score of at most 1, and reasons."""
        counts = seen.counts(self.tests)
        share = counts.failed / counts.total_failed if counts.total_failed else 0.0
        return Suspect(
            definition=self.definition,
            score=round(self.score(share, weights) / weights.most, 6),
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
        if self.importing:
            yield f"run by the import of {self.importing}"
        elif counts.failed:
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
        if self.after >= _LATER:
            yield "runs after the failure"
        if self.lacking:
            yield "should have made what the failure message misses"
        if self.named:
            yield "named in the failure message"
        if self.mentioned:
            yield "named in a failing test"


def short(definition: str) -> str:
    """The qualname; of a module its path."""
    return definition.rpartition("::")[2] or definition


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"

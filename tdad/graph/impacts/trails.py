"""A trail is how far a change has been followed, with the reasons."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tdad.facts import Change, Evidence, Step


@dataclass(frozen=True, slots=True)
class Trail:
    """The way from a change to where we are now."""

    change: Change
    evidence: Evidence = Evidence.OBSERVED
    steps: tuple[Step, ...] = ()
    weight: float = 1.0
    """Product of the weights of the static steps taken; 1 when each was certain."""
    raises: bool = False
    """What runs affected code may fail: where that is at import, all of the module is affected."""
    requires: frozenset[str] | None = None
    """Only these tests can be reached (``None``: all): the narrower of the conditions met on the way."""

    def then(
        self, how: str, what: str, weight: float = 1.0, evidence: Evidence = Evidence.OBSERVED
    ) -> Trail:
        """The trail with one more step; evidence only ever gets weaker."""
        return replace(
            self,
            evidence=max(self.evidence, evidence, key=lambda e: e.value),
            steps=(*self.steps, Step(how, what)),
            weight=self.weight * weight,
        )

    def only(self, tests: frozenset[str]) -> Trail:
        """The trail, able to reach only these tests."""
        both = tests if self.requires is None else self.requires & tests
        return replace(self, requires=both)

    def rank(self) -> tuple[int, int, float, tuple[Step, ...]]:
        """Sort key: the trail that sorts first is the best explanation."""
        return (self.evidence.value, len(self.steps), -self.weight, self.steps)

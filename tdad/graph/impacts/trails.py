"""A trail is how far a change has been followed, with the reasons."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tdad.facts import Change, Evidence, Step

_STRONGEST = Evidence.OBSERVED


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
    failing: frozenset[str] | None = None
    """The same for an import that fails, which reaches tests that use nothing of what changed."""

    def then(
        self, how: str, what: str, weight: float = 1.0, evidence: Evidence = Evidence.OBSERVED
    ) -> Trail:
        """The trail with one more step; evidence only ever gets weaker."""
        ours = self.evidence
        weaker = evidence is not _STRONGEST and evidence.value > ours.value
        return Trail(  # one for every test that is reached, and more: ``replace`` takes three times as long
            self.change,
            evidence if weaker else ours,
            (*self.steps, Step(how, what)),
            self.weight * weight,
            self.raises,
            self.requires,
            self.failing,
        )

    def only(self, tests: frozenset[str]) -> Trail:
        """The trail, able to reach only these tests."""
        return replace(
            self, requires=_both(self.requires, tests), failing=_both(self.failing, tests)
        )

    def used_by(self, tests: frozenset[str]) -> Trail:
        """The trail, able to reach only these tests, unless it is by an import that fails."""
        return replace(self, requires=_both(self.requires, tests))

    def fails(self) -> Trail:
        """The trail from here on, when an import fails."""
        return replace(self, requires=self.failing)

    def rank(self) -> tuple[int, int, float, tuple[Step, ...]]:
        """Sort key: the trail that sorts first is the best explanation."""
        return (*self.order, -self.weight, self.steps)

    @property
    def order(self) -> tuple[int, int]:
        """What counts first in :meth:`rank`: evidence, and number of steps. Whatever follows the trail has no less."""
        return self.evidence.value, len(self.steps)


def _both(some: frozenset[str] | None, tests: frozenset[str]) -> frozenset[str]:
    return tests if some is None else some & tests

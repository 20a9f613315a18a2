"""Tests that fail are run again, in new processes, on both sides: together, shuffled, alone, after the same tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tdad.facts import Status
from tdad.facts_flaky import History
from tdad.facts_gate import Attempt, Setting
from tdad.gate.history import reruns_for
from tdad.gate.renames import Renames
from tdad.runner.witnessed import Wanted
from tdad.workflows.gate_baseline import BaselineRun
from tdad.workflows.gate_cache import Known
from tdad.workflows.gate_ground import Field, Side
from tdad.workflows.gate_head import HeadRun, files_of, limits_of
from tdad.workflows.gate_options import GateOptions
from tdad.workflows.gate_select import Selected
from tdad.workflows.gate_spots import spots_of

_ALONE = 8
"""So many tests are run alone at most; more are shuffled."""
_APART = 2
"""The round in which they are."""
_STARTS = 10
_CATASTROPHE, _FEW = 0.5, 10
_PREFIX_S = 300.0
"""A prefix of the suite that takes longer is not run again."""

Attempts = dict[str, list[Attempt]]


@dataclass
class Again:
    """All attempts after the first ones, and those after the same tests."""

    head: Attempts = field(default_factory=lambda: defaultdict(list))
    ordered: Attempts = field(default_factory=lambda: defaultdict(list))
    """Of the baseline after the same tests, by its node ids; these are not kept for later gates."""
    notes: list[str] = field(default_factory=list)
    catastrophic: bool = False
    unstable: frozenset[str] = frozenset()
    """Node ids, of either side, that other processes do not have: found by their place among the sets."""

    def steady(self, name: str) -> bool:
        """It failed on head whenever it was run again."""
        return all(attempt.failing for attempt in self.head[name])


@dataclass
class Rerunner:
    """Runs suspects again."""

    sides: Field
    options: GateOptions
    selected: Selected
    renames: Renames
    head: HeadRun
    baseline: BaselineRun
    known: Known
    history: History = field(default_factory=dict)
    _unstable: set[str] = field(default_factory=set)

    def look_again(self) -> Again:
        """Run again what its verdict depends on."""
        again = Again()
        failing = self.head.failing
        ran = len(self.head.attempts)
        self._doubtful_baseline(failing)
        suspects = [name for name in failing if self._suspect(name)]  # not what failed before
        again.catastrophic = ran >= _FEW and len(suspects) > _CATASTROPHE * ran
        rounds = 1 if again.catastrophic else self.options.reruns
        self._on_head(suspects, again, range(rounds))
        self._fixed(again)
        wanted = {name: rounds if again.catastrophic else self._rounds(name) for name in suspects}
        self._longer_on_head(wanted, again, rounds)
        self._on_baseline(wanted, again, rounds)
        if not again.catastrophic and not self.options.workers:
            self._after_the_same(suspects, again)
        again.unstable = frozenset(self._unstable)
        return again

    def _before(self, name: str) -> tuple[Attempt, ...]:
        return self.known.of(self.renames.old_id(name))

    def _suspect(self, name: str) -> bool:
        """It passed before at least once, or is new."""
        before = self._before(name)
        return not before or not all(attempt.failing for attempt in before)

    def _doubtful_baseline(self, failing: Sequence[str]) -> None:
        """What failed on both sides is asked once more there: it may have failed by chance."""
        names = [
            self.renames.old_id(name)
            for name in failing
            if len(before := self._before(name)) == 1 and before[0].failing
        ]
        if names and self.options.reruns:
            self.known.add(self._together(self.sides.baseline, names, Setting.AGAIN, 0))

    def _on_head(self, suspects: Sequence[str], again: Again, rounds: range) -> None:
        for number in rounds:
            for name, attempt in self._round(self.sides.head, suspects, number).items():
                again.head[name].append(attempt)

    def _longer_on_head(self, wanted: Mapping[str, int], again: Again, rounds: int) -> None:
        """Tests of which something is known are run more often, as long as they fail every time."""
        for number in range(rounds, max(wanted.values(), default=0)):
            names = [name for name in wanted if wanted[name] > number and again.steady(name)]
            self._on_head(names, again, range(number, number + 1))

    def _on_baseline(self, wanted: Mapping[str, int], again: Again, rounds: int) -> None:
        """What failed on head every time is run there as often, until it fails; what is flaky as often as usual.

        The latter tells whether it was flaky before the change, and makes the history.
        """
        for number in range(max([rounds, *wanted.values()])):
            names = [
                self.renames.old_id(name)
                for name in wanted
                if number < (wanted[name] if again.steady(name) else rounds)
                and self._asks_more(name, number, steady=again.steady(name))
            ]
            self.known.add(self._round(self.sides.baseline, names, number))

    def _asks_more(self, name: str, number: int, *, steady: bool) -> bool:
        """The baseline has this test, and there is something left to find out about it there."""
        known = self._before(name)
        failed = any(attempt.failing for attempt in known)
        return bool(known) and len(known) < number + 2 and not (steady and failed)

    def _rounds(self, name: str) -> int:
        """So often the test is run again on each side before it is believed."""
        usual = self.options.reruns
        if self._kills(name):  # looked at alone, and once more only if it is late
            return usual
        return reruns_for(
            usual,
            self.history.get(self.renames.old_id(name)),
            shaky=name in self.selected.shaky,
            duration_s=self.head.attempts[name].duration_s,
        )

    def _fixed(self, again: Again) -> None:
        """What failed before and passes now is asked once more on both sides."""
        names = [
            name
            for name, attempt in self.head.attempts.items()
            if not attempt.failing and any(one.failing for one in self._before(name))
        ]
        if not names or not self.options.reruns:
            return
        for name, attempt in self._together(self.sides.head, names, Setting.AGAIN, 0).items():
            again.head[name].append(attempt)
        olds = [self.renames.old_id(name) for name in names]
        few = [name for name in olds if len(self.known.of(name)) == 1]
        self.known.add(self._together(self.sides.baseline, few, Setting.AGAIN, 0))

    # ------------------------------------------------------------------------------------------------ rounds

    def _round(self, side: Side, names: Sequence[str], number: int) -> dict[str, Attempt]:
        """One more attempt of each: together first, then alone if they are few, else shuffled.

        What ended its process always runs alone.
        """
        killers = [
            name for name in names if self._kills(name) and (number == 0 or not self._late(name))
        ]
        others = [name for name in names if not self._kills(name)]
        found: dict[str, Attempt] = {}
        if number == 0:
            found |= self._together(side, others, Setting.AGAIN, number)
        elif number != _APART or len(others) > _ALONE:
            found |= self._together(side, others, Setting.SHUFFLED, number)
        else:
            killers = [*killers, *others]
        for name in killers:
            found |= self._together(side, [name], Setting.ALONE, number)
        return found

    def _kills(self, name: str) -> bool:
        first = self.head.attempts.get(name)
        return first is not None and first.status in {Status.CRASHED, Status.TIMEOUT}

    def _late(self, name: str) -> bool:
        """It was over its time limit: looked at once more only, as it takes that long."""
        return self.head.attempts[name].status is Status.TIMEOUT

    def _together(
        self, side: Side, names: Sequence[str], setting: Setting, number: int
    ) -> dict[str, Attempt]:
        """Run some tests in one process; in further ones if it dies before they all had their turn.

        Head has the hashes of its first run again, so that what depends on the order of a set fails again; the
        baseline has others every time, so that what depends on them there as well is not taken for a regression.
        """
        found: dict[str, Attempt] = {}
        for _ in range(_STARTS):
            left = [name for name in names if name not in found]
            if not left:
                break
            wanted = Wanted(
                ids=tuple(left),
                look_into=files_of(side, left),
                limits=self._limits(left),
                order="shuffled" if setting is Setting.SHUFFLED else "collected",
                seed=f"{self.sides.head.commit}{number}",
                hash_seed=number + 1 if side is self.sides.baseline else 0,
                setting=setting,
                spots=self._spots(side, left),
            )
            run = self._run(side, wanted)
            asked = set(left)
            new = {name: a for name, a in run.items() if name in asked}
            if not new:
                break
            found |= new
        return found

    def _run(self, side: Side, wanted: Wanted) -> dict[str, Attempt]:
        run = side.run(wanted)
        self._unstable |= set(run.aliases.values())
        return run.as_asked()

    def _spots(self, side: Side, names: Iterable[str]) -> dict[str, tuple[int, int]]:
        before = side is self.sides.baseline
        return spots_of(names, self.baseline.collected if before else self.head.collected)

    def _limits(self, names: Iterable[str]) -> dict[str, float]:
        """Twice as long for what was over its limit."""
        limits = limits_of(self.selected, self.options)
        for name in names:
            if self._kills(name):
                limits[name] = 2 * limits.get(name, 6 * self.options.test_limit_s)
        return limits

    # ------------------------------------------------------------------------------------------------- order

    def _after_the_same(self, suspects: Sequence[str], again: Again) -> None:
        """What failed in the suite only is run again after the same tests; if it fails each time, before as well."""
        apart = {
            name
            for name in suspects
            if again.head[name]
            and not any(attempt.failing for attempt in again.head[name])
            and not self._kills(name)
        }
        for order in self.head.processes:
            names = [name for name in order[1:] if name in apart]
            if not names:
                continue
            prefix = [name for name in order[: order.index(names[-1])] if not self._kills(name)]
            prefix.append(names[-1])
            if sum(self.head.attempts[name].duration_s for name in prefix) > _PREFIX_S:
                again.notes.append(
                    "tests that fail in the suite only were not run again after the same tests: too long"
                )
                continue
            self._prefix(names, prefix, again)

    def _prefix(self, names: Sequence[str], prefix: Sequence[str], again: Again) -> None:
        for _ in range(max(1, self.options.reruns)):
            found = self._in_order(self.sides.head, prefix)
            for name in names:
                if name in found:
                    again.head[name].append(found[name])
            names = [name for name in names if name in found and found[name].failing]
            if not names:
                return
        self._before_in_order(names, prefix, again)

    def _before_in_order(self, names: Sequence[str], prefix: Sequence[str], again: Again) -> None:
        olds = [self.renames.old_id(name) for name in prefix]
        for _ in range(max(1, self.options.reruns)):
            found = self._in_order(self.sides.baseline, olds)
            for name in names:
                old = self.renames.old_id(name)
                if old in found:
                    again.ordered[old].append(found[old])

    def _in_order(self, side: Side, names: Sequence[str]) -> Mapping[str, Attempt]:
        wanted = Wanted(
            ids=tuple(names),
            look_into=files_of(side, names),
            limits=limits_of(self.selected, self.options),
            order="given",
            setting=Setting.PREFIX,
            spots=self._spots(side, names),
        )
        return self._run(side, wanted)

"""What both sides said → evidence for each test → judged tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from tdad.facts import Site
from tdad.facts_flaky import History
from tdad.facts_gate import Attempt, Judged, Uncollected, Verdict
from tdad.gate.history import said
from tdad.gate.judge import Decision, Evidence, Presence, judge
from tdad.gate.renames import Renames
from tdad.workflows.gate_again import Again
from tdad.workflows.gate_baseline import BaselineRun
from tdad.workflows.gate_cache import Known
from tdad.workflows.gate_head import HeadRun
from tdad.workflows.gate_options import GateOptions
from tdad.workflows.gate_select import Selected
from tdad.workflows.gate_spots import UNSTABLE, as_many, function_of
from tdad.workflows.gate_vanished import vanished

_ORDER = (
    Verdict.REGRESSION, Verdict.NEW_FAILING, Verdict.UNDECIDED, Verdict.STALE_XFAIL, Verdict.REMOVED,
    Verdict.SILENCED, Verdict.EXCUSED, Verdict.FLAKY, Verdict.NEW_FLAKY, Verdict.ORDER_DEPENDENT, Verdict.SLOW,
    Verdict.FIXED, Verdict.STILL_FAILING, Verdict.NEW_PASSING, Verdict.NOT_RUN, Verdict.UNCHANGED,
)  # fmt: skip
"""The most important first."""
_MIXED = frozenset({Verdict.FLAKY, Verdict.NEW_FLAKY, Verdict.ORDER_DEPENDENT})
SUITE = "(the suite)"
"""Stands for what cannot be collected when nothing can."""


@dataclass(frozen=True)
class Heard:
    """Everything that was heard."""

    head: HeadRun
    baseline: BaselineRun
    known: Known
    again: Again
    renames: Renames
    selected: Selected
    options: GateOptions
    left_out: tuple[str, ...] = ()
    """Selected tests for which there was no time."""
    deleted: frozenset[str] = frozenset()
    """Files that head does not have any more."""
    standing: frozenset[str] = frozenset()
    """Tests of the baseline that head does not find and whose text it has."""
    history: History = field(default_factory=dict)
    """What earlier gates found out about flaky tests, by the baseline's node ids."""

    @cached_property
    def others(self) -> frozenset[str]:
        """Functions whose sets of parameters have other ids than they were recorded with."""
        return as_many(self.selected.before, self.head.collected)

    def fresh(self) -> dict[str, tuple[Attempt, ...]]:
        """Attempts on the baseline that this gate made, by its node ids."""
        found = self.known.fresh()
        for old, attempts in self.again.ordered.items():
            found[old] = (*found.get(old, ()), *attempts)
        return found

    def before(self, name: str) -> tuple[Attempt, ...]:
        """Attempts on the baseline, those after certain other tests last."""
        old = self.renames.old_id(name)
        return (*self.known.of(old), *self.again.ordered.get(old, ()))


def judged(heard: Heard) -> tuple[Judged, ...]:
    """Every test that ran, should have run, or is gone; the most important first, else in the order of running.

    Each once: of a class that cannot be set up on head and that the budget left out, too, the former is said.
    """
    found: dict[str, Judged] = {}
    for part in (_ran, _uncollected, _gone, _without_outcome):
        for test in part(heard):
            found.setdefault(test.node_id, test)
    places = {verdict: place for place, verdict in enumerate(_ORDER)}
    return tuple(sorted(found.values(), key=lambda test: places[test.verdict]))


def _ran(heard: Heard) -> Iterator[Judged]:
    for name, first in heard.head.attempts.items():
        old = heard.renames.old_id(name)
        evidence = Evidence(
            node_id=name,
            baseline=heard.before(name),
            head=(first, *heard.again.head.get(name, ())),
            on_baseline=_presence(heard, name),
            old_id=old if old != name else "",
        )
        yield _judged(heard, evidence)


def _presence(heard: Heard, name: str) -> Presence:
    """Whether the baseline has the test."""
    old = heard.renames.old_id(name)
    if heard.known.of(old):
        return Presence.THERE
    asked = heard.baseline.presence(old)
    if asked is not Presence.UNKNOWN:
        return asked
    recorded = old in heard.selected.before or function_of(old) in heard.others
    return Presence.ABSENT if heard.selected.whole and not recorded else Presence.UNKNOWN


def _uncollected(heard: Heard) -> Iterator[Judged]:
    """Tests of the baseline that cannot be collected on head."""
    for path, error in heard.head.uncollected.items():
        tests = [name for name in heard.baseline.collected if inside(name, path)]
        before = heard.baseline.presence(path or SUITE)
        # pytest may fail at a file and find doctests in it all the same: it was not sound before, either
        broken = path in heard.baseline.uncollected
        if broken or (not tests and before is Presence.UNCOLLECTED):
            before = Presence.UNCOLLECTED
        elif not tests and not heard.baseline.runnable:
            before = Presence.UNRUNNABLE
        elif not tests:
            before = Presence.ABSENT
        for name in tests or [path or SUITE]:
            evidence = Evidence(
                node_id=name,
                baseline=heard.known.of(name) or _as_recorded(heard, name),
                on_baseline=Presence.THERE if tests and not broken else before,
                on_head=Presence.UNCOLLECTED,
                error=error.partition("\n")[0],
            )
            yield _judged(heard, evidence)


def _as_recorded(heard: Heard, name: str) -> tuple[Attempt, ...]:
    """How the map saw a test end that was not run: of many that one cause takes away only some are."""
    status = heard.selected.before.get(name)
    return (Attempt(status),) if status is not None else ()


def inside(name: str, path: str) -> bool:
    """Tell whether a test is in what cannot be collected: a file, a folder, a class, or everything."""
    return not path or name == path or name.startswith((f"{path}::", f"{path}/"))


def _gone(heard: Heard) -> Iterator[Judged]:
    """Tests of the baseline that head does not have."""
    for name in gone(heard):
        held = name in heard.standing
        evidence = Evidence(
            node_id=name,
            baseline=heard.known.of(name) or _as_recorded(heard, name),
            on_head=Presence.HELD_BACK if held else Presence.ABSENT,
        )
        yield _judged(heard, evidence)


def gone(heard: Heard) -> Iterator[str]:
    """Yield the tests of the baseline that head does not find, as the baseline calls them."""
    known = {heard.renames.old_id(name) for name in heard.head.collected}
    recorded = heard.selected.before
    missed = [name for name in vanished(heard.head, heard.selected) if name in recorded]
    for name in dict.fromkeys([*heard.baseline.collected, *missed]):
        if name in known or any(inside(name, broken) for broken in heard.head.uncollected):
            continue
        if _comparable(heard, name) and _looked_for(heard, name):
            yield name


def _comparable(heard: Heard, name: str) -> bool:
    """What pytest collects is there; a runner may have run more on the baseline than head's was told."""
    asked = heard.baseline
    path = name.partition("::")[0]
    told = name in asked.asked_for or path in asked.looked_into or "*" in asked.looked_into
    return told or not heard.options.runner


def _looked_for(heard: Heard, name: str) -> bool:
    """Head was looked into where the test would be."""
    if heard.head.everywhere:
        return heard.head.began
    path = name.partition("::")[0]
    new = heard.renames.heads.get(path, path)
    return new in heard.head.looked_into or new in heard.deleted


def _without_outcome(heard: Heard) -> Iterator[Judged]:
    late = dict.fromkeys([*heard.head.late, *heard.left_out])
    for name in late:
        if name not in heard.head.attempts:
            yield _judged(heard, Evidence(name, on_head=Presence.LATE))
    for name in heard.head.chosen:
        if name not in heard.head.attempts and name not in late:
            error = "its process died again and again"
            if heard.head.withheld:
                error = "it was chosen, and something in its process kept it from running"
            yield _judged(heard, Evidence(name, on_head=Presence.UNKNOWN, error=error))


def _judged(heard: Heard, evidence: Evidence) -> Judged:
    decision = judge(evidence)
    name = evidence.node_id
    if decision.verdict in _MIXED and {name, evidence.old_id} & heard.again.unstable:
        decision = Decision(25, Verdict.UNDECIDED, note=UNSTABLE)
    sampled = name in heard.head.sampled
    flakes = heard.history.get(evidence.old_id or name)
    return Judged(
        node_id=name,
        verdict=decision.verdict,
        row=decision.row,
        baseline=evidence.baseline,
        head=evidence.head,
        manner=decision.manner,
        note="; ".join(filter(None, [decision.note, said(flakes, decision.verdict)])),
        because=_because(heard, name, sampled=sampled),
        old_id=evidence.old_id,
        fails_gate=_fails(heard.options, decision),
        site=_site(heard, evidence),
        sampled=sampled,
        flakes=flakes,
    )


def _fails(options: GateOptions, decision: Decision) -> bool:
    if decision.verdict is Verdict.STALE_XFAIL and decision.strict:
        return Verdict.REGRESSION in options.fail_on
    return decision.verdict in options.fail_on


def _because(heard: Heard, name: str, *, sampled: bool) -> tuple[str, ...]:
    found = heard.selected.because
    for key in (name, name.partition("[")[0], name.partition("::")[0]):
        if key in found:
            return found[key]
    if sampled:
        return ("not selected; run to watch the selection",)
    function = function_of(name)
    return next((found[key] for key in found if function_of(key) == function), ())


def _site(heard: Heard, evidence: Evidence) -> Site | None:
    """Where to point at."""
    name = evidence.node_id
    if evidence.head and any(attempt.failing for attempt in evidence.head):
        site = heard.selected.sites.get(name) or heard.selected.sites.get(name.partition("[")[0])
        failed = next(attempt for attempt in evidence.head if attempt.failing)
        if site or failed.site:
            return site or failed.site
    line = heard.head.collected.get(name)
    return Site(name.partition("::")[0], line) if line else None


def uncollected_of(heard: Heard) -> tuple[Uncollected, ...]:
    """Files and folders whose tests cannot be collected on head."""
    return tuple(
        Uncollected(
            path or SUITE,
            error.partition("\n")[0],
            sum(inside(name, path) for name in heard.baseline.collected),
            path in heard.baseline.uncollected,
        )
        for path, error in sorted(heard.head.uncollected.items())
    )

"""What to undo: the smallest part of the change without which the regressions pass, by the search of ``tdad fix``."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from tdad.agent.search.patch_text import patch_text
from tdad.answers_gate import Suggestion
from tdad.facts_fix import Failure, Found, Start
from tdad.facts_gate import Judged, Manner, Verdict
from tdad.workflows.fix_folder import Tried
from tdad.workflows.fix_hunt import Hunt
from tdad.workflows.fix_map import Risk, Suspicion
from tdad.workflows.fix_revert import reverts
from tdad.workflows.fix_seats import Seats
from tdad.workflows.gate_ground import Field
from tdad.workflows.gate_options import GateOptions
from tdad.workflows.gate_verdicts import Heard

_TARGETS = 60
"""Regressions that the search runs; the others are taken to have the same causes."""
_CHANGED, _FRAME = 0.5, 1.0
"""How suspicious lines are: those that changed, those on a traceback as well."""
_RISK_S = 30.0


def suggestions(
    sides: Field,
    heard: Heard,
    tests: Sequence[Judged],
    options: GateOptions,
    say: Callable[[str], None],
) -> tuple[Suggestion, ...]:
    """Search what to undo; empty: nothing is broken, or no part of the change can be undone by itself.

    Raises:
        TdadError: head cannot be run.
    """
    targets = _targets(tests)
    if not targets:
        return ()
    side = sides.head
    seats = Seats(side.seats.ground, 1, side.stop, "suggest")
    start = _start(heard, tests)
    seats.limit(start.durations)
    hunt = Hunt(
        seats=seats,
        start=start,
        targets=targets,
        held=(),
        suspicion=_suspicion(heard, tests),
        risk=Risk(seats, side.folder / "no-map", start, _RISK_S),
        tried=Tried(side.folder / "tried.jsonl"),
        deadline=time.monotonic() + options.suggest_s,
        again_s=sum(start.durations.get(name, 0.0) for name in targets),
        say=say,
        map_path=side.folder / "no-map",
    )
    best: Found | None = None
    for found in reverts(hunt, sides.baseline.commit):
        if best is None or found.broke < best.broke:
            best = found
        if not found.broke:
            break
    if best is None:
        return ()
    before = {path: seats.ground.read(path) for path in best.patch}
    text = patch_text(before, best.patch).decode("utf-8", "replace")
    return (Suggestion(targets, best.why, text, hunt.breaks(best.patch) if best.broke else ()),)


def _targets(tests: Sequence[Judged]) -> tuple[str, ...]:
    """What shall pass: tests, and files that can be collected again."""
    found: dict[str, None] = {}
    for test in tests:
        if test.verdict is Verdict.REGRESSION and test.manner is not Manner.ORDER:
            collection = test.manner is Manner.COLLECTION
            found[test.node_id.partition("::")[0] if collection else test.node_id] = None
    return tuple(found)[:_TARGETS]


def _start(heard: Heard, tests: Sequence[Judged]) -> Start:
    head = heard.head
    failing = [test for test in tests if test.failure is not None and test.failure.failing]
    return Start(
        statuses={name: attempt.status for name, attempt in head.attempts.items()},
        durations={name: attempt.duration_s for name, attempt in head.attempts.items()},
        uncollected=head.uncollected,
        failures={
            test.node_id: Failure(test.failure.message, (test.failure.site,))
            for test in failing
            if test.failure is not None and test.failure.site is not None
        },
        flaky=frozenset(
            test.node_id
            for test in tests
            if test.verdict in {Verdict.FLAKY, Verdict.NEW_FLAKY, Verdict.ORDER_DEPENDENT}
        ),
        wall_s=sum(attempt.duration_s for attempt in head.attempts.values()),
    )


def _suspicion(heard: Heard, tests: Sequence[Judged]) -> Suspicion:
    """Every changed line is suspicious, and more so if a failing test got there."""
    lines: dict[str, dict[int, float]] = {}
    answer = heard.selected.answer
    for change in answer.changes if answer is not None else ():
        for span in (*change.new, *change.around):
            for line in range(span.first, span.last + 1):
                lines.setdefault(change.path, {})[line] = _CHANGED
    for test in tests:
        failure = test.failure
        if failure is not None and failure.failing and failure.site is not None:
            known = lines.get(failure.site.path, {})
            if failure.site.line in known:
                known[failure.site.line] = _FRAME
    return Suspicion(executed=lines, imported=lines)

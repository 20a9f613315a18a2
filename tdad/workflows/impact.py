"""``tdad impact``: versions → changes → map → impacts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tdad.answers import ImpactReport, MapState
from tdad.config import looked_into
from tdad.errors import TdadError
from tdad.facts import Answer, Environment, Evidence, Impact, Recorded, Status
from tdad.graph.impacts import Question, World, impacts, may_hold_new_tests
from tdad.graph.resolve import Resolver
from tdad.graph.tests_of import StaticTest, is_test_file, tests_in
from tdad.store import Map, open_map
from tdad.workflows.changes import Changed, ChangeOptions, collect
from tdad.workflows.environment import environment_here, environment_there
from tdad.workflows.garbage import kept
from tdad.workflows.index import Head, bring_up_to_date
from tdad.workflows.project import Project
from tdad.workflows.testmap import patterns

if TYPE_CHECKING:
    from tdad.graph.static import StaticQuestion

__all__ = [
    "Asked",
    "ChangeOptions",
    "Surroundings",
    "ask_map",
    "asking",
    "find_impacts",
    "patterns",
]

Surroundings = Callable[[Recorded | None], Environment | None]
"""The recording → what the tests to come would run in."""
GENERATIONS = 4
"""How many records of a test the map keeps."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything an answer was made from."""

    store: Map
    head: Head
    recorded: Recorded | None
    changed: Changed
    world: World | None
    answer: Answer
    static: StaticQuestion | None = None
    """What answered when nothing is recorded."""


def find_impacts(
    project: Project,
    options: ChangeOptions,
    *,
    limit: int | None = None,
    surroundings: Surroundings = environment_there,
) -> ImpactReport:
    """Which tests the change puts at risk, best first.

    Args:
        project: Of which the map is.
        options: Which change.
        limit: At most so many tests.
        surroundings: What the tests will run in.

    Raises:
        TdadError: there is no map, or the change cannot be read.
    """
    with asking(project, options, surroundings) as asked:
        answer = asked.answer
        if limit is not None:
            answer = replace(answer, impacts=answer.impacts[:limit])
        return ImpactReport(answer, map_state(project, asked))


def ask_map(project: Project, options: ChangeOptions) -> tuple[ImpactReport, frozenset[str]]:
    """The report for a run in this very interpreter, and the node ids of all tests that have a record."""
    with asking(project, options, environment_here) as asked:
        known = frozenset(asked.recorded.tests) if asked.recorded is not None else frozenset()
        return ImpactReport(asked.answer, map_state(project, asked)), known


@contextmanager
def asking(
    project: Project,
    options: ChangeOptions,
    surroundings: Surroundings = environment_there,
) -> Iterator[Asked]:
    """Open the map, bring the index up to date, and answer."""
    if project.spool_path.is_dir() and any(project.spool_path.iterdir()):
        from tdad.workflows.recording import take_in

        take_in(project)
    with kept(), _open(project) as (store, writable):
        head = bring_up_to_date(project, store, write=writable)
        view = store.recorded()
        recorded: Recorded | None = view if view.tests else None
        changed = collect(project, options, store, recorded, head)
        environment = surroundings(recorded)
        if recorded is None:
            from tdad.workflows.static_links import static_question

            fresh = writable and options.patch is None
            question = static_question(project, head, changed, patterns(project), write=fresh)
            answer = question.answer(changed.changes)
            yield Asked(store, head, None, changed, None, answer, question)
            return
        world, answer = _answer(
            project, recorded, changed, options, environment=environment, head=head
        )
        if options.since_recording:
            answer = _without_known_results(project, store, head, answer, environment)
        yield Asked(store, head, recorded, changed, world, answer)


@contextmanager
def _open(project: Project) -> Iterator[tuple[Map, bool]]:
    """The map, for writing if we may."""
    with open_map(project.map_path, mode="read"):
        pass  # it must exist: asking never makes a map
    try:
        opened = open_map(project.map_path, mode="write")
        store = opened.__enter__()
    except TdadError as error:
        if error.slug not in {"map-read-only", "map-locked"}:
            raise
        with open_map(project.map_path, mode="read") as store:
            yield store, False
        return
    try:
        yield store, True
    finally:
        opened.__exit__(None, None, None)


def _answer(
    project: Project,
    recorded: Recorded,
    changed: Changed,
    options: ChangeOptions,
    *,
    environment: Environment | None,
    head: Head,
) -> tuple[World, Answer]:
    now = Resolver(changed.head)
    world = World(
        recorded=recorded,
        head=changed.head,
        now=now,
        before=now if changed.is_one_version else Resolver(changed.before),
        old=changed.old,
        files=frozenset((*head.python, *head.others)),
        since_recording=options.since_recording,
    )
    question = Question(changed.changes, tuple(_new_tests(project, world, changed)), environment)
    return world, impacts(world, question)


def _new_tests(project: Project, world: World, changed: Changed) -> Iterator[StaticTest]:
    """Tests in the files that may hold unrecorded ones: all that pytest looks into when no run covered the suite."""
    found = patterns(project)
    if world.recorded.complete:
        paths = may_hold_new_tests(world, changed.changes)
    else:
        known = {test.path for test in world.recorded.tests.values()}
        inside = looked_into(project.config.pytest)
        paths = {path for path in changed.head.paths() if path in known or inside(path)}
    for path in sorted(paths):
        if path.endswith(".py") and is_test_file(path, found):
            yield from tests_in(world.now, path, found)


def _without_known_results(
    project: Project, store: Map, head: Head, answer: Answer, environment: Environment | None
) -> Answer:
    """Rule 10: a test whose earlier record fits the present versions has a known result."""
    doubtful = {
        i.node_id
        for i in answer.impacts
        if i.change is not None and i.evidence is not Evidence.PRECAUTION
    }
    known: set[str] = set()
    for generation in range(1, GENERATIONS):
        view = store.recorded(generation)
        tests: Mapping[str, object] = view.tests
        if not doubtful - known or not tests:
            break
        changed = collect(project, ChangeOptions(), store, view, head)
        _, earlier = _answer(
            project, view, changed, ChangeOptions(), environment=environment, head=head
        )
        at_risk = {impact.node_id for impact in earlier.impacts}
        known |= {
            node_id
            for node_id in doubtful
            if node_id in view.tests
            and node_id not in at_risk
            and view.tests[node_id].status in {Status.PASSED, Status.SKIPPED, Status.XFAILED}
        }
    kept = tuple(i for i in answer.impacts if i.node_id not in known)
    return replace(answer, impacts=kept) if known else answer


def map_state(project: Project, asked: Asked) -> MapState:
    """How good the map is that the answer rests on."""
    path = str(project.map_path)
    if asked.recorded is None:
        return MapState("static", None, path, "", 0)
    began = asked.recorded.recorded_at
    age_s = None if began is None else max(0.0, time.time() - began)
    stale = sum(
        1
        for name, digest in asked.head.python.items()
        if (versions := asked.recorded.versions(name)) and digest not in versions
    )
    return MapState("recorded", age_s, path, asked.recorded.granularity, stale)


def strongest(impacts_of_test: list[Impact]) -> list[Impact]:
    """Impacts, the strongest first."""
    return sorted(impacts_of_test, key=lambda i: (i.evidence.value, -i.score))

"""Which tests changes put at risk when nothing was recorded: reachability in the static graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tdad.facts import Answer, Change, ChangeKind, Evidence, Impact, Part, Step
from tdad.graph.impacts.answer import label
from tdad.graph.impacts.data import precaution
from tdad.graph.resolve import Resolver
from tdad.graph.static import Reach, TestsOf, importing_tests, reach
from tdad.graph.static_starts import files_naming, runners_of, runs_on_import, starts_of
from tdad.graph.tests_of import Patterns, StaticTest, all_tests, tests_in

TOP = 0.55
"""Score of a test that a change reaches in no step; recorded evidence scores above it."""
_LOADED = 0.5
"""Weight of importing a file whose top level changed; less by ``_PER_IMPORT`` for every import between."""
_PER_IMPORT = 0.9
_NAMED = 0.3
"""Weight of naming a changed data file."""
_LITERAL = 0.2
"""Weight of running, by its name in a literal, a module that imports the changed file."""
_WIDENED = 0.01
"""Weight of importing the changed file, where the search had to be cut off."""


@dataclass(frozen=True, slots=True)
class _Found:
    change: Change
    reach: Reach
    evidence: Evidence = Evidence.STATIC

    @property
    def order(self) -> tuple[int, float, int]:
        """Sorts the strongest first."""
        return self.evidence.value, -self.reach.weight, self.reach.distance


def static_answer(
    now: Resolver, before: Resolver, changes: Sequence[Change], patterns: Patterns
) -> Answer:
    """Tests that the changes reach through references, best first.

    Args:
        now: the version with the changes; what a change reaches is asked there.
        before: the version without them; asked for what no longer exists.
        changes: from comparing the two.
        patterns: pytest's collection options.
    """
    search = _Search(now, before, patterns)
    best: dict[str, _Found] = {}
    silent: list[Change] = []
    for change in changes:
        found = dict(search.tests_at_risk(change))
        if not found:
            silent.append(change)
        for node_id, candidate in found.items():
            if node_id not in best or candidate.order < best[node_id].order:
                best[node_id] = candidate
    impacts = [_impact(node_id, found) for node_id, found in best.items()]
    impacts += [_new_test(test) for test in search.new_tests(changes) if test.node_id not in best]
    impacts.sort(key=lambda i: (i.evidence.value, -i.score, i.node_id))
    return Answer(
        changes=tuple(changes),
        impacts=tuple(impacts),
        total_tests=len(search.tests),
        precautions=tuple(text for change in changes if (text := precaution(change))),
        unreached=tuple(sorted({change.definition for change in silent if change.qualname})),
        safe={label(change): _why_safe(change) for change in silent},
    )


class _Search:
    """What one change after the other reaches; both resolvers remember what they have resolved."""

    def __init__(self, now: Resolver, before: Resolver, patterns: Patterns) -> None:
        self._now = now
        self._before = before
        self._patterns = patterns
        self.tests = all_tests(now, patterns)
        by_file: dict[str, list[str]] = {}
        for test in self.tests:
            by_file.setdefault(test.node_id.partition("::")[0], []).append(test.definition)
        self._tests_of: TestsOf = lambda path: by_file.get(path, ())

    def tests_at_risk(self, change: Change) -> Iterator[tuple[str, _Found]]:
        """Node ids that the change reaches, each with how."""
        if precaution(change) is not None:
            everything = Reach(1, 0.1, (Step("may decide how tests run", change.path),))
            for test in self.tests:
                yield test.node_id, _Found(change, everything, Evidence.PRECAUTION)
            return
        definitions = self._definitions(change)
        files = frozenset(files_naming(self._now, change))
        named = Reach(1, _NAMED, (Step("named in", change.path),))
        for test in self.tests:
            hit = definitions.get(test.definition)
            if hit is not None:
                yield test.node_id, _Found(change, hit)
            elif test.node_id.partition("::")[0] in files:
                yield test.node_id, _Found(change, named)

    def _definitions(self, change: Change) -> Mapping[str, Reach]:
        """Test functions that the change reaches."""
        starts = set(starts_of(self._now, change))
        gone = {
            start
            for start in {*starts, *starts_of(self._before, change)}
            if self._now.files.find(start) is None
        }
        found = dict(self._from(self._now, starts))
        if change.kind is not ChangeKind.ADDED:
            for test, hit in self._from(self._before, gone).items():
                if test not in found or hit.weight > found[test].weight:
                    found[test] = hit
        for test, hit in self._around(change):
            found.setdefault(test, hit)
        return found

    def _from(self, resolver: Resolver, starts: set[str]) -> Mapping[str, Reach]:
        """What ``starts`` reach through references; where there is too much, everybody who imports their files."""
        if not starts:
            return {}
        result = reach(resolver, starts, tests_of=self._tests_of)
        if result.complete:
            return result.tests
        paths = {start.partition("::")[0] for start in starts}
        wider = importing_tests(resolver, paths, self._tests_of)
        steps = {
            test: Reach(far, _WIDENED, (Step("imported by", test),)) for test, far in wider.items()
        }
        return {**steps, **result.tests}

    def _around(self, change: Change) -> Iterator[tuple[str, Reach]]:
        """Tests that run the changed file as a whole: by importing it, or by its name in a literal."""
        if change.part in {Part.DATA, Part.DOCSTRING}:
            return
        if runs_on_import(change):
            for test, distance in importing_tests(
                self._now, [change.path], self._tests_of
            ).items():
                weight = _LOADED * _PER_IMPORT**distance
                yield test, Reach(distance, weight, (Step("imported by", change.path),))
        if change.kind is ChangeKind.ADDED:
            return
        runners = set(runners_of(self._now, change.path))
        if runners:
            for test, hit in self._from(self._now, runners).items():
                step = Step("may be run by", hit.chain[0].what)
                yield test, Reach(hit.distance + 1, _LITERAL * hit.weight, (step, *hit.chain[1:]))

    def new_tests(self, changes: Sequence[Change]) -> Iterator[StaticTest]:
        """Tests that were not there before the change."""
        for path in sorted({change.path for change in changes}):
            known = {test.node_id for test in tests_in(self._before, path, self._patterns)}
            for test in tests_in(self._now, path, self._patterns):
                if test.node_id not in known:
                    yield test


def _impact(node_id: str, found: _Found) -> Impact:
    words = [f"{label(found.change)} {found.change.kind}"]
    words += [f"{step.how} {step.what.removesuffix('::')}" for step in found.reach.chain]
    return Impact(
        node_id=node_id,
        score=round(TOP * found.reach.weight, 6),
        evidence=found.evidence,
        change=found.change,
        chain=found.reach.chain,
        because=", ".join(words),
    )


def _new_test(test: StaticTest) -> Impact:
    return Impact(
        node_id=test.node_id,
        score=TOP,
        evidence=Evidence.STATIC,
        change=None,
        chain=(Step("is written in", test.definition),),
        because="new: the test was not there before the change",
    )


def _why_safe(change: Change) -> str:
    if change.part is Part.DOCSTRING:
        return "only a docstring changed"
    if change.part is Part.DATA:
        return "no Python file names it; only a recording can tell who opens it"
    return "no test refers to it, directly or through other definitions"

"""Which tests changes put at risk when nothing was recorded: reachability in the static graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tdad.facts import Answer, Change, ChangeKind, Evidence, FileFacts, Impact, Part, Step
from tdad.graph.impacts.answer import label
from tdad.graph.impacts.data import precaution
from tdad.graph.resolve import Resolver
from tdad.graph.static.affinity import Affinity
from tdad.graph.static.breaking import broken_files
from tdad.graph.static.nodes import executed, imported
from tdad.graph.static.packed import Kept
from tdad.graph.static.search import Search
from tdad.graph.static.starts import (
    files_naming,
    runners_of,
    runs_on_import,
    starts_of,
)
from tdad.graph.static.walk import Reach
from tdad.graph.tests_of import Patterns, StaticTest, tests_in
from tdad.graph.turns import in_turns

TOP = 0.55
"""What scores come near to; recorded evidence scores above it."""
_AGAIN, _AGAIN_AT_MOST = 0.8, 3
"""Times this for every test of the same class placed before, at most so many times: they mostly fail together."""
_LOADED = 0.5
"""Weight of importing a file whose top level changed."""
_BROKEN = 0.02
"""Weight of importing a file where a changed statement calls something: if that raises, the import fails."""
_NAMED = 0.3
"""Weight of naming a changed data file."""
_LITERAL = 0.2
"""Weight of running, by its name in a literal, a module that imports the changed file."""


@dataclass(frozen=True, slots=True)
class _Found:
    change: Change
    reach: Reach
    evidence: Evidence = Evidence.STATIC
    affinity: float = 1.0
    """How much the test looks as if it was about the change, 1 or more."""

    @property
    def weight(self) -> float:
        """How likely it is that the test fails, beside other tests; no probability."""
        return self.reach.weight * self.affinity

    @property
    def order(self) -> tuple[int, float, int]:
        """Sorts the strongest first."""
        return self.evidence.value, -self.weight, self.reach.distance


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
    return StaticQuestion(now, before, patterns).answer(changes)


class StaticQuestion:
    """Two versions of a project without a recording, and what changes between them put at risk."""

    def __init__(
        self,
        now: Resolver,
        before: Resolver,
        patterns: Patterns,
        kept: Kept | None = None,
        changed: Iterable[str] = (),
    ) -> None:
        """``kept``, ``changed``: as for ``Search``; the files that differ between the versions are changed."""
        self.now = Search(now, patterns, kept, changed)
        self._before = Search(before, patterns, kept, changed)
        self._patterns = patterns

    def answer(self, changes: Sequence[Change]) -> Answer:
        """Tests at risk, best first."""
        best: dict[str, _Found] = {}
        silent: list[Change] = []
        for change in changes:
            found = dict(self._tests_at_risk(change))
            if not found:
                silent.append(change)
                continue
            look = self._affinity.to(change, self._facts_of(change))
            for node_id, plain in found.items():
                candidate = replace(plain, affinity=look.of(node_id))
                if node_id not in best or candidate.order < best[node_id].order:
                    best[node_id] = candidate
        new = [_new_test(t) for t in self._new_tests(changes) if t.node_id not in best]
        impacts = [*new, *_ranked(best)]
        return Answer(
            changes=tuple(changes),
            impacts=tuple(impacts),
            total_tests=len(self.now.tests),
            precautions=tuple(text for change in changes if (text := precaution(change))),
            unreached=tuple(sorted({change.definition for change in silent if change.qualname})),
            safe={label(change): _why_safe(change) for change in silent},
        )

    def why_safe(self, node_id: str, changes: Sequence[Change]) -> list[tuple[str, str]]:
        """For a test that no change reaches: each change, and why it is taken to be safe."""
        reached = self.now.reached_by(node_id)
        files = {node[1:] for node in reached if node[0] == "I"}
        definitions = sum(node[0] == "X" for node in reached)
        found = []
        for change in changes:
            if change.part in {Part.DOCSTRING, Part.DATA}:
                why = _why_safe(change)
            elif change.path not in files:
                why = f"its file does not import {change.path}, directly or through other files"
            else:
                why = (
                    f"by the code alone it may run or read {definitions} definitions, "
                    f"and none of them mentions {change.qualname or change.path}"
                )
            found.append((label(change), why))
        return found

    @cached_property
    def _affinity(self) -> Affinity:
        return Affinity(self.now.tests, self.now.vocabulary)

    def _facts_of(self, change: Change) -> FileFacts | None:
        """Of the changed file, or of what it was."""
        here = self.now.resolver.files.scope(change.path)
        scope = here or self._before.resolver.files.scope(change.old_path or change.path)
        return scope.facts if scope is not None else None

    # -- one change --------------------------------------------------------------------------------------------------

    def _tests_at_risk(self, change: Change) -> Iterator[tuple[str, _Found]]:
        """Node ids that the change reaches, each with how."""
        tests = self.now.tests
        if precaution(change) is not None:
            everything = Reach(1, 0.1, (Step("may decide how tests run", change.path),))
            for test in tests:
                yield test.node_id, _Found(change, everything, Evidence.PRECAUTION)
            return
        reached = self._reached(change)
        files = frozenset(files_naming(self.now.resolver, change))
        named = Reach(1, _NAMED, (Step("named in", change.path),))
        for test in tests:
            hit = reached.get(test.node_id)
            if hit is not None:
                yield test.node_id, _Found(change, hit)
            elif test.node_id.partition("::")[0] in files:
                yield test.node_id, _Found(change, named)

    def _reached(self, change: Change) -> Mapping[str, Reach]:
        starts = set(starts_of(self.now.resolver, change))
        gone = {
            start
            for start in {*starts, *starts_of(self._before.resolver, change)}
            if self.now.resolver.files.find(start) is None
        }
        found = dict(_reach(self.now, starts))
        if change.kind is not ChangeKind.ADDED and gone:
            for test, hit in _reach(self._before, gone).items():
                if test not in found or hit.weight > found[test].weight:
                    found[test] = hit
        for test, hit in self._around(change):
            found.setdefault(test, hit)
        return found

    def _around(self, change: Change) -> Iterator[tuple[str, Reach]]:
        """Tests that run the changed file as a whole: by importing it, or by its name in a literal."""
        if change.part in {Part.DATA, Part.DOCSTRING}:
            return
        if runs_on_import(change):
            yield from self._importing(change.path, _LOADED)
        for path in sorted(broken_files(self.now.resolver, self._before.resolver, change)):
            yield from self._importing(path, _BROKEN)
        if change.kind is ChangeKind.ADDED:
            return
        runners = sorted(set(runners_of(self.now.resolver, change.path)))
        if runners:
            for test, hit in self.now.reach(map(executed, runners)).items():
                step = Step("may be run by", hit.chain[0].what)
                yield test, Reach(hit.distance + 1, _LITERAL * hit.weight, (step, *hit.chain[1:]))

    def _importing(self, path: str, weight: float) -> Iterator[tuple[str, Reach]]:
        for test, hit in self.now.reach([imported(path)]).items():
            step = Step("imported by", path)
            yield test, Reach(hit.distance, weight * hit.weight, (step, *hit.chain[1:]))

    def _new_tests(self, changes: Sequence[Change]) -> Iterator[StaticTest]:
        """Tests that were not there before the change."""
        for path in sorted({change.path for change in changes}):
            before = tests_in(self._before.resolver, path, self._patterns)
            known = {test.node_id for test in before}
            for test in tests_in(self.now.resolver, path, self._patterns):
                if test.node_id not in known:
                    yield test


def _reach(search: Search, definitions: Iterable[str]) -> Mapping[str, Reach]:
    return search.reach(node for start in sorted(definitions) for node in search.nodes_of(start))


def _ranked(best: Mapping[str, _Found]) -> Iterator[Impact]:
    """Best first; of a class, or of the functions of a file, the first is worth more than those after it."""
    ranked = (((found.evidence.value, -found.weight), node_id) for node_id, found in best.items())
    for (_, less), node_id in in_turns(ranked, _beside, _behind, _AGAIN_AT_MOST):
        yield _impact(node_id, best[node_id], -less)


def _beside(node_id: str) -> str:
    return node_id.rpartition("::")[0]


def _behind(rank: tuple[int, float], number: int) -> tuple[int, float]:
    evidence, less = rank
    return evidence, less * _AGAIN**number


def _impact(node_id: str, found: _Found, weight: float) -> Impact:
    words = [f"{label(found.change)} {found.change.kind}"]
    words += [f"{step.how} {step.what.removesuffix('::')}" for step in found.reach.chain]
    return Impact(
        node_id=node_id,
        score=round(TOP * weight / (1 + weight), 6),
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

"""Which tests changes put at risk when nothing was recorded: reachability in the static graph."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tdad.facts import Answer, Change, ChangeKind, Evidence, Impact, Part, Step
from tdad.graph.impacts.answer import label
from tdad.graph.impacts.data import precaution
from tdad.graph.resolve import Resolver
from tdad.graph.static import Reach, importing_tests, reach
from tdad.graph.tests_of import Patterns, StaticTest, all_tests, tests_in

TOP = 0.55
"""Score of a test that a change reaches in no step; recorded evidence scores above it."""


@dataclass(frozen=True, slots=True)
class _Found:
    change: Change
    reach: Reach
    evidence: Evidence = Evidence.STATIC


def static_answer(
    now: Resolver, before: Resolver, changes: Sequence[Change], patterns: Patterns
) -> Answer:
    """Tests that the changes reach through references, best first, by the new and by the old version's graph."""
    tests = all_tests(now, patterns)
    best: dict[str, _Found] = {}
    reached: dict[Change, int] = {}
    precautions = [text for change in changes if (text := precaution(change))]
    for change in changes:
        found = dict(_reached(now, before, change, tests))
        reached[change] = len(found)
        for node_id, candidate in found.items():
            known = best.get(node_id)
            if known is None or _order(candidate) < _order(known):
                best[node_id] = candidate
    impacts = [_impact(node_id, found) for node_id, found in best.items()]
    impacts += [i for i in _new(now, before, changes, patterns) if i.node_id not in best]
    impacts.sort(key=lambda i: (i.evidence.value, -i.score, i.node_id))
    return Answer(
        changes=tuple(changes),
        impacts=tuple(impacts),
        total_tests=len(tests),
        precautions=tuple(precautions),
        unreached=tuple(sorted({c.definition for c in changes if c.qualname and not reached[c]})),
        safe={label(c): _why_safe(c) for c in changes if not reached[c]},
    )


def _order(found: _Found) -> tuple[int, float, int]:
    return (found.evidence.value, -found.reach.weight, found.reach.distance)


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


def _reached(
    now: Resolver, before: Resolver, change: Change, tests: Sequence[StaticTest]
) -> Iterator[tuple[str, _Found]]:
    if precaution(change) is not None:
        everything = Reach(1, 0.1, (Step("may decide how tests run", change.path),))
        for test in tests:
            yield test.node_id, _Found(change, everything, Evidence.PRECAUTION)
        return
    reach_of = _definitions_reached(now, before, change)
    files = frozenset(tests_files(now, change))
    for test in tests:
        hit = reach_of.get(test.definition)
        if hit is not None:
            yield test.node_id, _Found(change, hit)
        elif test.node_id.partition("::")[0] in files:
            yield test.node_id, _Found(change, Reach(1, 0.3, (Step("named in", change.path),)))


def _definitions_reached(now: Resolver, before: Resolver, change: Change) -> Mapping[str, Reach]:
    starts = set(_starts(now, change))
    found = dict(_tests_reached(now, starts))
    old_starts = set(_starts(before, change))
    if change.kind is not ChangeKind.ADDED:
        for test, hit in _tests_reached(before, old_starts).items():
            if test not in found or hit.weight > found[test].weight:
                found[test] = hit
    if _is_loaded(change):
        for test, distance in importing_tests(now, [change.path]).items():
            step = Step("imported by", change.path)
            found.setdefault(test, Reach(distance, 0.5 * 0.9**distance, (step,)))
    return found


def _tests_reached(resolver: Resolver, starts: Iterable[str]) -> Mapping[str, Reach]:
    starts = sorted(starts)
    if not starts:
        return {}
    result = reach(resolver, starts)
    if result.complete:
        return result.tests
    wider = importing_tests(resolver, {start.partition("::")[0] for start in starts})
    return {
        **{
            test: Reach(distance, 0.01, (Step("imported by", test),))
            for test, distance in wider.items()
        },
        **result.tests,
    }


def _is_loaded(change: Change) -> bool:
    """Whether importing the file runs the change, so that everybody who imports it is reached."""
    return change.part is Part.EFFECT or (change.part is Part.WHOLE and not change.qualname)


def _starts(resolver: Resolver, change: Change) -> Iterator[str]:
    """Definitions that the change is in."""
    for path in {change.path, change.old_path or change.path}:
        if change.part in {Part.DATA, Part.DOCSTRING}:
            return
        if change.part is Part.WHOLE and not change.qualname:
            scope = resolver.files.scope(path)
            for definition in scope.facts.definitions if scope is not None else ():
                yield f"{path}::{definition.qualname}"
            continue
        if change.qualname:
            yield f"{path}::{change.qualname}"
        if change.old_qualname:
            yield f"{path}::{change.old_qualname}"
        scope_name = f"{change.scope}." if change.scope else ""
        yield from (f"{path}::{scope_name}{name}" for name in change.binds if name != "*")
        if change.part is Part.EFFECT and change.scope:
            yield f"{path}::{change.scope}"


def tests_files(resolver: Resolver, change: Change) -> Iterator[str]:
    """Files in whose import closure something names the changed data file."""
    if change.part is not Part.DATA:
        return
    name = posixpath.basename(change.path)
    stem = name.partition(".")[0]
    for path in sorted({*resolver.files.mentioning(stem), *resolver.files.mentioning(name)}):
        yield path
        yield from resolver.reverse_import_closure(path)


def _new(
    now: Resolver, before: Resolver, changes: Sequence[Change], patterns: Patterns
) -> Iterator[Impact]:
    """Tests that were not there before the change, or that were edited."""
    for path in sorted({change.path for change in changes}):
        known = {test.node_id for test in tests_in(before, path, patterns)}
        for test in tests_in(now, path, patterns):
            if test.node_id not in known:
                yield Impact(
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

"""Material to the first two messages of a conversation, within a number of tokens. Pure, and the same each time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tdad.agent.chat.tokens import estimate, of_text
from tdad.agent.loop.plain import fenced
from tdad.agent.prompts.excerpts import Excerpt, excerpt
from tdad.agent.prompts.facts import PARTS, Brief, Count, Failing, Material
from tdad.agent.prompts.render import render
from tdad.agent.prompts.sections import (
    earlier,
    failures,
    issue,
    reached,
    said,
    suspected,
    varied,
)
from tdad.agent.prompts.text import coded

LIMIT = 8_000
"""Tokens of both messages; with the schemas of the tools a request stays below 10k."""
_TESTS_TOKENS = 700
"""For the bodies of failing tests."""
_TESTS = 2
_LONGEST = ((3, 60), (8, 30), (20, 16), (10_000, 10))
"""(so many of the first suspects, lines of each at most)."""
_TRIES = 3


@dataclass(frozen=True, slots=True)
class _Filled:
    system: str
    user: str
    tokens: int
    excerpts: tuple[Excerpt, ...]
    shown: tuple[str, ...] = ()


def build(
    material: Material,
    *,
    parts: frozenset[str] = frozenset(PARTS),
    limit: int = LIMIT,
    count: Count | None = None,
) -> Brief:
    """Write the messages.

    Args:
        material: what there is to say.
        parts: which of ``PARTS`` are said.
        limit: tokens of both messages, at most. Only source gives way: a limit below what the rest needs is exceeded.
        count: the server's count; asked up to four times.
    """
    filled = _fill(material, parts, limit)
    tokens = count(filled.system, filled.user) if count is not None else None
    if count is None or tokens is None:
        return _brief(filled, filled.tokens, "estimate")
    best = filled, tokens
    for _ in range(_TRIES):
        room = int(limit * 0.98 * filled.tokens / max(1, tokens))
        again = _fill(material, parts, room)
        if again.user == filled.user:
            break
        filled, tokens = again, count(again.system, again.user) or again.tokens
        if tokens <= limit and (best[1] > limit or len(filled.excerpts) > len(best[0].excerpts)):
            best = filled, tokens
        if 0.9 * limit <= tokens <= limit:
            break
    return _brief(*best, "server")


def _brief(filled: _Filled, tokens: int, counted_by: str) -> Brief:
    return Brief(
        system=filled.system,
        user=filled.user,
        tokens=tokens,
        counted_by=counted_by,
        shown=filled.shown,
        seen=tuple(sorted({seen for each in filled.excerpts for seen in each.seen})),
    )


def _fill(material: Material, parts: frozenset[str], limit: int) -> _Filled:
    system = render(
        "system", tools=material.tools, advice="advice" in parts, checks="checks" in parts
    )
    empty = _user(material, parts, ())
    used = _tokens(system, empty)
    if "source" not in parts:
        return _Filled(system, empty, used, ())
    excerpts = tuple(_chosen(material, limit - used))
    user = _user(material, parts, excerpts)
    shown = tuple(
        dict.fromkeys([each.definition for each in excerpts] + _inside(material, excerpts))
    )
    return _Filled(system, user, _tokens(system, user), excerpts, shown)


def _inside(material: Material, excerpts: Sequence[Excerpt]) -> list[str]:
    """Suspects that stand whole in the excerpts of others."""
    lines = {
        (s.path, n) for each in excerpts for s in each.seen for n in range(s.first, s.last + 1)
    }
    found = []
    for doubt in material.doubts:
        path, _, qualname = doubt.definition.partition("::")
        source = material.sources.get(path)
        for each in source.definitions if source else ():
            inside = range(each.span.first, each.span.last + 1)
            if each.qualname == qualname and inside and all((path, n) in lines for n in inside):
                found.append(doubt.definition)
    return found


def _tokens(system: str, user: str) -> int:
    return estimate(
        [{"role": "system", "content": system}, {"role": "user", "content": user}],
    )


def _user(material: Material, parts: frozenset[str], excerpts: Sequence[Excerpt]) -> str:
    told, others, more = failures(material, details="failures" in parts)
    return render(
        "user",
        failing=told,
        others=others,
        more=more,
        said=said(material.failing, material.total),
        issue=issue(material.issue),
        suspects=suspected(material.doubts) if "suspects" in parts else [],
        reached=reached(material.doubts) if "map" in parts else [],
        excerpts=excerpts,
        hints="advice" in parts and bool({"suspects", "map", "source"} & parts),
        earlier=earlier(material.earlier),
        budget="budget" in parts,
        steps=material.steps,
        minutes=material.minutes,
    )


def _chosen(material: Material, room: int) -> Iterator[Excerpt]:
    """Bodies of failing tests, then suspects, each as far as there is room; nothing twice."""
    known: dict[str, frozenset[int]] = {}
    tests = min(_TESTS_TOKENS, room // 4)
    for definition, line in list(_tests(material.failing))[:_TESTS]:
        found = _cut(material, definition, line, 40, known)
        cost = _cost(found)
        if found is not None and cost <= tests:
            tests, room = tests - cost, room - cost
            known = _with(known, found)
            yield found
    for at, doubt in enumerate(material.doubts):
        longest = next(lines for below, lines in _LONGEST if at < below)
        found = _cut(material, doubt.definition, doubt.line, longest, known)
        if found is None or (cost := _cost(found)) > room:
            continue
        room -= cost
        known = _with(known, found)
        yield found


def _tests(failing: Sequence[Failing]) -> Iterator[tuple[str, int]]:
    """(test function, the line where it failed)."""
    given: set[str] = set()
    for test in varied(failing):
        if test.test and test.test not in given:
            given.add(test.test)
            path = test.test.partition("::")[0]
            yield (
                test.test,
                next((f.line for f in reversed(test.frames) if f.path == path), 0),
            )


def _cut(
    material: Material, definition: str, line: int, longest: int, known: dict[str, frozenset[int]]
) -> Excerpt | None:
    path, _, qualname = definition.partition("::")
    source = material.sources.get(path)
    if source is None:
        return None
    return excerpt(source, path, qualname, line, longest, known=known.get(path, frozenset()))


def _cost(found: Excerpt | None) -> int:
    """Tokens of an excerpt as it will stand there."""
    if found is None:
        return 0
    return of_text(f"{coded(found.title)}\n{fenced(found.text, 'python')}\n")


def _with(known: dict[str, frozenset[int]], found: Excerpt) -> dict[str, frozenset[int]]:
    lines = {line for part in found.parts for line in range(part.first, part.last + 1)}
    return {**known, found.path: known.get(found.path, frozenset()) | lines}

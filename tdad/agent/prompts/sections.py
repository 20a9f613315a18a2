"""The parts of a prompt but the source: each bounded by itself, so that none crowds out the others. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tdad.agent.chat.tokens import of_text
from tdad.agent.prompts.facts import Doubt, Failing, Material, Source
from tdad.agent.prompts.text import capped, one_line, stable

FAILURES_TOKENS = 1_500
SUSPECTS_TOKENS = 600
MAP_TOKENS = 500
ISSUE_TOKENS = 2_000
OTHERS_TOKENS = 250
"""Names of failing tests that are not told in detail."""
SUSPECTS = 10
REACHED = 5
"""Suspects whose tests are told."""
_IDS = 8
_MESSAGE = (12, 200)
_OUTPUT = (6, 160)
_FRAMES = 3
_EARLIER = 5
_WIDTH = 300


@dataclass(frozen=True, slots=True)
class Told:
    """One failing test, in words."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Reached:
    """One suspect and the tests that reach it."""

    name: str
    what: str
    tests: str


@dataclass(frozen=True, slots=True)
class Suspected:
    """One suspect, in words."""

    name: str
    why: str


def failures(material: Material, *, details: bool) -> tuple[list[Told], list[str], int]:
    """(tests told in detail, names of others, how many others there are)."""
    told: list[Told] = []
    left = FAILURES_TOKENS
    ordered = varied(material.failing)
    for at, test in enumerate(ordered):
        text = _failure(test, material.sources) if details else ""
        cost = of_text(test.node_id + text)
        if told and cost > left:
            rest = ordered[at:]
            break
        told.append(Told(test.node_id, text))
        left -= cost
    else:
        rest = []
    return told, list(_within((test.node_id for test in rest), OTHERS_TOKENS)), len(rest)


def said(failing: Sequence[Failing], total: int) -> str:
    """How much fails: ``2 of 6 tests fail, 1 file cannot be collected``."""
    files = sum("::" not in each.node_id for each in failing)
    tests = len(failing) - files
    found = [f"{tests} of {total} tests fail"] if tests or not files else []
    if files:
        found.append(f"{files} file{'' if files == 1 else 's'} cannot be collected")
    return ", ".join(found)


def varied(failing: Sequence[Failing]) -> list[Failing]:
    """First one test of each way to fail, then the rest; each in the given order."""
    first: dict[tuple[str, ...], Failing] = {}
    rest: list[Failing] = []
    for test in failing:
        inner = test.frames[-1:] and (test.frames[-1].path, str(test.frames[-1].line))
        kind = (test.message.partition(":")[0], *(inner or ()))
        if first.setdefault(kind, test) is not test:
            rest.append(test)
    return [*first.values(), *rest]


def _failure(test: Failing, sources: Mapping[str, Source]) -> str:
    found = [capped(stable(test.message), *_MESSAGE)] if test.message else []
    for frame in test.frames[-_FRAMES:]:
        line = _line(sources, frame.path, frame.line)
        name = frame.qualname or "module level"
        found.append(f"  at {frame.path}:{frame.line} in {name}: {line}".rstrip(" :"))
    if test.output.strip():
        found += ["printed:", capped(stable(test.output), *_OUTPUT, tail=True)]
    return "\n".join(found)


def _line(sources: Mapping[str, Source], path: str, line: int) -> str:
    source = sources.get(path)
    if source is None or not 0 < line <= len(source.lines):
        return ""
    return one_line(source.lines[line - 1], 160)


def suspected(doubts: Sequence[Doubt]) -> list[Suspected]:
    """The most suspicious definitions, with reasons."""
    found: list[Suspected] = []
    left = SUSPECTS_TOKENS
    for doubt in doubts[:SUSPECTS]:
        path, _, qualname = doubt.definition.partition("::")
        name = f"{path}:{doubt.line} {qualname or 'module level'}"
        why = one_line("; ".join(doubt.reasons), _WIDTH)
        left -= of_text(name + why) + 4
        if left < 0:
            break
        found.append(Suspected(name, why))
    return found


def reached(doubts: Sequence[Doubt]) -> list[Reached]:
    """Which tests reach the first suspects: what an edit there puts at risk."""
    found: list[Reached] = []
    left = MAP_TOKENS
    for doubt in doubts[:REACHED]:
        if not doubt.failing and not doubt.passing:
            continue
        what = f"{len(doubt.failing)} failing, {len(doubt.passing)} passing"
        chosen = [*doubt.failing[:2], *doubt.passing[: _IDS - 2]]
        lines = list(_within(grouped(chosen), left))
        left -= of_text(doubt.definition + what + "\n".join(lines)) + 8
        if left < 0:
            break
        found.append(Reached(doubt.definition, what, "\n".join(lines)))
    return found


def grouped(node_ids: Sequence[str]) -> Iterator[str]:
    """Node ids by file: the file once, then what is in it."""
    files: dict[str, list[str]] = {}
    for node_id in node_ids:
        path, _, rest = node_id.partition("::")
        files.setdefault(path, []).append(one_line(rest, 100))
    for path, names in files.items():
        yield f"{path}: {' '.join(names)}".rstrip(": ")


def _within(lines: Iterable[str], tokens: int) -> Iterator[str]:
    """As many as there is room for."""
    for line in lines:
        tokens -= of_text(line) + 2
        if tokens < 0:
            return
        yield line


def issue(text: str) -> str:
    """The beginning of what somebody wrote."""
    text = text.strip()[: 3 * ISSUE_TOKENS]
    return capped(text, 150, 1000) if text else ""


def earlier(lines: Sequence[str]) -> list[str]:
    """The last few lines about attempts that failed."""
    return [one_line(line, _WIDTH) for line in lines[-_EARLIER:]]

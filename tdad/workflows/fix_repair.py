"""Engine (b), template repair: small edits at the most suspicious statements, one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise

from tdad.facts_fix import Arm, Found, Patch, Repair
from tdad.source.repairs import repair_file, repairs_of
from tdad.workflows.fix_folder import key_of
from tdad.workflows.fix_hunt import Hunt
from tdad.workflows.fix_parallel import in_order

Within = Mapping[str, frozenset[int]] | None
_QUOTED = re.compile(r"'([^'\n]{1,80})'|\"([^\"\n]{1,80})\"")
_STAGES = (1, 20)
"""So many failing tests a candidate is tried with at first, the quickest: most fail with one, and one file is
collected sooner than many."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One repair and how promising it is at its place."""

    score: float
    repair: Repair
    before: bytes
    """The file that it repairs."""

    @property
    def patch(self) -> Patch | None:
        """What the file becomes; ``None``: nothing that parses. Not asked before its turn: parsing takes time."""
        text = repair_file(self.before, self.repair)
        return None if text is None else {self.repair.path: text}


def repairs(hunt: Hunt, within: Within = None) -> Iterator[Found]:
    """Yield patches that make the visible targets pass, in the order of their promise.

    Args:
        hunt: What is looked for.
        within: Path → the only lines that may be repaired; ``None``: all.
    """
    candidates = _candidates(hunt, within)
    hunt.say("trying small repairs at the most suspicious statements")
    tries = in_order(
        candidates,
        lambda candidate: _passes(hunt, candidate),
        jobs=hunt.seats.jobs,
        over=lambda: hunt.over,
    )
    for candidate, passed in tries:
        if passed and (patch := candidate.patch) is not None:
            yield hunt.judge(patch, Arm.TEMPLATE, _why(candidate.repair))


def _why(repair: Repair) -> str:
    return f"{repair.path}:{repair.first}: {repair.template}: {repair.detail}"


def _candidates(hunt: Hunt, within: Within) -> Iterator[Candidate]:
    """All repairs of suspicious lines, the most promising first; what no failing test executed is left out.

    A file is read when its turn may come: a project has many files that some failing test executed, and most are never
    looked at.
    """
    words = _words(hunt)
    lines = {path: _lines(hunt, path, within) for path in hunt.suspicion.paths}
    best = {path: max(values.values()) for path, values in lines.items() if values}
    todo = sorted(best, key=lambda path: (best[path], path))  # the last is the most suspicious
    heap: list[tuple[float, Repair, Candidate]] = []
    while todo or heap:
        while todo and (not heap or -heap[0][0] <= best[todo[-1]]):
            path = todo.pop()
            for candidate in _of_file(hunt, path, words, lines[path]):
                heappush(heap, (-round(candidate.score, 6), candidate.repair, candidate))
        if heap:
            yield heappop(heap)[2]


def _lines(hunt: Hunt, path: str, within: Within) -> Mapping[int, float]:
    """Suspicious lines of a file that may be repaired."""
    lines = hunt.suspicion.lines(path)
    if within is None:
        return lines
    return {line: value for line, value in lines.items() if line in within.get(path, ())}


def _of_file(
    hunt: Hunt, path: str, words: Sequence[str], lines: Mapping[int, float]
) -> Iterator[Candidate]:
    data = hunt.seats.ground.read(path)
    if data is None or not path.endswith(".py"):
        return
    for ranked in repairs_of(path, data, words=words, lines=lines):
        repair = ranked.repair
        suspicious = hunt.suspicion.of(path, repair.first, repair.last, at_import=repair.at_import)
        here = any(line in lines for line in range(repair.first, repair.last + 1))
        if suspicious and here:
            yield Candidate(suspicious * ranked.prior, repair, data)
        else:
            hunt.count(pruned=1)


def _words(hunt: Hunt) -> list[str]:
    """Strings that the failing tests said, and those quoted in them."""
    found: dict[str, None] = {}
    for name in hunt.targets:
        failure = hunt.start.failures.get(name)
        for one, two in _QUOTED.findall(failure.message if failure else ""):
            found[one or two] = None
    return list(found)


def _passes(hunt: Hunt, candidate: Candidate) -> bool:
    visible, patch = hunt.visible, candidate.patch
    if patch is None:
        hunt.count(pruned=1)
        return False
    key = key_of(patch, visible)
    known = hunt.tried.get(key)
    if known is not None:
        return known
    hunt.count(candidates=1)
    quickest = sorted(visible, key=lambda name: (hunt.start.durations.get(name, 0.0), name))
    edges = (0, *_STAGES, None)
    stages = [quickest[first:last] for first, last in pairwise(edges)]
    passed = all(not hunt.attempt(patch, stage, first=True).failed for stage in stages if stage)
    if not hunt.over:
        hunt.tried.add(key, _why(candidate.repair), passed=passed)
    return passed

"""Who executed what, as sets of tests per line. A set of tests is one integer: bit *i* is the *i*-th test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tdad.facts import PASSING, OwnerKind, Recorded
from tdad.graph.suspects.formulas import Counts


@dataclass(frozen=True)
class Spectrum:
    """The recording, turned around: path → line → tests. Lines are those of the newest recorded version."""

    tests: tuple[str, ...]
    failing: int
    lines: Mapping[str, Mapping[int, int]]
    """Only lines that some failing test executed. Where lines were not recorded: first lines of what was entered."""
    digests: Mapping[str, str]
    """Path → the version that the lines are of."""
    imports: Mapping[str, Mapping[str, frozenset[int]]] = field(default_factory=dict)
    """Path → module whose import ran lines of it → these lines. Not only of what failing tests executed."""

    @cached_property
    def total_failed(self) -> int:
        """Number of failing tests."""
        return self.failing.bit_count()

    def counts(self, tests: int) -> Counts:
        """Counts of a set of tests."""
        failed = (tests & self.failing).bit_count()
        total = len(self.tests)
        return Counts(
            failed, tests.bit_count() - failed, self.total_failed, total - self.total_failed
        )


def spectrum(recorded: Recorded, failing: frozenset[str]) -> Spectrum:
    """The spectrum of a recording. ``failing``: node ids; other tests count as passing if they passed.

    Skipped tests are left out. Code that a fixture ran counts for every test that uses the fixture; imports are kept
    apart (every test has most of them).
    """
    tests = tuple(
        node_id
        for node_id, test in recorded.tests.items()
        if node_id in failing or test.status in PASSING
    )
    bits = {node_id: 1 << at for at, node_id in enumerate(tests)}
    mask = sum(bits[node_id] for node_id in tests if node_id in failing)
    masks: dict[object, int] = {}
    found: dict[str, dict[int, int]] = {}
    digests: dict[str, str] = {}
    imports: dict[str, dict[str, frozenset[int]]] = {}
    for path in recorded.paths():
        if not path.endswith(".py"):
            continue
        versions = recorded.versions(path)
        if not versions:
            continue
        by_owner = recorded.executed(path, versions[0]) or recorded.entered(path, versions[0])
        lines: dict[int, int] = {}
        for owner, executed in by_owner.items():
            if owner.kind is OwnerKind.IMPORT:
                imports.setdefault(path, {})[owner.name] = executed
                continue
            who = masks.get(owner)
            if who is None:
                who = sum(bits[name] for name in recorded.inheritors(owner) if name in bits)
                masks[owner] = who
            for line in executed:
                lines[line] = lines.get(line, 0) | who
        reached = {line: who for line, who in lines.items() if who & mask}
        if reached:
            found[path] = reached
            digests[path] = versions[0]
    return Spectrum(tests, mask, found, digests, imports)

"""In which order a candidate meets the failing tests: one, a few, all; the first that fails ends it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tdad.facts_fix import Patch, Repair, Template
from tdad.workflows.fix_folder import Tried
from tdad.workflows.fix_hunt import Verdict
from tdad.workflows.fix_repair import Candidate, _passes

NAMES = tuple(f"test_a.py::test_{number:02}" for number in range(30))


@dataclass
class Fake:
    """A hunt whose tests fail where they are told to."""

    tried: Tried
    failing: frozenset[str] = frozenset()
    asked: list[list[str]] = field(default_factory=list)
    visible: tuple[str, ...] = NAMES
    over: bool = False
    start: Any = field(
        default_factory=lambda: SimpleNamespace(durations=dict.fromkeys(NAMES[:-1], 1.0))
    )

    def count(self, **more: int) -> None:
        assert set(more) <= {"candidates", "pruned"}

    def attempt(self, patch: Patch, tests: list[str], *, first: bool) -> Verdict:
        assert patch == {"a.py": b"x = 2\n"}
        assert first
        self.asked.append(list(tests))
        failed = tuple(name for name in tests if name in self.failing)
        return Verdict(tuple(set(tests) - set(failed)), failed)


@pytest.mark.parametrize(
    ("failing", "sizes"), [((), [1, 19, 10]), (NAMES[-1:], [1]), (NAMES[3:4], [1, 19])]
)
def test_a_candidate_meets_one_test_then_some_then_the_rest(
    tmp_path: Path, failing: tuple[str, ...], sizes: list[int]
) -> None:
    hunt: Any = Fake(Tried(tmp_path / "tried.jsonl"), frozenset(failing))
    repair = Repair("a.py", 4, 5, "2", Template.CONSTANT, "", 1, 1, at_import=True, detail="1 → 2")
    candidate = Candidate(1.0, repair, b"x = 1\n")
    assert _passes(hunt, candidate) == (not failing)
    assert [len(each) for each in hunt.asked] == sizes
    assert hunt.asked[0] == [NAMES[-1]], "the quickest"
    assert _passes(hunt, candidate) == (not failing)
    assert [len(each) for each in hunt.asked] == sizes, "it is known"

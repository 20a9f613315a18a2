"""Files of the versions that are compared and are not here: submodules, contents of Git LFS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tdad.facts_gate import Judged, Verdict
from tdad.workflows.gate_ground import Field, Side


def notes_of_missing(sides: Field) -> Iterator[str]:
    """Yield what is missing from the runs, with the command that gets it."""
    if missing := sorted({*sides.baseline.missing, *sides.head.missing}):
        yield (
            f"the submodule {missing[0]} is not here at the commits that are compared, and its files are missing from"
            " the runs; get it: git submodule update --init --recursive"
        )
    if pointers := sorted({*sides.baseline.pointers, *sides.head.pointers}):
        files = f"{len(pointers)} files" if len(pointers) > 1 else "1 file"
        yield (
            f"the contents of {files} in Git LFS are not here, the first is {pointers[0]}: the tests saw pointers"
            f" instead; get them: {_fetch(sides.baseline, sides.head)}"
        )


def hidden_by_missing(sides: Field, tests: Sequence[Judged]) -> Iterator[str]:
    """Yield why tests that fail on both sides may have passed before: the baseline lacks what head has."""
    lacking = sorted({*sides.baseline.pointers} - {*sides.head.pointers})
    failing = [test for test in tests if test.verdict is Verdict.STILL_FAILING]
    if lacking and failing:
        number = f"{len(failing)} tests fail" if len(failing) > 1 else "1 test fails"
        yield (
            f"{number} on both sides, and the baseline's contents of {lacking[0]} in Git LFS are not here; get them:"
            f" {_fetch(sides.baseline)}"
        )


def _fetch(*sides: Side) -> str:
    commits = [side.commit[:12] for side in sides if side.pointers]
    return f"git lfs fetch origin {' '.join(commits)}"

"""Row 27: the baseline's version of the tests with the code of head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tdad.facts_fix import Patch
from tdad.facts_gate import Attempt, Setting
from tdad.runner.witnessed import Wanted
from tdad.workflows.gate_ground import Side

_ROUNDS = 2
"""What fails is run once more: one failure may be chance."""


def crossed(
    head: Side, files: Patch, tests: Sequence[str], limits: Mapping[str, float]
) -> dict[str, Attempt]:
    """Node id → how the baseline's version of a test ended with head's code.

    Args:
        head: Where it runs.
        files: The baseline's test files, and what must go.
        tests: Node ids; one without parameters stands for all of them.
        limits: Node id → seconds.

    Raises:
        TdadError: it cannot be run.
    """
    found: dict[str, Attempt] = {}
    left = tuple(tests)
    for _ in range(_ROUNDS):
        if not left:
            break
        paths = tuple(dict.fromkeys(name.partition("::")[0] for name in left))
        wanted = Wanted(ids=left, look_into=paths, limits=limits, setting=Setting.AGAIN)
        run = head.run(wanted, patch=files)
        found |= run.attempts
        left = tuple(name for name, attempt in run.attempts.items() if attempt.failing)
    return found

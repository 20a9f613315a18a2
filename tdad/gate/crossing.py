"""Row 27 of the decision table: which tests of the baseline to run with the code of head, and with which files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tdad.facts import FileVersion
from tdad.facts_gate import PolicyKind
from tdad.gate.policy import node_id_of
from tdad.gate.tests_changed import Compared

_DATA = re.compile(r"(?:^|/)(?:tests?|testing|fixtures?|__snapshots__|snapshots)/")


@dataclass(frozen=True, slots=True)
class CrossingPlan:
    """What to put into a copy of head, and what to run there."""

    files: Mapping[str, bytes | None] = field(default_factory=dict)
    """Path → the baseline's contents (``None``: it was not there and has to go)."""
    tests: tuple[str, ...] = ()
    """Node ids without parameters, of the baseline, sorted."""


def crossing_plan(
    files: Sequence[FileVersion], compared: Compared, is_test: Callable[[str], bool]
) -> CrossingPlan:
    """Return how to run the baseline's version of the tests that a change edits or takes away.

    Args:
        files: From baseline to head.
        compared: What the comparison of the tests says.
        is_test: Whether a path is code of the tests: a test module, a conftest, a helper below a folder of tests.
    """
    back: dict[str, bytes | None] = {}
    for version in files:
        old_path = version.old_path or version.path
        if not _belongs(old_path, is_test) and not _belongs(version.path, is_test):
            continue
        if version.old_path and version.old_path != version.path:
            back[version.path] = None
        back[old_path] = version.old
    # of those that are skipped now some are no longer there by that name
    kinds = {PolicyKind.REMOVED_TEST, PolicyKind.SKIPPED_TEST}
    gone = {w.test for w in compared.weakenings if w.kind in kinds and w.test}
    wanted = {*compared.edited, *gone}
    tests = sorted(node_id_of(each) for each in wanted if back.get(each.partition("::")[0]))
    return CrossingPlan(back, tuple(tests)) if tests else CrossingPlan()


def _belongs(path: str, is_test: Callable[[str], bool]) -> bool:
    """Tell whether a file goes with the tests: their code, and data in their folders."""
    return is_test(path) or (not path.endswith(".py") and _DATA.search(path) is not None)

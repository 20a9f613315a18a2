"""Row 27 of the decision table: which tests of the baseline to run with the code of head, and with which files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tdad.facts import FileVersion
from tdad.facts_gate import PolicyKind
from tdad.gate.policy import node_id_of
from tdad.gate.tests_changed import Compared

_MOST = 300
"""Tests that are run because something that they may use differs."""
_DATA = re.compile(r"(?:^|/)(?:tests?|testing|fixtures?|__snapshots__|snapshots)/")


@dataclass(frozen=True, slots=True)
class CrossingPlan:
    """What to put into a copy of head, and what to run there."""

    files: Mapping[str, bytes | None] = field(default_factory=dict)
    """Path → the baseline's contents (``None``: it was not there and has to go)."""
    tests: tuple[str, ...] = ()
    """Node ids without parameters, of the baseline, sorted."""


def crossing_plan(
    files: Sequence[FileVersion],
    compared: Compared,
    is_test: Callable[[str], bool],
    passing: Iterable[str] = (),
) -> CrossingPlan:
    """Return how to run the baseline's version of tests that a change edits or takes away, or whose support it edits.

    Args:
        files: From baseline to head.
        compared: What the comparison of the tests says.
        is_test: Whether a path is code of the tests: a test module, a conftest, a helper below a folder of tests.
        passing: Node ids on the baseline of the tests that were at risk and pass on head: those that may use a fixture,
            a helper or data that differs.
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
    if all(version.path in back for version in files):
        return CrossingPlan()  # the tests alone differ
    gone = {w.test for w in compared.weakenings if w.kind in kinds and w.test}
    wanted = {*compared.edited, *gone}
    tests = {node_id_of(each) for each in wanted if back.get(each.partition("::")[0])}
    places = {_reach(path, is_test) for path in _support(back, compared)}
    others = (name.partition("[")[0] for name in passing)
    supported = [
        name
        for name in dict.fromkeys(others)
        if any(name.startswith(place) for place in places)
        and back.get(name.partition("::")[0], b"") is not None
    ]
    tests |= set(supported[:_MOST])
    return CrossingPlan(back, tuple(sorted(tests))) if tests else CrossingPlan()


def _support(back: Mapping[str, bytes | None], compared: Compared) -> frozenset[str]:
    """Paths of what tests use that is not the same, as the baseline calls them."""
    data = {path for path, text in back.items() if text is not None and not path.endswith(".py")}
    return compared.support | data


def _reach(path: str, is_test: Callable[[str], bool]) -> str:
    """What node ids begin with of the tests that may use a file: those of it, of its folder, or any."""
    folder, _, name = path.rpartition("/")
    if name == "conftest.py":
        return f"{folder}/" if folder else ""
    return f"{path}::" if is_test(path) and name.endswith(".py") and _is_module(name) else ""


def _is_module(name: str) -> bool:
    return name.startswith("test") or name.endswith("_test.py")


def _belongs(path: str, is_test: Callable[[str], bool]) -> bool:
    """Tell whether a file goes with the tests: their code, and data in their folders."""
    return is_test(path) or (not path.endswith(".py") and _DATA.search(path) is not None)

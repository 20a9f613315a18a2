"""Where tests may be that no run has seen."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from tdad.config.decisive import is_configuration
from tdad.facts import Change, ChangeKind, DefinitionKind, Part
from tdad.graph.impacts.world import World

OF_COLLECTION = frozenset({"collect_ignore", "collect_ignore_glob", "__test__"})
"""They decide what is collected: tests may come that no run has seen."""


def may_hold_new_tests(world: World, changes: Sequence[Change]) -> set[str]:
    """Files that may hold tests that no run has seen: those that changed, and those that a change lets tests come into.

    Tests come from elsewhere when a base class gets some, when a class gets another base, and when what is collected is
    decided otherwise.
    """
    paths = {change.path for change in changes}
    for change in changes:
        if change.part is Part.DATA and is_configuration(change.path):
            return set(world.head.paths())
        if posixpath.basename(change.path) == "conftest.py" and _is_about_collection(change):
            folder = posixpath.dirname(change.path)
            paths.update(p for p in world.head.paths() if not folder or p.startswith(f"{folder}/"))
        elif _may_bring_tests(world, change):
            paths.update(world.now.reverse_import_closure(change.path))
    return paths


def _is_about_collection(change: Change) -> bool:
    names = {*change.binds, change.qualname}
    return not OF_COLLECTION.isdisjoint(names) or any(name.startswith("pytest_") for name in names)


def _may_bring_tests(world: World, change: Change) -> bool:
    """Whether files that import the changed one may collect more from it: by usual names, however configured."""
    if "__test__" in change.binds:
        return True
    named = any("test" in name.lower() for name in change.qualname.split("."))
    if change.part is Part.HEADER:
        definition = world.definition(change.path, change.qualname)
        return named or definition is None or definition.kind is not DefinitionKind.FUNCTION
    come = change.kind in {ChangeKind.ADDED, ChangeKind.RENAMED}
    return come and (named or "*" in change.binds)

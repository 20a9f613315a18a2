"""Code that the tests imported from elsewhere: nothing of it was seen, so nothing proves a change of it safe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tdad.facts import Change, Elsewhere, Evidence, OwnerKind, Step, Use
from tdad.graph.impacts.importing import tests_importing
from tdad.graph.impacts.trails import Trail
from tdad.graph.impacts.world import World


def unseen(world: World, change: Change) -> dict[str, Trail]:
    """Node id → trail of every test that imported something else in the place of what changed."""
    found: dict[str, Trail] = {}
    for one, tests in _concerned(world, change):
        for node_id in sorted(_importing(world, one, tests)):
            step = Step(f"{one.module} imported from elsewhere by", node_id)
            found.setdefault(node_id, Trail(change, Evidence.PRECAUTION, (step,)))
    return found


def said(world: World, changes: Iterable[Change]) -> list[str]:
    """A sentence for each package that was imported from elsewhere and that is changed now."""
    concerned = {one for change in changes for one, _ in _concerned(world, change)}
    return [
        f"{one.place} was not recorded, for the tests imported {one.module} from {one.file}: every test that imports it"
        f" is at risk. Record this one: {one.command}"
        for one in sorted(concerned)
    ]


def _concerned(world: World, change: Change) -> Iterator[tuple[Elsewhere, frozenset[str]]]:
    """What the change is in, with the tests that were recorded without it."""
    paths = {change.path, change.old_path or change.path}
    for environment, tests in world.recorded.environments():
        for one in environment.elsewhere:
            if any(one.holds(path) for path in paths):
                yield one, tests


def _importing(world: World, one: Elsewhere, tests: frozenset[str]) -> frozenset[str]:
    """Which of the tests import it, as far as can be told; else all of them."""
    found = set(tests_importing(world, one.path))
    for owner in world.recorded.users(Use.MODULE, one.module.partition(".")[0]):
        if owner.kind is OwnerKind.IMPORT:
            found |= tests_importing(world, owner.name)
        else:
            found |= set(world.recorded.inheritors(owner))
    return tests & frozenset(found) or tests

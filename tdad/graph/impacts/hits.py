"""The tests that a change reaches, each with its best trail."""

from __future__ import annotations

from collections.abc import Iterable

from tdad.facts import Owner, OwnerKind
from tdad.graph.impacts.trails import Trail
from tdad.graph.impacts.world import World


class Hits:
    """Where trails end: at a test itself, or at an owner that tests inherit from.

    ``only``: no other tests are asked for. ``follows_change``: false for a search that asks who uses something.
    """

    def __init__(
        self,
        world: World,
        only: frozenset[str] | None = None,
        *,
        follows_change: bool = True,
    ) -> None:
        self.world = world
        self.only = only
        self.follows_change = follows_change
        self.hits: dict[str, Trail] = {}
        self._orders: dict[str, tuple[int, int]] = {}
        """Of the hits: most of what reaches a test later is seen to be no better by these alone."""
        self._asked: Trail | None = None
        self._order_asked = (0, 0)

    def test(self, node_id: str, trail: Trail) -> None:
        """The trail ends at a test."""
        self._end(node_id, trail, trail.order)

    def tests(self, node_ids: Iterable[str], trail: Trail) -> None:
        """The trail ends at each of these tests."""
        order, orders = trail.order, self._orders
        for node_id in node_ids:
            known = orders.get(node_id)
            if known is None or order <= known:
                self._end(node_id, trail, order)

    def _end(self, node_id: str, trail: Trail, order: tuple[int, int]) -> None:
        if trail.requires is not None and node_id not in trail.requires:
            return
        if self.only is not None and node_id not in self.only:
            return
        known = self._orders.get(node_id)
        if (
            known is None
            or order < known
            or (order == known and trail.rank() < self.hits[node_id].rank())
        ):
            self.hits[node_id] = trail
            self._orders[node_id] = order

    def _is_settled(self, node_id: str, trail: Trail) -> bool:
        """Whether one more step from the trail to the test cannot be better than what has reached it."""
        if trail is not self._asked:  # a place is left by many owners in a row
            evidence, steps = trail.order
            self._asked, self._order_asked = trail, (evidence, steps + 1)
        known = self._orders.get(node_id)
        return known is not None and known < self._order_asked

    def owner(self, owner: Owner, trail: Trail, verb: str = "executed") -> None:
        """An owner did something affected: whoever inherits from it is reached. IMPORT owners are not handled here."""
        recorded = self.world.recorded
        match owner.kind:
            case OwnerKind.TEST:
                if not self._is_settled(owner.name, trail) and owner.name in recorded.tests:
                    self.test(owner.name, trail.then(f"{verb} by", owner.name))
            case OwnerKind.FIXTURE:
                step = trail.then(f"{verb} by fixture", fixture_label(owner.name))
                self.tests(recorded.inheritors(owner), step)
            case OwnerKind.COLLECT:
                step = trail.then(f"{verb} while collecting", owner.name)
                self._recollected(owner)
                self.tests(recorded.inheritors(owner), step)
            case OwnerKind.SESSION:
                step = trail.then(f"{verb} by", "the pytest session")
                self.tests(recorded.inheritors(owner), step)
            case OwnerKind.IMPORT:
                pass

    def _recollected(self, owner: Owner) -> None:
        """Parameters that a hook computes may have other ids now."""
        if self.follows_change:
            tests = self.world.recorded.tests
            heirs = self.world.recorded.inheritors(owner)
            self.world.rebound.update(tests[node_id].definition for node_id in heirs)


def fixture_label(name: str) -> str:
    """The fixture's name and scope node, as a person wants to read it."""
    return name.rpartition("::")[2] if "::" in name and "@" not in name else name

"""Follow one change through executions and static steps until tests are reached.

A search (``search``) is told which places (``places``) are affected. Each leads to tests or to further places:
``executions`` follows what was seen to run, ``bindings`` the names and their readers. Breadth first, so the first trail
is a shortest one.
"""

from __future__ import annotations

from typing import assert_never

from tdad.facts import Change, ChangeKind, Part
from tdad.graph.impacts.bindings import follow_bound
from tdad.graph.impacts.classes import split
from tdad.graph.impacts.executions import follow_executed, follow_import, follow_statement
from tdad.graph.impacts.places import AtImport, Bound, Executed, Imported, Place
from tdad.graph.impacts.search import Search
from tdad.graph.impacts.trails import Trail

NO_CHANGE = Change("", "", ChangeKind.EDITED, Part.DATA)
"""Where a search starts that follows no change: only who is reached counts."""


class Spread(Search):
    """Follows trails from place to place until they end at tests."""

    def run(self) -> dict[str, Trail]:
        """Follow everything that was put in; node id → best trail."""
        while self.queue:
            self._follow(self.queue.popleft())
        return self.hits

    def _follow(self, place: Place) -> None:
        match place:
            case Executed():
                follow_executed(self, place)
            case Bound():
                follow_bound(self, place)
            case AtImport():
                follow_statement(self, place)
            case Imported():
                follow_import(self, place)
            case _:
                assert_never(place)

    def users_of_class(self, class_id: str) -> frozenset[str]:
        """Tests that have to do with the class: entered code of it, executed a reader of its name, are tests of it."""
        users = self.world.users
        if class_id not in users:
            path, qualname = split(class_id)
            users[class_id] = frozenset()  # a class may be read by way of itself
            search = Spread(self.world, follows_change=False, through_caches=True)
            trail = Trail(NO_CHANGE)
            search.members(path, qualname, trail)
            search.bound(path, qualname, trail)
            inside = f"{path}::{qualname.replace('.', '::')}::"
            found = {test for test in self.world.tests_of_file(path) if test.startswith(inside)}
            users[class_id] = frozenset(found | set(search.run()))
        return users[class_id]

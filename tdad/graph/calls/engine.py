"""Inclusion constraints over numbered nodes: which objects may reach which node.

Andersen's analysis with difference propagation (Pearce, Kelly and Hankin 2003): a node hands on only what is new.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from collections.abc import Set as AbstractSet

Watcher = Callable[[int], object]
_NOTHING: frozenset[int] = frozenset()


class Engine:
    """Nodes, the objects that they hold, edges between them, and watchers that see each object once per node.

    After ``most`` objects were handed on nothing more is: what is known by then stands.
    A node that holds ``widest`` objects takes no more: beyond that it says nothing useful about a receiver.
    """

    def __init__(self, widest: int, most: int, most_light: int) -> None:
        self.handed_on = 0
        self._most = most
        self._widest = widest
        self._most_light = most_light
        self.held: list[set[int] | frozenset[int]] = []
        """What each node holds; those that hold nothing share one empty set, because most never hold anything."""
        self.widened: set[int] = set()
        self.light: set[int] = set()
        """Objects that are no functions or classes; a node takes at most ``most_light`` of them."""
        self._edges: list[dict[int, None] | None] = []
        self._watchers: list[list[Watcher] | None] = []
        self._pending: dict[int, set[int]] = {}
        self._queue: deque[int] = deque()
        self._started: list[tuple[int, Watcher]] = []
        self._actions: list[Callable[[], object]] = []
        self._late: list[tuple[int, Callable[[], object]]] = []

    def node(self) -> int:
        """A new node that holds nothing."""
        return self.nodes(1)

    def nodes(self, count: int) -> int:
        """The first of ``count`` new consecutive nodes."""
        first = len(self.held)
        self.held.extend([_NOTHING] * count)
        self._edges.extend([None] * count)
        self._watchers.extend([None] * count)
        return first

    def add(self, node: int, item: int) -> None:
        """Let ``node`` hold ``item``; a negative node is one that nobody asks for."""
        if node < 0:
            return
        self._give(node, {item})

    def edge(self, source: int, target: int) -> None:
        """Let ``target`` hold whatever ``source`` holds."""
        if source == target or source < 0 or target < 0:
            return
        edges = self._edges[source]
        if edges is None:
            edges = self._edges[source] = {}
        if target not in edges:
            edges[target] = None
            if self.held[source]:
                self._give(target, self.held[source])

    def watch(self, node: int, watcher: Watcher) -> None:
        """Call ``watcher`` once for each object that ``node`` holds or will hold."""
        if self.held[node]:
            self._started.append((node, watcher))
            return
        watchers = self._watchers[node]
        if watchers is None:
            self._watchers[node] = [watcher]
        else:
            watchers.append(watcher)

    def later(self, action: Callable[[], object]) -> None:
        """Do ``action`` before anything else is handed on."""
        self._actions.append(action)

    def if_empty(self, node: int, action: Callable[[], object]) -> None:
        """Do ``action`` if ``node`` still holds nothing when everything else has settled."""
        self._late.append((node, action))

    def stopped(self) -> bool:
        """Tell whether objects were left where they are because too many had been handed on."""
        return self.handed_on > self._most

    def limits(self) -> list[str]:
        """A sentence about each bound that was reached: edges may be missing because of it."""
        found = []
        if self.stopped():
            found.append(f"the analysis stopped after {self._most:,} steps; calls may be missing")
        if self.widened:
            found.append(
                f"{len(self.widened):,} of {len(self.held):,} places may hold more than {self._widest} values each; "
                "the others are not followed, so calls may be missing"
            )
        return found

    def _give(self, node: int, items: AbstractSet[int]) -> None:
        held = self.held[node]
        new = items - held
        if not new:
            return
        if len(held) + len(new) > self._most_light:
            new = self._narrowed(node, held, new)
            if not new:
                return
        if isinstance(held, set):
            held |= new
        else:
            self.held[node] = set(new)
        pending = self._pending.get(node)
        if pending is None:
            self._pending[node] = set(new)
            self._queue.append(node)
        else:
            pending |= new

    def _narrowed(
        self, node: int, held: AbstractSet[int], new: AbstractSet[int]
    ) -> AbstractSet[int]:
        """What of ``new`` still fits into ``node``."""
        light = new & self.light
        room = self._most_light - len(held & self.light)
        if len(light) > room:
            new = new - light | set(sorted(light)[: max(room, 0)])
        if len(held) + len(new) > self._widest:
            self.widened.add(node)
            new = set(sorted(new)[: max(self._widest - len(held), 0)])
        return new

    def settle(self) -> None:
        """Propagate until nothing changes, the late actions included."""
        while True:
            self._propagate()
            late, self._late = self._late, []
            empty = [action for node, action in late if not self.held[node]]
            if not empty:
                return
            for action in empty:
                action()

    def _propagate(self) -> None:
        while self._actions or self._started or self._pending:
            while self._actions:
                self._actions.pop()()
            while self._started:
                node, watcher = self._started.pop()
                self._begin(node, watcher)
            if not self._pending:
                continue
            node = self._queue.popleft()
            new = self._pending.pop(node)
            self.handed_on += len(new)
            if self.handed_on > self._most:
                self._pending.clear()
                self._queue.clear()
                continue
            for target in list(self._edges[node] or ()):
                self._give(target, new)
            for watcher in list(self._watchers[node] or ()):
                for item in new:
                    watcher(item)

    def _begin(self, node: int, watcher: Watcher) -> None:
        """A watcher that came late first sees what has already been handed on."""
        waiting: set[int] = self._pending.get(node, set())
        seen = [item for item in self.held[node] if item not in waiting]
        watchers = self._watchers[node]
        if watchers is None:
            self._watchers[node] = [watcher]
        else:
            watchers.append(watcher)
        for item in seen:
            watcher(item)

"""The state of one search: the tests that were reached, and the places that are still to be followed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence

from tdad.facts import DefinitionKind, Evidence, Owner, OwnerKind, Site, Span
from tdad.graph.impacts.classes import split
from tdad.graph.impacts.hits import Hits
from tdad.graph.impacts.memo import memos_of
from tdad.graph.impacts.places import AtImport, Bound, Executed, Imported, Place
from tdad.graph.impacts.trails import Trail
from tdad.graph.impacts.world import World, find, innermost


class Search(Hits, ABC):
    """Is told what is affected, and keeps each place once for :class:`tdad.graph.impacts.spread.Spread` to follow.

    ``through_caches``: rule 7 applies also to a search that follows no change.
    """

    def __init__(
        self,
        world: World,
        only: frozenset[str] | None = None,
        *,
        follows_change: bool = True,
        through_caches: bool = False,
    ) -> None:
        super().__init__(world, only, follows_change=follows_change)
        self.through_caches = through_caches or follows_change
        self.memos = memos_of(world)
        self.queue: deque[Place] = deque()
        self._seen: set[tuple[object, ...]] = set()

    @abstractmethod
    def users_of_class(self, class_id: str) -> frozenset[str]:
        """Tests that have to do with the class: entered code of it, executed a reader of its name, are tests of it."""

    def first(self, key: tuple[object, ...]) -> bool:
        """Whether nothing was followed under that key before."""
        if key in self._seen:
            return False
        self._seen.add(key)
        return True

    # ----------------------------------------------------------------------------------------- places to follow

    def executed(
        self, path: str, qualname: str, trail: Trail, line: int = 0, *, old: bool = False
    ) -> None:
        """Whoever executes the definition itself is affected (with ``line``: whoever executes that line, if known).

        The line is one of the current version, or of the ``old`` one.
        """
        if self.first(("executed", path, qualname, line, old, trail.requires)):
            self.queue.append(Executed(path, qualname, trail, line, old))

    def bound(self, path: str, qualname: str, trail: Trail) -> None:
        """The value of a name at module or class level is affected: follow its readers."""
        if self.first(("bound", path, qualname, trail.requires)):
            self.queue.append(Bound(path, qualname, trail))

    def statement(self, site: Site, trail: Trail, *, now: bool = False) -> None:
        """An import-time statement runs affected code; line 0: some statement of that module.

        ``now``: the line is one of the current version, not of the recorded one.
        """
        if self.first(("statement", site, now, trail.requires)):
            self.queue.append(AtImport(site, trail, now))

    def imported(self, path: str, trail: Trail) -> None:
        """Importing the module has an affected side effect: every test whose process imports it."""
        if self.first(("imported", path, trail.requires)):
            self.queue.append(Imported(path, trail))

    def stored(self, path: str, names: frozenset[str] | None, trail: Trail) -> None:
        """Code at the top level of the module stores into these names; ``None``: nobody knows what it does."""
        if names is None:
            self.imported(path, trail)
        for name in sorted(names or ()):
            if self.first(("stored", name, trail.requires)):
                step = trail.then("stores into", name, evidence=Evidence.DERIVED)
                self.queue.append(Bound(*split(name), step, kept=True))

    def fails(self, path: str, trail: Trail) -> None:
        """Importing the module may raise: every test whose process imports it, however little it uses of it."""
        step = trail.fails().then("may make the import fail of", path, evidence=Evidence.DERIVED)
        self.imported(path, step)

    # ----------------------------------------------------------------------------------------- code that was entered

    def members(self, path: str, qualname: str, trail: Trail) -> None:
        """Everything written inside a class or function is affected: whoever entered any of it."""
        for digest in self.world.recorded.versions(path):
            definition = find(self.world.recorded_facts(path, digest), qualname)
            if definition is not None:
                self.executed_spans(path, digest, (definition.span,), trail)

    def executed_spans(self, path: str, digest: str, spans: Sequence[Span], trail: Trail) -> None:
        """Whoever entered code that starts within ``spans`` of that version is affected, nested code included."""
        for span in spans:
            for owner, line in self.world.entered_within(path, digest, span):
                self.entered_by(owner, Site(path, line), trail)

    def entered_by(self, owner: Owner, site: Site, trail: Trail) -> None:
        """One owner entered affected code at ``site``."""
        if owner.kind is not OwnerKind.TEST:
            self._closures(site, trail)
        if owner.kind is not OwnerKind.IMPORT:
            self.owner(owner, trail)
            return
        causes = self.world.recorded.causes(site)
        known = any(cause.line for cause in causes)
        if not known and owner.name == site.path and self._is_class_body(site):
            self.statement(site, trail)  # a class statement runs its own body
            return
        for cause in causes or (Site(owner.name, 0),):
            step = trail.then("executed while importing", f"{cause.path}:{cause.line}")
            self.statement(cause, step)
            if trail.raises and not self._is_class_body(site):
                self.fails(cause.path, step)

    def _closures(self, site: Site, trail: Trail) -> None:
        """What a function makes for others lives on in the functions that are written in it: who enters those."""
        if not self.first(("closures", site, trail.requires)):
            return
        facts = self.world.facts_of_run(site.path)
        made = innermost(facts, site.line) if facts is not None else None
        if facts is None or made is None or made.kind is not DefinitionKind.FUNCTION:
            return
        prefix = f"{made.qualname}."
        for inner in facts.definitions:
            if inner.kind is DefinitionKind.FUNCTION and inner.qualname.startswith(prefix):
                for owner, _line in self.world.entered(site.path, inner.qualname):
                    if owner.kind is not OwnerKind.IMPORT:
                        self.owner(owner, trail.then("made in", f"{site.path}::{made.qualname}"))

    def _is_class_body(self, site: Site) -> bool:
        facts = self.world.facts_of_run(site.path)
        return facts is not None and any(
            definition.kind is DefinitionKind.CLASS
            and definition.span.first == site.line
            and facts.definitions[definition.parent].kind is not DefinitionKind.FUNCTION
            for definition in facts.definitions
        )

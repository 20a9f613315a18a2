"""Follow one change through executions and static steps until tests are reached.

Four kinds of place can be reached: a definition whose *execution* is affected (``executed``), a name whose *value* is
affected (``bound``), an import-time *statement* that runs affected code (``statement``), and a module whose *import* is
affected (``imported``). Each leads to tests or to further places. Breadth first, so the first trail is a shortest one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from tdad.facts import (
    ANNOTATIONS,
    Change,
    ChangeKind,
    Definition,
    DefinitionKind,
    Evidence,
    FileFacts,
    Owner,
    OwnerKind,
    Part,
    ReferenceKind,
    Site,
    Span,
    Statement,
    Use,
)
from tdad.graph.impacts.classes import (
    annotations_are_read,
    decorators,
    has_processing_base,
    split,
)
from tdad.graph.impacts.collected import asked_through_pytest, governed
from tdad.graph.impacts.effects import Effects, stores_only
from tdad.graph.impacts.handed_on import holders, is_given_attribute, passed_on
from tdad.graph.impacts.hits import Hits
from tdad.graph.impacts.importing import tests_importing
from tdad.graph.impacts.making import is_made_plainly, makers_seen
from tdad.graph.impacts.memo import MISSING, Memo, Memos
from tdad.graph.impacts.raising import is_calm, is_particular
from tdad.graph.impacts.starred import ALL, importing_by_star, may_be_starred
from tdad.graph.impacts.trails import Trail
from tdad.graph.impacts.world import World, find, innermost, statement_binding
from tdad.graph.resolve import Edge, Resolver

NO_CHANGE = Change("", "", ChangeKind.EDITED, Part.DATA)
"""Where a search starts that follows no change: only who is reached counts."""
HEADER_KINDS = frozenset({ReferenceKind.DECORATOR, ReferenceKind.DEFAULT, ReferenceKind.BASE})


class Spread(Hits):
    """Follows trails from place to place until they end at tests."""

    def __init__(
        self,
        world: World,
        only: frozenset[str] | None = None,
        *,
        follows_change: bool = True,
        through_caches: bool = False,
    ) -> None:
        super().__init__(world, only, follows_change=follows_change)
        self._through_caches = through_caches or follows_change
        self._queue: deque[Callable[[], None]] = deque()
        self._seen: set[tuple[object, ...]] = set()
        self._users: dict[str, frozenset[str]] = world.users
        self.memos = memos_of(world)

    def run(self) -> dict[str, Trail]:
        """Follow everything that was put in; node id → best trail."""
        while self._queue:
            self._queue.popleft()()
        return self.hits

    # ----------------------------------------------------------------------------------------- places

    def executed(
        self, path: str, qualname: str, trail: Trail, line: int = 0, *, old: bool = False
    ) -> None:
        """Whoever executes the definition itself is affected (with ``line``: whoever executes that line, if known).

        The line is one of the current version, or of the ``old`` one.
        """
        if not self._first(("executed", path, qualname, line, old, trail.requires)):
            return
        self._queue.append(lambda: self._executed(path, qualname, trail, line, old=old))

    def executed_spans(self, path: str, digest: str, spans: Sequence[Span], trail: Trail) -> None:
        """Whoever entered code that starts within ``spans`` of that version is affected, nested code included."""
        for span in spans:
            for owner, line in self.world.entered_within(path, digest, span):
                self.entered_by(owner, Site(path, line), trail)

    def entered_by(self, owner: Owner, site: Site, trail: Trail) -> None:
        """One owner entered affected code at ``site``."""
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

    def _is_class_body(self, site: Site) -> bool:
        facts = self._facts_of_run(site.path)
        return facts is not None and any(
            definition.kind is DefinitionKind.CLASS
            and definition.span.first == site.line
            and facts.definitions[definition.parent].kind is not DefinitionKind.FUNCTION
            for definition in facts.definitions
        )

    def bound(self, path: str, qualname: str, trail: Trail) -> None:
        """The value of a name at module or class level is affected: follow its readers."""
        if self._first(("bound", path, qualname, trail.requires)):
            self._queue.append(lambda: self._bound(path, qualname, trail))

    def statement(self, site: Site, trail: Trail, *, now: bool = False) -> None:
        """An import-time statement runs affected code; line 0: some statement of that module.

        ``now``: the line is one of the current version, not of the recorded one.
        """
        if not self._first(("statement", site, now, trail.requires)):
            return
        self._queue.append(lambda: self._statement(site, trail, now=now))

    def imported(self, path: str, trail: Trail) -> None:
        """Importing the module has an affected side effect: every test whose process imports it."""
        if self._first(("imported", path, trail.requires)):
            self._queue.append(lambda: self._imported(path, trail))

    def stored(self, path: str, names: frozenset[str] | None, trail: Trail) -> None:
        """Code at the top level of the module stores into these names; ``None``: nobody knows what it does."""
        if names is None:
            self.imported(path, trail)
        for name in sorted(names or ()):
            if self._first(("stored", name, trail.requires)):
                step = trail.then("stores into", name, evidence=Evidence.DERIVED)
                self._queue.append(partial(self._bound, *split(name), step, kept=True))

    def fails(self, path: str, trail: Trail) -> None:
        """Importing the module may raise: every test whose process imports it, however little it uses of it."""
        step = trail.fails().then("may make the import fail of", path, evidence=Evidence.DERIVED)
        self.imported(path, step)

    def used(self, how: Use, name: str, trail: Trail) -> None:
        """Something other than code is affected: follow who used it."""
        users = self.world.recorded.users(how, name)
        direct = frozenset(owner for owner in users if owner.kind is not OwnerKind.IMPORT)
        if direct and self.follows_change and how in {Use.READ, Use.LISTED}:
            read = trail.then(VERBS[how] + " by", "a test", evidence=Evidence.DERIVED)
            for memo in self.memos.over_reading(direct):
                self._kept(memo, read)
        for owner, lines in users.items():
            if owner.kind is OwnerKind.IMPORT:
                for line in lines or (0,):
                    step = trail.then(VERBS[how] + " while importing", f"{owner.name}:{line}")
                    self.statement(Site(owner.name, line), step)
            else:
                self.owner(owner, trail, VERBS[how])

    def members(self, path: str, qualname: str, trail: Trail) -> None:
        """Everything written inside a class or function is affected: whoever entered any of it."""
        for digest in self.world.recorded.versions(path):
            definition = find(self.world.recorded_facts(path, digest), qualname)
            if definition is not None:
                self.executed_spans(path, digest, (definition.span,), trail)

    # ----------------------------------------------------------------------------------------- following

    def _first(self, key: tuple[object, ...]) -> bool:
        if key in self._seen:
            return False
        self._seen.add(key)
        return True

    def _executed(self, path: str, qualname: str, trail: Trail, line: int, *, old: bool) -> None:
        world = self.world
        meant = world.old.get(path) if old else world.head.get(path)
        for digest in world.recorded.versions(path):
            facts = world.recorded_facts(path, digest)
            lines = world.recorded.executed(path, digest)
            precise = bool(line and lines and meant is not None and meant.digest == digest)
            if precise and facts is not None:
                span = _statement_span(facts.statements, line)
                allowed = set(world.executed_within(path, digest, (span,)))
            for owner, start in world.entered_in(path, digest, qualname):
                if owner.kind is OwnerKind.IMPORT:
                    self.entered_by(owner, Site(path, start), trail)
                elif not precise or owner in allowed:
                    self.owner(owner, trail)
        self.cached(f"{path}::{qualname}", trail)

    def cached(self, definition: str, trail: Trail) -> None:
        """Rule 7: results of affected code may be kept by a memoised function; whoever asks it is affected too."""
        if not self._through_caches or not self._first(("cached", definition, trail.requires)):
            return
        for memo in self.memos.over(definition):
            self._kept(memo, trail)

    def _kept(self, memo: Memo, trail: Trail) -> None:
        """The memoised function may keep an affected result: whoever asks it is affected."""
        step = trail.then("may be cached by", memo.definition, evidence=Evidence.DERIVED)
        path, _, qualname = memo.definition.partition("::")
        if memo.by_hand:
            # it looks into its store itself, so whoever may get an old result enters it
            narrowed = step.only(self.memos.strangers(memo.definition)) if memo.lazy else step
            self.executed(path, qualname, narrowed)
            return
        if qualname.endswith(f".{MISSING}"):
            self.tests(self.users_of_class(f"{path}::{qualname.rpartition('.')[0]}"), step)
            return
        for edge in self.world.now.readers(memo.definition):
            reader_path, _, reader_name = edge.source.partition("::")
            reader = self.world.definition(reader_path, reader_name)
            if (
                reader is not None
                and reader.kind is DefinitionKind.FUNCTION
                and edge.kind is not ReferenceKind.IMPORT
            ):
                called = step.then("called by", edge.source, edge.weight, Evidence.DERIVED)
                self.executed(reader_path, reader_name, called, edge.line)

    def _statement(self, site: Site, trail: Trail, *, now: bool) -> None:
        facts = self.world.head.get(site.path) if now else self._facts_of_run(site.path)
        if facts is None or site.line == 0:
            self.imported(
                site.path, trail.then("a side effect of", site.path, evidence=Evidence.DERIVED)
            )
            return
        scope, names = statement_binding(facts, site.line)
        if not names and scope:
            self.bound(site.path, scope, trail)
        elif not names:
            span = _statement_span(facts.statements, site.line)
            effects = Effects(self.world, self.world.now if now else self.world.before)
            self.stored(site.path, effects.of_statement(site.path, span), trail)
        for name in names:
            qualname = f"{scope}.{name}" if scope else name
            step = trail.then("computes", f"{site.path}::{qualname}", evidence=Evidence.DERIVED)
            self.bound(site.path, qualname, step)

    def _imported(self, path: str, trail: Trail) -> None:
        step = trail.then("imported by", path, evidence=Evidence.DERIVED)
        self.tests(tests_importing(self.world, path), step)

    def _bound(self, path: str, qualname: str, trail: Trail, *, kept: bool = False) -> None:
        """``kept``: the name keeps its object, which has other contents."""
        world = self.world
        where = f"{path}::{qualname}"
        definition = world.definition(path, qualname)
        if self.follows_change:
            world.rebound.add(where)
            trail = self._in_hand(path, qualname, trail)
        self.tests(
            world.tests_of_definition(where),
            trail.then("defines the test", where, evidence=Evidence.DERIVED),
        )
        decides = trail.then("is looked up by pytest for", path, evidence=Evidence.DERIVED)
        self.tests(governed(world, path, qualname), decides)
        if definition is not None and not (kept and definition.kind is DefinitionKind.VARIABLE):
            self._carried(path, definition, trail)
        before = world.before.readers(where)
        for edge in before:
            if not (kept and stores_only(world.before, edge)):
                self._edge(world.before, edge, where, trail)
        for edge in self._new(world.now.readers(where), before):
            if not (kept and stores_only(world.now, edge)):
                self._edge(world.now, edge, where, trail)
        if qualname == ALL:
            self._exported(path, trail)
        if "." not in qualname:
            narrowed = trail.only(frozenset(world.tests_of_file(path)))
            for reader, line in asked_through_pytest(world, path, qualname):
                step = narrowed.then("is asked for by", reader, evidence=Evidence.DERIVED)
                self.read_by(reader, step, line)
            self._loaded(path, trail)
            self._handed_on(path, qualname, trail)

    def _exported(self, path: str, trail: Trail) -> None:
        """What ``__all__`` is made from is affected: star imports may bring more names, or fewer."""
        names = may_be_starred(self.world, path, trail.change) if self.follows_change else ()
        narrowed = trail.only(importing_by_star(self.world, path)) if names else trail
        for name in sorted(names):
            step = narrowed.then("may export", f"{path}::{name}", evidence=Evidence.DERIVED)
            self.looked_up(path, name, step)

    def looked_up(self, path: str, name: str, trail: Trail) -> None:
        """Looking the name up from outside of the module is affected, not what it means."""
        where = f"{path}::{name}"
        before = self.world.before.readers(where)
        for edge in before:
            if not edge.source.startswith(f"{path}::"):
                self._edge(self.world.before, edge, where, trail)
        for edge in self._new(self.world.now.readers(where), before):
            if not edge.source.startswith(f"{path}::"):
                self._edge(self.world.now, edge, where, trail)

    def _in_hand(self, path: str, qualname: str, trail: Trail) -> Trail:
        """An attribute of a class is only read by who has to do with the class, or with one derived from it."""
        owner = qualname.rpartition(".")[0]
        found = self.world.definition(path, owner) if owner else None
        if found is None or found.kind is not DefinitionKind.CLASS:
            return trail
        class_id = f"{path}::{owner}"
        kin = {class_id}.union(
            *(each.subclasses(class_id) for each in (self.world.before, self.world.now))
        )
        return trail.used_by(frozenset().union(*map(self.users_of_class, sorted(kin))))

    def _handed_on(self, path: str, qualname: str, trail: Trail) -> None:
        """Code that has the module in hand, or one that imports the name, may read it without writing it."""
        for resolver in (self.world.before, self.world.now):
            for module in {path, *passed_on(resolver, path, qualname)}:
                if self._first(("handed on", resolver is self.world.now, module, trail.requires)):
                    for edge in holders(resolver, module):
                        self._edge(resolver, edge, f"{module}::", trail)

    def _new(self, now: Sequence[Edge], before: Sequence[Edge]) -> Iterable[Edge]:
        """Edges that the old version did not have: in a changed file only its lines are the recorded ones."""
        known = {
            (edge.source, edge.kind)
            for edge in before
            if edge.source.partition("::")[0] in self.world.old
        }
        return (edge for edge in now if (edge.source, edge.kind) not in known)

    def _loaded(self, path: str, trail: Trail) -> None:
        """Code that imported the module by a computed name may read any name of it."""
        for owner, sites in self.world.recorded.importers(path).items():
            for site in sites:
                if not site.path or self._imports_statically(site.path, path):
                    continue
                step = trail.then(
                    "imported by a computed name at",
                    f"{site.path}:{site.line}",
                    evidence=Evidence.DERIVED,
                )
                if owner.kind is OwnerKind.IMPORT and owner.name == site.path:
                    self.statement(site, step)
                facts = self._facts_of_run(site.path)
                if facts is not None:
                    self.executed(site.path, innermost(facts, site.line).qualname, step)

    def _imports_statically(self, importer: str, path: str) -> bool:
        return any(edge.target == path for edge in self.world.now.imports_of(importer))

    def _carried(self, path: str, definition: Definition, trail: Trail) -> None:
        """What a re-bound name carries with it: the code written inside it, and the class it is an attribute of."""
        derived = trail.then(
            "defines", f"{path}::{definition.qualname}", evidence=Evidence.DERIVED
        )
        if definition.kind is DefinitionKind.VARIABLE:
            self.executed(path, definition.qualname, derived)  # lambdas in its value
            owner, _, _ = definition.qualname.rpartition(".")
            if owner and is_special(definition.name):
                self.bound(path, owner, derived)
            elif owner and self._class_is_processed(path, owner):
                # what is made of the attribute is no base that fits no more
                self.bound(path, owner, replace(derived, raises=False))
        else:
            self.members(path, definition.qualname, derived)
        if definition.kind is DefinitionKind.CLASS:
            for sub in self.world.now.subclasses(f"{path}::{definition.qualname}"):
                sub_path, _, sub_name = sub.partition("::")
                self.bound(
                    sub_path, sub_name, trail.then("inherited by", sub, evidence=Evidence.DERIVED)
                )

    def _class_is_processed(self, path: str, qualname: str) -> bool:
        """Whether something turns the class body into other things: a decorator, a metaclass, a base we do not know."""
        resolver = self.world.now
        class_id = f"{path}::{qualname}"
        return bool(decorators(resolver, class_id)) or has_processing_base(resolver, class_id)

    def _edge(self, resolver: Resolver, edge: Edge, target: str, trail: Trail) -> None:
        path, _, qualname = edge.source.partition("::")
        if edge.ambiguous and self._is_observed(target):
            return  # it may be of any class, and whoever meant this one entered it
        if edge.ambiguous:
            trail = trail.only(tests_importing(self.world, target.partition("::")[0]))
        reader = self.world.definition(path, qualname)
        step = trail.then("read by", edge.source, edge.weight, Evidence.DERIVED)
        if reader is None or edge.kind is ReferenceKind.WRITE:
            return
        if edge.kind is ReferenceKind.FIXTURE and self.follows_change:
            self.world.rebound.add(edge.source)  # the fixture's parameters are in the ids
        if edge.kind is ReferenceKind.IMPORT:
            return  # whoever reads the alias is among the readers as well
        if edge.kind is ReferenceKind.READ and is_given_attribute(resolver, edge):
            return  # it is kept in the class itself: whoever reads it there has the class
        if edge.kind in ANNOTATIONS and not annotations_are_read(resolver, edge.source):
            return
        self._read(resolver, edge, reader, step)

    def _is_observed(self, target: str) -> bool:
        """Whether the target is a function, recorded as it was, that runs whenever it is used."""
        files = self.world.before.files
        return (
            files.kind(target) is DefinitionKind.FUNCTION
            and bool(self.world.recorded.versions(target.partition("::")[0]))
            and not self.memos.hides(target)
        )

    def called(self, path: str, qualname: str, trail: Trail) -> None:
        """Calls of the function are affected, also those that never get into it."""
        where = f"{path}::{qualname}"
        for edge in self.world.before.readers(where):
            if edge.kind is ReferenceKind.CALL:
                self._edge(self.world.before, edge, where, trail)

    def read_by(self, where: str, trail: Trail, line: int) -> None:
        """A definition reads something affected in that line of the current version."""
        path, _, qualname = where.partition("::")
        reader = self.world.definition(path, qualname)
        if reader is not None:
            edge = Edge(where, "", ReferenceKind.READ, line)
            self._read(self.world.now, edge, reader, trail)

    def _read(self, resolver: Resolver, edge: Edge, reader: Definition, step: Trail) -> None:
        path, _, qualname = edge.source.partition("::")
        if step.raises and not edge.ambiguous and self._runs_at_import(resolver, edge, reader):
            self.fails(path, step)
        makers = makers_seen(self.world, edge, reader) if self.follows_change else None
        if makers is not None and not self.memos.hides(edge.target):
            step = step.used_by(makers)
        if reader.kind is DefinitionKind.FUNCTION:
            if edge.kind in HEADER_KINDS | ANNOTATIONS:
                self.bound(path, qualname, step)
            old = resolver is self.world.before and path in self.world.old
            self.executed(path, qualname, step, edge.line, old=old)
        elif reader.kind is DefinitionKind.MODULE:
            now = resolver is self.world.now and path in self.world.old
            self.statement(Site(path, edge.line), step, now=now)
        else:
            self.bound(path, qualname, step)

    def _runs_at_import(self, resolver: Resolver, edge: Edge, reader: Definition) -> bool:
        """Whether the reader uses the value while its module is imported, in a way that can fail."""
        if edge.kind is ReferenceKind.BASE:
            return is_particular(self.world.now, edge.source)
        if edge.kind in {ReferenceKind.STRING, ReferenceKind.PATCH}:
            return False
        if edge.kind not in HEADER_KINDS and reader.kind is DefinitionKind.FUNCTION:
            return False
        return not (is_calm(resolver, edge) or is_made_plainly(self.world, edge))

    def users_of_class(self, class_id: str) -> frozenset[str]:
        """Tests that have to do with the class: entered code of it, executed a reader of its name, are tests of it."""
        if class_id not in self._users:
            path, _, qualname = class_id.partition("::")
            self._users[class_id] = frozenset()  # a class may be read by way of itself
            search = Spread(self.world, follows_change=False, through_caches=True)
            trail = Trail(NO_CHANGE)
            search.members(path, qualname, trail)
            search.bound(path, qualname, trail)
            inside = f"{path}::{qualname.replace('.', '::')}::"
            found = {test for test in self.world.tests_of_file(path) if test.startswith(inside)}
            self._users[class_id] = frozenset(found | set(search.run()))
        return self._users[class_id]

    def _facts_of_run(self, path: str) -> FileFacts | None:
        """Facts of the newest recorded version: the one whose lines the sites are in."""
        for digest in self.world.recorded.versions(path):
            facts = self.world.recorded_facts(path, digest)
            if facts is not None:
                return facts
        return self.world.facts(path)


def is_special(name: str) -> bool:
    """Whether the language looks the name up (``__slots__``, ``__hash__ = None``), so that nobody needs to write it."""
    return name.startswith("__") and name.endswith("__")


def memos_of(world: World) -> Memos:
    """The memoised functions of the world, found once."""
    if world.memos is None:
        world.memos = Memos(world)
    assert isinstance(world.memos, Memos)
    return world.memos


VERBS = {
    Use.READ: "read",
    Use.LISTED: "directory listed",
    Use.ABSENT: "looked for in vain",
    Use.ENV: "environment variable read",
    Use.MODULE: "imported",
    Use.NO_MODULE: "import tried in vain",
    Use.TEXT: "text read",
}


def _statement_span(statements: Sequence[Statement], line: int) -> Span:
    best: Span | None = None
    for statement in statements:
        if line in statement.span and (best is None or best.encloses(statement.span)):
            best = statement.span
    return best or Span(line, line)

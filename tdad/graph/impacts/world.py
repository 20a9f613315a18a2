"""All that is known when impacts are asked: the recording, the two versions of the source, the tests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tdad.facts import (
    Change,
    Definition,
    DefinitionKind,
    FactsOf,
    FileFacts,
    Owner,
    Recorded,
    Reference,
    Site,
    Span,
    StatementKind,
    TestRecord,
)
from tdad.graph.resolve import Resolver


@dataclass(frozen=True, slots=True)
class Inspecting:
    """Code that looks at definitions by certain names of theirs."""

    first: str
    """One definition that does, ``path::qualname``; empty: nobody does."""
    tests: frozenset[str]
    """Tests that execute one."""
    imports: tuple[tuple[Owner, Site], ...]
    """Who executed one where while importing."""
    level: tuple[Site, ...]
    """Statements of modules and classes that do so themselves."""


@dataclass(slots=True)
class World:
    """What is known. Pure: everything is read through the values it was built with."""

    recorded: Recorded
    head: FactsOf
    now: Resolver
    """Resolver over the new version."""
    before: Resolver
    """Resolver over the old version of the changed files and the new version of all others."""
    old: Mapping[str, FileFacts]
    """Path → facts of the old version of each changed file."""
    files: Collection[str] = ()
    """Paths of all files of the project now, data included."""
    since_recording: bool = False
    """Changes are from recorded versions: each concerns only the tests that were recorded in its old version."""
    importing: dict[str, frozenset[str]] = field(default_factory=dict)
    """Memory of :func:`tdad.graph.impacts.importing.tests_importing`."""
    users: dict[str, frozenset[str]] = field(default_factory=dict)
    """Class → tests that have to do with it, filled as it is asked for."""
    inspecting: dict[tuple[str, ...], Inspecting] = field(default_factory=dict)
    """Memory of ``annotated``: names by which code looks at definitions → who does."""
    memos: object = None
    """Memory of :func:`tdad.graph.impacts.memo.memos_of`."""
    stores: dict[tuple[int, str, int], tuple[frozenset[str], frozenset[str]]] = field(
        default_factory=dict
    )
    """Memory of :mod:`tdad.graph.impacts.computed`: what a function stores into."""
    rebound: set[str] = field(default_factory=set)
    """Definitions whose header was found affected: the parameter ids of tests among them may be others now."""
    _entries: dict[tuple[str, str, str], frozenset[int]] = field(default_factory=dict)
    _by_file: dict[str, list[str]] = field(default_factory=dict)
    _by_definition: dict[str, list[str]] = field(default_factory=dict)

    @property
    def installed(self) -> frozenset[str]:
        """Top-level modules that some recording had imported or installed."""
        return frozenset(
            module for then, _ in self.recorded.environments() for module in then.modules
        )

    # ---------------------------------------------------------------------------------------------------- facts

    def facts(self, path: str) -> FileFacts | None:
        """Facts of ``path`` now, or of its old version when it is gone."""
        return self.head.get(path) or self.old.get(path)

    def recorded_facts(self, path: str, digest: str) -> FileFacts | None:
        """Facts of the version of ``path`` that was recorded, or the closest known one."""
        return self.recorded.facts(path, digest) or self.old.get(path) or self.head.get(path)

    def facts_of_run(self, path: str) -> FileFacts | None:
        """Facts of the newest recorded version: the one whose lines the sites are in."""
        for digest in self.recorded.versions(path):
            facts = self.recorded_facts(path, digest)
            if facts is not None:
                return facts
        return self.facts(path)

    def mentions(
        self, word: str, fits: Callable[[Reference], bool]
    ) -> Iterator[tuple[str, Reference]]:
        """References that fit, in current files that mention ``word``, each after its ``path::qualname``."""
        for path in self.head.mentioning(word):
            facts = self.head.get(path)
            if facts is not None:
                for reference in filter(fits, facts.references):
                    yield f"{path}::{facts.definitions[reference.source].qualname}", reference

    def definition(self, path: str, qualname: str) -> Definition | None:
        """The definition now, or in the old version."""
        for facts in (self.head.get(path), self.old.get(path)):
            found = find(facts, qualname)
            if found is not None:
                return found
        return None

    def has_folder(self, folder: str) -> bool:
        """Whether the folder had files when the tests were recorded, and has some now."""
        prefix = f"{folder}/"
        return any(p.startswith(prefix) for p in self.recorded.paths()) and any(
            p.startswith(prefix) for p in self.files
        )

    # ---------------------------------------------------------------------------------------------------- owners

    def entered(self, path: str, qualname: str) -> Iterator[tuple[Owner, int]]:
        """Owners that entered the definition, whatever version of the file they saw, with the line they entered.

        Nested definitions do not count; the class or module itself counts only by its own code object.
        """
        for digest in self.recorded.versions(path):
            yield from self.entered_in(path, digest, qualname)

    def entered_in(self, path: str, digest: str, qualname: str) -> Iterator[tuple[Owner, int]]:
        """As :meth:`entered`, for one version."""
        facts = self.recorded_facts(path, digest)
        definition = find(facts, qualname)
        if facts is None or definition is None:
            return
        starts = self._starts(facts, digest, definition)
        for owner, lines in self.recorded.entered(path, digest).items():
            if not lines.isdisjoint(starts):
                for line in sorted(lines & starts):
                    yield owner, line

    def entering(self, path: str, qualname: str) -> frozenset[Owner]:
        """Owners that entered the definition itself, whatever version of the file they saw."""
        found: set[Owner] = set()
        for digest in self.recorded.versions(path):
            facts = self.recorded_facts(path, digest)
            definition = find(facts, qualname)
            if facts is not None and definition is not None:
                starts = self._starts(facts, digest, definition)
                found |= self.recorded.entering(path, digest, starts)
        return frozenset(found)

    def entered_within(self, path: str, digest: str, span: Span) -> Iterator[tuple[Owner, int]]:
        """Owners that entered a code object that starts within ``span``, nested ones included."""
        for owner, lines in self.recorded.entered(path, digest).items():
            for line in lines:
                if line in span:
                    yield owner, line

    def caused(self, path: str, spans: Iterable[Span]) -> list[Site]:
        """Code objects that were entered while the module-level statements on those lines ran, sorted."""
        found: set[Site] = set()
        for span in spans:
            for line in range(span.first, span.last + 1):
                found.update(self.recorded.caused(Site(path, line)))
        return sorted(found)

    def executed_within(self, path: str, digest: str, spans: Sequence[Span]) -> Iterator[Owner]:
        """Owners that executed a line of one of ``spans``."""
        for owner, lines in self.recorded.executed(path, digest).items():
            if any(any(line in span for span in spans) for line in lines):
                yield owner

    def _starts(self, facts: FileFacts, digest: str, definition: Definition) -> frozenset[int]:
        """First lines of the code objects that belong to the definition itself (lambdas included)."""
        key = (facts.path, digest, definition.qualname)
        if key not in self._entries:
            inner = _nested_spans(facts, definition)
            span = definition.span
            lines = set(range(span.first, span.last + 1))
            for nested in inner:
                lines.difference_update(range(nested.first, nested.last + 1))
            if definition.kind is DefinitionKind.MODULE:
                lines = {0, 1}
            self._entries[key] = frozenset(lines)
        return self._entries[key]

    # ---------------------------------------------------------------------------------------------------- tests

    def tests_of_file(self, path: str) -> Sequence[str]:
        """Node ids of the recorded tests collected from ``path``."""
        return self.tests_by_file().get(path, [])

    def tests_by_file(self) -> Mapping[str, Sequence[str]]:
        """Path of each file that tests were collected from → their node ids."""
        if not self._by_file:
            self._index_tests()
        return self._by_file

    def tests_of_definition(self, definition: str) -> Sequence[str]:
        """Node ids of the recorded tests that are instances of the test function (or of the class's methods)."""
        if not self._by_file:
            self._index_tests()
        return self._by_definition.get(definition, [])

    def is_gone(self, node_id: str) -> bool:
        """Whether the test was recorded, and is written no more."""
        test = self.recorded.tests[node_id]
        if test.path.endswith(".py") and self.head.get(test.path) is None:
            return True
        path, _, qualname = test.definition.partition("::")
        was, now = self.old.get(path), self.head.get(path)
        if now is not None and now.error:
            return False  # what does not parse is not gone: the run will say so
        return find(was, qualname) is not None and find(now, qualname) is None

    def may_be_renumbered(self, node_id: str) -> bool:
        """Whether the test has parameters, and they may have other ids now."""
        if "[" not in node_id:
            return False
        name = self.recorded.tests[node_id].definition
        while True:
            if name in self.rebound:
                return True
            path, _, qualname = name.partition("::")
            if not qualname:
                return False
            name = f"{path}::{qualname.rpartition('.')[0]}"

    def _index_tests(self) -> None:
        for test in self.recorded.tests.values():
            self._by_file.setdefault(test.path, []).append(test.node_id)
            self._by_definition.setdefault(test.definition, []).append(test.node_id)

    def tests_below(self, directory: str) -> Iterator[TestRecord]:
        """Recorded tests collected from files below ``directory`` (empty: the root)."""
        prefix = f"{directory}/" if directory else ""
        for test in self.recorded.tests.values():
            if test.path.startswith(prefix):
                yield test

    def all_tests(self) -> Iterable[str]:
        """Every recorded node id."""
        return self.recorded.tests.keys()


def find(facts: FileFacts | None, qualname: str) -> Definition | None:
    """The definition of that qualname, the last one when it is bound several times."""
    if facts is None:
        return None
    found = None
    for definition in facts.definitions:
        if definition.qualname == qualname:
            found = definition
    return found


def innermost(facts: FileFacts, line: int) -> Definition:
    """The innermost function, class or module whose span holds ``line``."""
    best = facts.definitions[0]
    for definition in facts.definitions[1:]:
        if definition.kind is DefinitionKind.VARIABLE or line not in definition.span:
            continue
        if best.kind is DefinitionKind.MODULE or best.span.encloses(definition.span):
            best = definition
    return best


def statement_binding(facts: FileFacts, line: int) -> tuple[str, tuple[str, ...]]:
    """Scope (qualname) and names bound by the innermost import-time statement at ``line``.

    An import-time statement is one that a module body or a class body executes. No names: a side effect.
    """
    best = None
    for statement in facts.statements:
        owner = facts.definitions[statement.owner]
        if owner.kind is DefinitionKind.FUNCTION or line not in statement.suite:
            continue
        if best is None or best.suite.encloses(statement.suite):
            best = statement
    if best is None or best.kind is StatementKind.DOCSTRING:
        return "", ()
    return facts.definitions[best.owner].qualname, best.binds


def statement_span(facts: FileFacts, line: int) -> Span:
    """Span of the innermost statement at ``line``, at import or not; the line itself when there is none."""
    best: Span | None = None
    for statement in facts.statements:
        if line in statement.span and (best is None or best.encloses(statement.span)):
            best = statement.span
    return best or Span(line, line)


def same_change_version(change: Change, digest: str) -> bool:
    """Whether the change's old lines are lines of that recorded version."""
    return bool(change.old_digest) and change.old_digest == digest


def _nested_spans(facts: FileFacts, definition: Definition) -> list[Span]:
    return [
        other.span
        for other in facts.definitions
        if other is not definition
        and other.kind in {DefinitionKind.FUNCTION, DefinitionKind.CLASS}
        and definition.span.encloses(other.span)
        and other.span != definition.span
    ]

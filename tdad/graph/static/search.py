"""One version of a project, ready to be asked which tests reach what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from tdad.facts import DefinitionKind
from tdad.graph.resolve import Resolver
from tdad.graph.resolve.chains import split
from tdad.graph.static.flood import flood
from tdad.graph.static.links import FileLinks, file_links
from tdad.graph.static.nodes import built, consulted, executed, imported, mentioned, run
from tdad.graph.static.packed import Kept
from tdad.graph.static.program import Program, make_program
from tdad.graph.static.walk import Reach, Walk
from tdad.graph.tests_of import Patterns, StaticTest
from tdad.graph.vocabulary import Vocabulary


class Search:
    """What the tests of one version reach; everything is made when first asked for."""

    def __init__(
        self,
        resolver: Resolver,
        patterns: Patterns,
        kept: Kept | None = None,
        changed: Iterable[str] = (),
    ) -> None:
        """Take the version, and what is known of most of its files.

        Args:
            resolver: the version.
            patterns: pytest's collection options.
            kept: links of files that are the same as when they were made.
            changed: files that are not, though they may be among ``kept``.
        """
        self.resolver = resolver
        self._patterns = patterns
        self._kept = kept or {}
        self._changed = frozenset(changed)

    @cached_property
    def files(self) -> Mapping[str, FileLinks]:
        """Path → the links of the file."""
        found: dict[str, FileLinks] = {}
        fresh: dict[str, FileLinks] = {}
        for path in self.resolver.files.paths:
            if path in self._kept and path not in self._changed:
                found[path] = self._kept[path][1]
            elif (links := file_links(self.resolver, path, self._patterns)) is not None:
                fresh[path] = links
        for path in sorted(self._dependents(fresh) - set(fresh)):
            links = file_links(self.resolver, path, self._patterns)
            if links is not None:
                fresh[path] = links
        return dict(sorted({**found, **fresh}.items()))

    def _dependents(self, fresh: Mapping[str, FileLinks]) -> set[str]:
        """Files whose links may be others because of what ``fresh`` files define or no longer define."""
        paths: set[str] = set()
        for path in {*fresh, *self._changed} & set(self._kept):
            now = fresh[path].defines if path in fresh else frozenset[str]()
            for entry in now ^ self._kept[path][1].defines:
                qualname = entry.partition("(")[0]
                owner, _, name = qualname.rpartition(".")
                if "(" in entry or owner:
                    cls = f"{path}::{qualname if '(' in entry else owner}"
                    heirs = self.resolver.subclasses(cls)
                    paths.update(heir.partition("::")[0] for heir in heirs)
                if not owner and name:
                    paths.update(self.resolver.files.mentioning(name))
        return paths

    @cached_property
    def tests(self) -> tuple[StaticTest, ...]:
        """Every test of the project."""
        return tuple(test for each in self.files.values() for test in each.tests)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """What the tests are about."""
        return Vocabulary.of((path, each.words) for path, each in self.files.items())

    @cached_property
    def program(self) -> Program:
        """The links of the whole project."""
        return make_program(tuple(self.files.values()))

    @cached_property
    def bits(self) -> list[int]:
        """Node → tests that reach it."""
        return flood(self.program, self.tests)

    @cached_property
    def _number_of(self) -> Mapping[int, int]:
        numbers = self.program.numbers
        return {numbers[run(test.node_id)]: number for number, test in enumerate(self.tests)}

    def reach(self, nodes: Iterable[str]) -> Mapping[str, Reach]:
        """Node id of each test that reaches one of ``nodes`` → how."""
        numbers = self.program.numbers
        starts = [numbers[node] for node in nodes if node in numbers]
        found = Walk(self.program, self.bits, self._number_of).run(starts) if starts else {}
        return {self.tests[number].node_id: reach for number, reach in sorted(found.items())}

    def nodes_of(self, definition: str) -> Iterator[str]:
        """The nodes that a change of the definition concerns."""
        path, qualname = split(definition)
        if not qualname:
            yield imported(path)
            return
        kind = self.resolver.files.kind(definition)
        if kind is DefinitionKind.CLASS:
            yield built(definition)
            return
        yield executed(definition)
        yield consulted(definition) if kind is DefinitionKind.VARIABLE else mentioned(definition)

    def reached_by(self, node_id: str) -> frozenset[str]:
        """The nodes that the test reaches."""
        number = next((n for n, test in enumerate(self.tests) if test.node_id == node_id), -1)
        if number < 0:
            return frozenset()
        names = self.program.names
        return frozenset(
            names[node] for node, tests in enumerate(self.bits) if tests >> number & 1
        )

"""One version of a project, ready to be asked which tests reach what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from tdad.facts import DefinitionKind
from tdad.graph.resolve import Resolver
from tdad.graph.resolve.chains import split
from tdad.graph.static.flood import flood
from tdad.graph.static.links import file_links
from tdad.graph.static.nodes import built, consulted, executed, imported, mentioned, run
from tdad.graph.static.program import Program, make_program
from tdad.graph.static.walk import Reach, Walk
from tdad.graph.tests_of import Patterns, StaticTest, all_tests


class Search:
    """What the tests of one version reach; everything is made when first asked for."""

    def __init__(self, resolver: Resolver, patterns: Patterns) -> None:
        self.resolver = resolver
        self._patterns = patterns

    @cached_property
    def tests(self) -> tuple[StaticTest, ...]:
        """Every test of the project."""
        return tuple(all_tests(self.resolver, self._patterns))

    @cached_property
    def program(self) -> Program:
        """The links of the whole project."""
        files = (file_links(self.resolver, path) for path in self.resolver.files.paths)
        return make_program(self.resolver, (f for f in files if f is not None), self.tests)

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

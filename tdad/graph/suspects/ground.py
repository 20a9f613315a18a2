"""What the sources of suspicion share: the spectrum, the resolver, the cases, and who owns a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tdad.facts import DEFINING, Definition, DefinitionKind, FileFacts, Recorded
from tdad.graph.resolve import Resolver
from tdad.graph.suspects.cases import Case
from tdad.graph.suspects.formulas import Formula
from tdad.graph.suspects.spectrum import Spectrum


@dataclass
class Ground:
    """Filled source by source."""

    recorded: Recorded
    resolver: Resolver
    seen: Spectrum
    formula: Formula
    is_test: Callable[[str], bool]
    cases: dict[str, Case] = field(default_factory=dict)
    _blocks: dict[str, Sequence[Definition]] = field(default_factory=dict)
    _facts: dict[str, FileFacts | None] = field(default_factory=dict)
    _ran: dict[str, int] | None = None
    _names: dict[str, dict[str, Definition]] = field(default_factory=dict)

    def case(self, definition: str) -> Case:
        """The case against a definition, a new one if there is none."""
        return self.cases.setdefault(definition, Case(definition))

    def facts(self, path: str) -> FileFacts | None:
        """Facts of the version that was recorded, else of the present one."""
        if path not in self._facts:
            found = self.recorded.facts(path, self.seen.digests.get(path, ""))
            if found is None:
                scope = self.resolver.files.scope(path)
                found = scope.facts if scope else None
            self._facts[path] = found
        return self._facts[path]

    def definition(self, name: str) -> Definition | None:
        """The (last) definition ``path::qualname``."""
        path, _, qualname = name.partition("::")
        if path not in self._names:
            facts = self.facts(path)
            self._names[path] = {
                each.qualname: each for each in (facts.definitions if facts else ())
            }
        return self._names[path].get(qualname)

    def kind(self, name: str) -> DefinitionKind | None:
        """What it is; ``None``: there is no such definition."""
        found = self.definition(name)
        return found.kind if found is not None else None

    def line_of(self, name: str) -> int:
        """Where it begins; 0: there is no such definition."""
        found = self.definition(name)
        return found.span.first if found is not None else 0

    def at(self, path: str, line: int) -> int:
        """Tests that executed a line, if a failing one did."""
        return self.seen.lines.get(path, {}).get(line, 0)

    def called(self, name: str) -> tuple[str, ...]:
        """Functions, classes and class attributes of the project that are called so, tests left out, sorted."""
        return tuple(
            f"{path}::{each.qualname}"
            for path in self.resolver.files.mentioning(DEFINING + name)
            for each in _definitions(None if self.is_test(path) else self.facts(path))
            if each.name == name and "import" not in each.flags
        )

    def ran_of(self, cls: str) -> int:
        """Tests that executed something in a class; 0: nothing of it was executed by a failing test."""
        if self._ran is None:
            self._ran = {}
            for case in self.cases.values():
                owner = case.definition.rpartition(".")[0]
                while "::" in owner and not case.through:
                    self._ran[owner] = self._ran.get(owner, 0) | case.tests
                    owner = owner.rpartition(".")[0]
        return self._ran.get(cls, 0)

    def names(self, tests: int) -> Iterator[str]:
        """Node ids of a set of tests."""
        while tests:
            lowest = tests & -tests
            yield self.seen.tests[lowest.bit_length() - 1]
            tests ^= lowest

    def running(self, path: str, line: int) -> tuple[str, ...]:
        """What runs a line, innermost first: of the head of a definition, itself and the module or class around it."""
        facts = self.facts(path)
        if facts is None:
            return ()
        if path not in self._blocks:
            self._blocks[path] = _blocks(facts)
        name = _owner(self._blocks[path], line)
        found = self.definition(f"{path}::{name}") if name else None
        if found is None or found.body is None or line in found.body:
            return (f"{path}::{name}",)
        return f"{path}::{name}", f"{path}::{facts.definitions[found.parent].qualname}"


def owners(facts: FileFacts, lines: Iterable[int]) -> Mapping[int, str]:
    """Line → qualname of the innermost function or class around it; empty: the module."""
    blocks = _blocks(facts)
    return {line: _owner(blocks, line) for line in lines}


def _blocks(facts: FileFacts) -> Sequence[Definition]:
    """Functions and classes, the outer ones first."""
    found = [
        definition
        for definition in facts.definitions
        if definition.kind in {DefinitionKind.FUNCTION, DefinitionKind.CLASS}
    ]
    return sorted(found, key=lambda each: (each.span.first, -each.span.last))


def _owner(blocks: Sequence[Definition], line: int) -> str:
    return next((each.qualname for each in reversed(blocks) if line in each.span), "")


def _definitions(facts: FileFacts | None) -> Sequence[Definition]:
    return facts.definitions if facts is not None else ()

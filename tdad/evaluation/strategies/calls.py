"""A plain call graph, as tools make it from names alone: for the paper's strategy only.

A call is resolved through names of the file, its imports, ``self`` and ``cls``; an attribute of anything else counts
when exactly one definition of the project has that name. (What ``tdad`` itself resolves is in ``tdad.graph``.)
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from tdad.facts import DefinitionKind, FileFacts, Reference, ReferenceKind

CODE = {DefinitionKind.FUNCTION, DefinitionKind.CLASS}


@dataclass(frozen=True, slots=True)
class Calls:
    """Who calls whom, by ``path::qualname``."""

    callers: Mapping[str, frozenset[str]]
    definitions: Mapping[str, tuple[str, ...]]
    """Path → functions and classes in it."""

    def in_file(self, path: str) -> tuple[str, ...]:
        """Functions and classes of a file."""
        return self.definitions.get(path, ())

    def hops(self, targets: Collection[str], most: int) -> dict[str, int]:
        """Caller → how many calls away the nearest target is, up to ``most``."""
        far: dict[str, int] = {}
        edge = set(targets)
        for hop in range(1, most + 1):
            edge = {by for each in edge for by in self.callers.get(each, ()) if by not in far}
            far |= dict.fromkeys(edge, hop)
        return far


def calls_of(files: Mapping[str, FileFacts], modules: Mapping[str, str]) -> Calls:
    """Resolve the calls of all files. ``modules``: dotted name → path."""
    resolver = _Resolver(files, modules)
    callers: dict[str, set[str]] = {}
    for path, facts in files.items():
        for reference in facts.references:
            if reference.kind is not ReferenceKind.CALL:
                continue
            caller = f"{path}::{_function(facts, reference.source)}"
            for callee in resolver.callees(path, facts, reference):
                callers.setdefault(callee, set()).add(caller)
    return Calls({each: frozenset(by) for each, by in callers.items()}, resolver.defined)


def _function(facts: FileFacts, at: int) -> str:
    """Qualname of the outermost function around a definition (a class's method counts), else its own."""
    name = facts.definitions[at].qualname
    while at:
        definition = facts.definitions[at]
        if definition.kind is DefinitionKind.FUNCTION:
            name = definition.qualname
        at = definition.parent
    return name


class _Resolver:
    """Names → definitions."""

    def __init__(self, files: Mapping[str, FileFacts], modules: Mapping[str, str]) -> None:
        self._files = files
        self._modules = modules
        self.defined: dict[str, tuple[str, ...]] = {}
        self._names: dict[str, list[str]] = {}
        for path, facts in files.items():
            found = [each for each in facts.definitions if each.kind in CODE]
            self.defined[path] = tuple(f"{path}::{each.qualname}" for each in found)
            for each in found:
                self._names.setdefault(each.name, []).append(f"{path}::{each.qualname}")
        self._known = {each for found in self.defined.values() for each in found}
        self._aliases = {path: dict(_aliases(facts)) for path, facts in files.items()}

    def callees(self, path: str, facts: FileFacts, call: Reference) -> Iterator[str]:
        """What a call may mean: one definition, or none."""
        head, *rest = call.chain.split(".")
        if head in {"self", "cls"} and len(rest) == 1:
            owner = facts.definitions[call.source].qualname.rpartition(".")[0]
            if (found := f"{path}::{owner}.{rest[0]}") in self._known:
                yield found
                return
        if (target := self._named(path, head, rest)) is not None:
            yield target
        elif rest and len(same := self._names.get(rest[-1], [])) == 1:
            yield same[0]

    def _named(self, path: str, head: str, rest: list[str]) -> str | None:
        local = "::".join([path, ".".join([head, *rest])])
        if local in self._known:
            return local
        module = self._aliases[path].get(head)
        if module is None:
            return None
        return self._absolute(".".join([module, *rest]))

    def _absolute(self, dotted: str, depth: int = 4) -> str | None:
        """The definition that a dotted name means, through re-exports."""
        module, name = dotted, ""
        while module and module not in self._modules:
            module, _, last = module.rpartition(".")
            name = f"{last}.{name}" if name else last
        if not module or not name:
            return None
        path = self._modules[module]
        if (found := f"{path}::{name}") in self._known:
            return found
        head, _, rest = name.partition(".")
        again = self._aliases[path].get(head)
        if again is None or not depth:
            return None
        return self._absolute(f"{again}.{rest}" if rest else again, depth - 1)


def _aliases(facts: FileFacts) -> Iterator[tuple[str, str]]:
    for one in facts.imports:
        if one.alias and one.name != "*":
            dotted = f"{one.module}.{one.name}" if one.name else one.module
            yield (
                one.alias,
                dotted if one.name or one.alias != dotted.partition(".")[0] else one.alias,
            )

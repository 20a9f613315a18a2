"""What a statement that binds a name stores besides, through what it calls: ``TITLE = remember("shop")``."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tdad.facts import ANNOTATIONS, DefinitionKind, Reference, ReferenceKind, Span
from tdad.graph.impacts.effects import CONSTRUCTORS, MUTATORS, SELF, Effects, is_only_given
from tdad.graph.impacts.world import World, innermost
from tdad.graph.resolve import Edge, Resolver
from tdad.graph.resolve.chains import UNKNOWN, last_name, tokens_of
from tdad.graph.resolve.scopes import FileScope

_MOST = 60
"""Functions that are looked at, nearest first, where no import was seen to run the statement."""
_FEW = 12
"""Where more functions run, an object that nobody knows may be nearly anything: then only what is certain counts."""
_MAKING = ("__new__", "__init__", "__post_init__")
_VALUES = frozenset(
    {
        "None",
        "int()",
        "str()",
        "float()",
        "bool()",
        "bytes()",
        "tuple()",
        "complex()",
        "frozenset()",
    }
)
"""What cannot be stored into, as a variable's only value."""


@dataclass(frozen=True, slots=True)
class _Function:
    scope: FileScope
    index: int

    @property
    def name(self) -> str:
        return self.scope.facts.definitions[self.index].name

    @property
    def cls(self) -> str:
        """What the function is written in."""
        return self.scope.name_of(self.scope.facts.definitions[self.index].parent)

    @property
    def references(self) -> Sequence[Reference]:
        return self.scope.references.get(self.index, ())


def stored_besides(
    world: World, resolver: Resolver, path: str, spans: Iterable[Span]
) -> frozenset[str]:
    """Variables, ``path::qualname``, that functions of the project store into while the statements run.

    Where it cannot be told what an object is that something is put into, each of the variables that one of these
    functions mentions, its defaults included, may be it.
    """
    return _Computed(world, resolver).of(path, tuple(spans))


def is_counter(resolver: Resolver, variable: str) -> bool:
    """Whether the variable is only ever given numbers that stand in the code: it counts how often something ran."""
    found = resolver.files.find(variable)
    if found is None:
        return False
    scope, indexes = found
    name = scope.facts.definitions[indexes[-1]].name
    chains = {each.chain for each in scope.facts.bindings if each.target == name}
    return chains == {"int()"}


class _Computed(Effects):
    def __init__(self, world: World, resolver: Resolver) -> None:
        super().__init__(world, resolver)
        self._vague: set[str] = set()
        """Names of functions that store into what nobody knows."""

    def of(self, path: str, spans: Sequence[Span]) -> frozenset[str]:
        scope = self._resolver.files.scope(path)
        if scope is None or self._world.tests_of_file(path):
            return frozenset()  # what a file of tests does is done for them alone
        definitions = scope.facts.definitions
        here = [
            reference
            for reference in scope.facts.references
            if any(reference.line in span for span in spans)
            and definitions[reference.source].kind is not DefinitionKind.FUNCTION
            and reference.kind not in ANNOTATIONS
        ]
        functions = self._seen(scope, spans) or list(self._reachable(scope, here))
        found = self._stores_of(functions)
        if self._vague and len(functions) <= _FEW:
            found |= self._mentioned(scope, here)
            for function in functions:
                found |= self._mentioned(function.scope, function.references)
        return found

    def _seen(self, scope: FileScope, spans: Sequence[Span]) -> list[_Function]:
        """Functions that were entered while the statements ran, if this is the version that was recorded."""
        if scope.facts.digest not in self._world.recorded.versions(scope.path):
            return []
        found = []
        for site in self._world.caused(scope.path, spans):
            other = self._resolver.files.scope(site.path)
            if other is not None:
                entered = innermost(other.facts, site.line)
                if entered.kind is DefinitionKind.FUNCTION:
                    found.append(_Function(other, other.facts.definitions.index(entered)))
        return found

    def _reachable(self, scope: FileScope, here: Iterable[Reference]) -> Iterator[_Function]:
        """Functions that the calls lead to, as the code says."""
        in_class = any(scope.facts.definitions[reference.source].parent > 0 for reference in here)
        seen: set[str] = set()
        queue = deque((scope, reference) for reference in here)
        while queue and len(seen) < _MOST:
            where, reference = queue.popleft()
            if reference.kind is not ReferenceKind.CALL:
                continue
            for edge in self._resolver.resolve(where, reference):
                for name in () if edge.ambiguous else self._run_by(edge.target, in_class):
                    found = self._resolver.files.find(name) if name not in seen else None
                    seen.add(name)
                    for index in found[1] if found is not None else ():
                        assert found is not None
                        function = _Function(found[0], index)
                        yield function
                        queue.extend((function.scope, each) for each in function.references)

    def _run_by(self, target: str, in_class: bool) -> Iterator[str]:
        kind = self._kind(target)
        if kind is DefinitionKind.FUNCTION:
            yield target
        elif kind is DefinitionKind.CLASS:
            for name in (*_MAKING, "__set_name__") if in_class else _MAKING:
                method = self._resolver.mro_lookup(target, name)
                if method is not None and self._kind(method) is DefinitionKind.FUNCTION:
                    yield method

    def _stores_of(self, functions: Sequence[_Function]) -> frozenset[str]:
        made = {each.cls for each in functions if each.name in CONSTRUCTORS}
        found: frozenset[str] = frozenset()
        for function in functions:
            targets, unknown = self._stores_in(function)
            if not unknown <= {last_name(cls) for cls in made} or (
                SELF in targets and not self._is_new(function.scope, function.index, made)
            ):
                self._vague.add(function.name)
            found |= targets - {SELF}
        return found

    def _stores_in(self, function: _Function) -> tuple[frozenset[str], frozenset[str]]:
        """What one function stores into, and the classes of what it is given and stores into (``?``); found once."""
        key = (id(self._resolver), function.scope.name_of(function.index), function.index)
        known = self._world.stores.get(key)
        if known is None:
            found: frozenset[str] = frozenset()
            unknown: frozenset[str] = frozenset()
            for reference in function.references:
                targets = self._stored_by(function.scope, reference)
                found |= targets or frozenset()
                if targets is None:
                    unknown |= {_annotated(function, reference)}
            known = self._world.stores[key] = (found, unknown)
        return known

    def _stored_by(self, scope: FileScope, reference: Reference) -> frozenset[str] | None:
        if reference.kind is ReferenceKind.WRITE:
            return self._targets(scope, reference, reference.chain)
        receiver, _, name = reference.chain.removesuffix("()").rpartition(".")
        if reference.kind is ReferenceKind.CALL and receiver and name in MUTATORS:
            return self._targets(scope, reference, receiver)
        return frozenset()

    def _mentioned(self, scope: FileScope, references: Iterable[Reference]) -> frozenset[str]:
        """Variables that are handed on, and those that one is made of (``enroll = registry.enroll``)."""
        direct = self._variables(
            edge
            for reference in references
            if reference.kind not in ANNOTATIONS
            for edge in self._resolver.resolve(scope, reference)
            if self._is_handed_on(reference, edge)
        )
        inner = (edge for variable in direct for edge in self._resolver.references(variable))
        return direct | self._variables(inner)

    def _is_handed_on(self, reference: Reference, edge: Edge) -> bool:
        """Whether the variable itself is meant, or a method of it that stores into what nobody knows is called."""
        receiver, _, last = reference.chain.removesuffix("()").rpartition(".")
        if reference.kind is ReferenceKind.CALL and receiver:
            return last in self._vague
        return last == last_name(edge.target)

    def _variables(self, edges: Iterable[Edge]) -> frozenset[str]:
        return frozenset(
            edge.target
            for edge in edges
            if not edge.ambiguous
            and self._kind(edge.target) is DefinitionKind.VARIABLE
            and "import" not in self._resolver.files.flags(edge.target)
            and not is_only_given(self._resolver, edge.target, _VALUES)
        )


def _annotated(function: _Function, reference: Reference) -> str:
    """Class of the parameter that is stored into, as its annotation says; ``?``: not known."""
    root = tokens_of(reference.chain)[0]
    chains = {binding.chain for binding in function.scope.bindings.get((function.index, root), ())}
    return chains.pop().rpartition(".")[2] if len(chains) == 1 else UNKNOWN

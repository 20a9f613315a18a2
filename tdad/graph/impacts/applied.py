"""What decorators do while a module is imported: as it was seen, else as the code says."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping

from tdad.facts import DefinitionKind, Reference, ReferenceKind, Site, Span, StatementKind
from tdad.graph.impacts.classes import EXCEPTIONS, decorators, is_pure, split
from tdad.graph.impacts.effects import CONSTRUCTORS, HARMLESS, MUTATORS, SELF, Effects
from tdad.graph.impacts.world import World, innermost
from tdad.graph.resolve import Resolver
from tdad.graph.resolve.chains import tokens_of
from tdad.graph.resolve.scopes import FileScope

_PURE_MODULES = frozenset(
    {
        "abc", "ast", "collections", "copy", "dataclasses", "decimal", "difflib", "enum", "fractions", "functools",
        "hashlib", "inspect", "itertools", "keyword", "math", "operator", "pathlib", "re", "string", "textwrap",
        "types", "typing", "typing_extensions", "uuid",
    }
)  # fmt: skip
"""What is called of these changes nothing but what it is given."""
_PURE_BUILTINS = frozenset(dir(builtins)) - {
    "setattr", "delattr", "exec", "eval", "compile", "open", "input", "globals", "locals", "__import__", "breakpoint",
}  # fmt: skip
_PURE_METHODS = frozenset(
    name
    for cls in (str, bytes, list, tuple, dict, set, int, float)
    for name in dir(cls)
    if not name.startswith("_") and name not in MUTATORS
)


def applied(world: World, resolver: Resolver, definition: str) -> frozenset[str] | None:
    """Variables that applying the decorators of a definition stores into; ``None``: it may do anything."""
    seen = _Seen(world, resolver).of_decorators(definition)
    return seen if seen is not None else Effects(world, resolver).of_decorators(definition)


class _Seen(Effects):
    """Goes by the functions that were seen to be entered, instead of following calls.

    A call of a function of the project needs no look: if it was made, that function is among those that were entered.
    """

    def __init__(self, world: World, resolver: Resolver) -> None:
        super().__init__(world, world.before)
        self._asked = resolver
        self._changed: frozenset[str] = frozenset()
        """Variables of which something calls a method."""
        self._is_vague = False
        self._names: frozenset[str] = frozenset()
        """Of the functions that were entered."""

    def of_decorators(self, definition: str) -> frozenset[str] | None:
        """As what it overrides; ``None``: not seen, or not all of it."""
        scope = self._recorded(definition)
        if scope is None:
            return None
        self._changed, self._is_vague = frozenset(), False
        if not self._are_known(scope, definition):
            return None
        headers = _headers(scope, split(definition)[1])
        entered = [self._function(site) for site in self._world.caused(scope.path, headers)]
        if not entered:
            return None  # the recorder does not say which statement ran what
        self._names = frozenset(
            scope.facts.definitions[index].name for scope, index in filter(None, entered)
        )
        made = frozenset(
            scope.name_of(scope.facts.definitions[index].parent)
            for scope, index in filter(None, entered)
            if scope.facts.definitions[index].name in CONSTRUCTORS
        )
        found: frozenset[str] = frozenset()
        on_self = False
        for each in entered:
            stores = None if each is None else self._of_function(*each)
            if each is None or stores is None:
                return None
            on_self |= SELF in stores and not self._is_new(*each, made)
            found |= stores - {SELF}
        if on_self and (self._is_vague or not self._changed):
            return None
        return found | self._changed

    def _recorded(self, definition: str) -> FileScope | None:
        """The recorded version of the file, if the definition has no other decorators than it had there."""
        path = split(definition)[0]
        versions = self._world.recorded.versions(path)
        scope = self._resolver.files.scope(path)
        if scope is None or scope.facts.digest not in versions:
            return None
        asked = set(decorators(self._asked, definition))
        return scope if asked <= set(decorators(self._resolver, definition)) else None

    def _are_known(self, scope: FileScope, definition: str) -> bool:
        """Whether all decorators are of the project; keeps the variables whose methods they are."""
        for index in scope.by_qualname.get(split(definition)[1], ()):
            for reference in scope.references.get(index, ()):
                if reference.kind is not ReferenceKind.DECORATOR or is_pure(reference.chain):
                    continue
                edges = self._resolver.resolve(scope, reference)
                kinds = {edge.target: self._kind(edge.target) for edge in edges}
                if not {DefinitionKind.FUNCTION, DefinitionKind.CLASS}.intersection(
                    kinds.values()
                ):
                    return False
                self._changed |= self._variables(kinds)
                self._note_own(scope, [reference])
        return True

    def _function(self, site: Site) -> tuple[FileScope, int] | None:
        scope = self._resolver.files.scope(site.path)
        if scope is None or scope.facts.digest not in self._world.recorded.versions(site.path):
            return None
        entered = innermost(scope.facts, site.line)
        if entered.kind is DefinitionKind.MODULE:
            return None  # a module is imported only now, or code was made of a text
        return scope, scope.facts.definitions.index(entered)

    def _of_function(self, scope: FileScope, index: int) -> frozenset[str] | None:
        return self._stores(scope, scope.references.get(index, ()), 1)

    def _called(self, scope: FileScope, reference: Reference, depth: int) -> frozenset[str] | None:
        chain = reference.chain.removesuffix("()")
        receiver, _, name = chain.rpartition(".")
        if receiver and (name in MUTATORS or name == "register"):
            return super()._called(scope, reference, depth)
        edges = self._resolver.resolve(scope, reference)
        kinds = {edge.target: self._kind(edge.target) for edge in edges}
        if {DefinitionKind.FUNCTION, DefinitionKind.CLASS}.intersection(kinds.values()):
            if receiver and name in self._names:
                self._note(self._targets(scope, reference, receiver))
            return frozenset()
        return frozenset() if _is_harmless(scope, reference, chain) else None

    def _note(self, receivers: frozenset[str] | None) -> None:
        """A method of these is called; ``None``: of anything."""
        self._is_vague |= receivers is None
        self._changed |= (receivers or frozenset()) - {SELF}

    def _variables(self, kinds: Mapping[str, DefinitionKind | None]) -> frozenset[str]:
        return frozenset(
            target
            for target, kind in kinds.items()
            if kind is DefinitionKind.VARIABLE
            and "import" not in self._resolver.files.flags(target)
        )


def _headers(scope: FileScope, qualname: str) -> Iterator[Span]:
    indexes = scope.by_qualname.get(qualname, ())
    for statement in scope.facts.statements:
        if statement.kind in {StatementKind.DEF, StatementKind.CLASS} and any(
            scope.facts.definitions[index].span == statement.suite for index in indexes
        ):
            yield statement.span


def _is_harmless(scope: FileScope, reference: Reference, chain: str) -> bool:
    """Whether what is called is not of the project, and is known to change nothing."""
    receiver, _, name = chain.rpartition(".")
    if chain in HARMLESS or (receiver and name in _PURE_METHODS):
        return True
    root = tokens_of(chain)[0]
    found = scope.look_up(root, reference.source)
    if found is None:
        return root in (EXCEPTIONS | _PURE_BUILTINS) if not receiver else root == "object"
    imported = {item.module.partition(".")[0] for item in found.imports}
    made = (scope.facts.definitions[index] for index in found.definitions)
    return bool(imported) and imported <= _PURE_MODULES and all("import" in d.flags for d in made)

"""Which variables a local name of a function may stand for: a store into it is then a store into them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tdad.facts import Binding, BindingKind, DefinitionKind
from tdad.graph.resolve import Edge, Resolver
from tdad.graph.resolve.chains import tokens_of
from tdad.graph.resolve.scopes import FileScope

NEW: frozenset[str] = frozenset()
"""An object that nobody else has."""
FIRST_OF_THEM, ALL_OF_THEM, NONE_OF_THEM = "first", "all", ""
"""Which parameters of a function are given what is being made."""
_DEEPEST = 4


@dataclass(slots=True)
class Origins:
    """Answers for one piece of code that runs at import.

    ``own``: ``path::qualname`` of functions whose parameters are given what is being made. The value says which of
    them; functions written inside of them are given it first.
    """

    resolver: Resolver
    own: Mapping[str, str] = field(default_factory=dict)

    def of(
        self, scope: FileScope, index: int, name: str, depth: int = _DEEPEST
    ) -> frozenset[str] | None:
        """Variables of modules and classes that the local ``name`` of a function may be; ``None``: anything."""
        if depth == 0:
            return None
        if self._is_written_here(scope, index, name):
            return NEW
        bindings = scope.bindings.get((index, name), ())
        values = [each for each in bindings if each.kind is not BindingKind.ANNOTATION]
        if not values:
            return NEW if self._is_being_made(scope, index, name) else None
        return _all(self._of_value(scope, each, name, depth) for each in values)

    def _is_written_here(self, scope: FileScope, index: int, name: str) -> bool:
        return any(
            each.parent == index
            and each.name == name
            and each.kind in {DefinitionKind.FUNCTION, DefinitionKind.CLASS}
            for each in scope.facts.definitions
        )

    def _is_being_made(self, scope: FileScope, index: int, name: str) -> bool:
        """Whether it is a parameter that is given the function or class which is being made."""
        parameters = [
            each.target
            for each in scope.facts.bindings
            if each.owner == index and each.kind is BindingKind.ANNOTATION
        ]
        if name not in parameters:
            return False
        function = scope.name_of(index)
        if function in self.own:
            which = self.own[function]
            return which == ALL_OF_THEM or (which == FIRST_OF_THEM and parameters[0] == name)
        inside = any(function.startswith(f"{each}.") for each in self.own)
        return inside and parameters[0] == name

    def _of_value(
        self, scope: FileScope, binding: Binding, name: str, depth: int
    ) -> frozenset[str] | None:
        if binding.kind is not BindingKind.ASSIGN:
            return None
        tokens = tokens_of(binding.chain)
        root = tokens[0] if tokens else "?"
        if root == name and len(tokens) == 1:
            return NEW  # itself, or something else: that is another binding
        if root in scope.locals.get(binding.owner, ()):
            return self.of(scope, binding.owner, root, depth - 1)
        edges = self._mentioned(scope, binding)
        if binding.chain.endswith("()"):
            return self._made_by(edges, depth)
        kinds = {edge.target: self.resolver.files.kind(edge.target) for edge in edges}
        return frozenset(t for t, k in kinds.items() if k is DefinitionKind.VARIABLE) or None

    def _mentioned(self, scope: FileScope, binding: Binding) -> list[Edge]:
        chain = binding.chain.removesuffix("()")
        return [
            edge
            for reference in scope.references.get(binding.owner, ())
            if reference.chain == chain
            for edge in self.resolver.resolve(scope, reference)
            if "import" not in self.resolver.files.flags(edge.target)
        ]

    def _made_by(self, edges: Iterable[Edge], depth: int) -> frozenset[str] | None:
        """What a call returns: something new, unless a function of the project says otherwise."""
        found = NEW
        for edge in edges:
            kind = self.resolver.files.kind(edge.target)
            if edge.target.endswith("::") or kind is DefinitionKind.CLASS:
                continue
            returned = None if kind is DefinitionKind.VARIABLE else self._returned(edge, depth)
            if returned is None:
                return None
            found |= returned
        return found

    def _returned(self, edge: Edge, depth: int) -> frozenset[str] | None:
        found = self.resolver.files.find(edge.target)
        if found is None or edge.ambiguous:
            return None
        scope, indexes = found
        returns = [
            binding
            for binding in scope.facts.bindings
            if binding.owner in indexes and binding.kind is BindingKind.RETURN
        ]
        return _all(self._of_return(scope, binding, depth) for binding in returns)

    def _of_return(self, scope: FileScope, binding: Binding, depth: int) -> frozenset[str] | None:
        tokens = tokens_of(binding.chain)
        root = tokens[0] if tokens else "?"
        parameters = scope.bindings.get((binding.owner, root), ())
        if parameters and all(each.kind is BindingKind.ANNOTATION for each in parameters):
            return NEW  # it returns what it is given
        assigned = Binding(binding.owner, "", BindingKind.ASSIGN, binding.chain)
        return self._of_value(scope, assigned, "", depth - 1)


def _all(parts: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    found = NEW
    for part in parts:
        if part is None:
            return None
        found |= part
    return found

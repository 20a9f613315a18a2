"""Attributes of classes and their instances: what is defined in class bodies, and what methods store into ``self``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from tdad.facts import Binding, DefinitionKind
from tdad.graph.resolve.hierarchy import Hierarchy
from tdad.graph.resolve.names import Names
from tdad.graph.resolve.scopes import Files, FileScope, Found
from tdad.graph.resolve.values import NOTHING, UNKNOWN, Cuts, Form, Hit, Lookup, Value, merge

OVERRIDE_WEIGHT = 0.5
"""Of a definition in a subclass of the receiver's class: it runs only if the receiver is of that subclass."""

FallbackOf = Callable[[str], Sequence[Hit]]


class Evaluator(Protocol):
    """What members need to know of the values around them."""

    def bound(self, scope: FileScope, binding: Binding) -> Lookup:
        """What one binding says about its target."""
        ...

    def holder(self, scope: FileScope, index: int, target: str) -> Lookup:
        """The container that ``target`` is, if something is known of its elements."""
        ...

    def returned(self, function: str) -> Lookup:
        """What calling a function returns."""
        ...


class Members:
    """Looks attributes up in classes. ``by_name`` answers for what anybody may define."""

    def __init__(
        self,
        files: Files,
        names: Names,
        hierarchy: Hierarchy,
        evaluator: Evaluator,
        by_name: FallbackOf,
        *,
        cuts: Cuts,
    ) -> None:
        self._files = files
        self._names = names
        self._hierarchy = hierarchy
        self._evaluator = evaluator
        self._by_name = by_name
        self._cuts = cuts
        self._attributes: dict[tuple[str, str], Lookup | None] = {}

    def of_class(self, cls: str, name: str) -> Lookup | None:
        """Attribute ``name`` of the class or of an instance; ``None``: nothing says what it is."""
        key = (cls, name)
        if key in self._attributes:
            return self._attributes[key]
        cuts = self._cuts.count
        result = self._find(cls, name)
        if cuts == self._cuts.count:
            self._attributes[key] = result
        return result

    def _find(self, cls: str, name: str) -> Lookup | None:
        definition = self._hierarchy.mro_lookup(cls, name)
        parts = [self._member(definition)] if definition else []
        for sub in self._hierarchy.subclasses(cls):
            override = self._hierarchy.mro_lookup(sub, name)  # its own, or of another base of it
            if override and override != definition:
                weight = OVERRIDE_WEIGHT if definition else 1.0
                parts.append(Lookup(self._member(override).values, (Hit(override, weight),)))
        parts.extend(self._instance_attribute(each, name) for each in self._hierarchy.mro(cls))
        merged = merge(parts)
        if not merged.hits and not merged.values:
            return None
        if definition and self._is_protocol(cls):
            return merge([merged, Lookup((UNKNOWN,), tuple(self._by_name(name)))])
        return merged

    def _is_protocol(self, cls: str) -> bool:
        """A class that others satisfy without deriving from it (PEP 544)."""
        return any(base.rpartition(".")[2] == "Protocol" for base in self._hierarchy.bases(cls))

    def of_super(self, cls: str, name: str) -> Lookup | None:
        """``super().name`` in a method of ``cls``."""
        found = self._hierarchy.next_in_line(cls, name)
        if not found:
            return (
                Lookup((Value(Form.FOREIGN, name),)) if self._hierarchy.is_open(cls) else NOTHING
            )
        own = self._hierarchy.mro_lookup(cls, name, after=cls)
        hits = tuple(Hit(d, 1.0 if d == own else OVERRIDE_WEIGHT) for d in found)
        values = merge(self._member(d) for d in found).values
        return Lookup(values, hits)

    def _member(self, definition: str) -> Lookup:
        """A definition in a class body, read through an instance or the class."""
        found = self._files.find(definition)
        if found is None:
            return self._imported_member(definition)
        scope, indexes = found
        kind = scope.facts.definitions[indexes[-1]].kind
        hit = (Hit(definition),)
        if kind is DefinitionKind.VARIABLE:
            parent = scope.facts.definitions[indexes[-1]].parent
            name = definition.rpartition(".")[2]
            place = Found(parent, indexes, (), scope.bindings.get((parent, name), ()))
            return Lookup(self._names.meaning(scope, place, name).values, hit)
        if "property" in self._files.flags(definition):
            return Lookup(self._evaluator.returned(definition).values, hit)
        return Lookup((Value(Form.OBJECT, definition),), hit)

    def _imported_member(self, definition: str) -> Lookup:
        owner, _, name = definition.rpartition(".")
        found = self._files.find(owner)
        if found is None:
            return NOTHING
        scope, indexes = found
        place = scope.bound_in(name, indexes[-1])
        return self._names.meaning(scope, place, name) if place else NOTHING

    def _instance_attribute(self, cls: str, name: str) -> Lookup:
        found = self._files.find(cls)
        if found is None:
            return Lookup()
        scope, indexes = found
        parts = [
            self._evaluator.bound(scope, binding)
            for index in indexes
            for binding in scope.self_bindings.get((index, name), ())
        ]
        parts.extend(self._evaluator.holder(scope, index, f"self.{name}") for index in indexes)
        return Lookup(merge(parts).values)

"""The links of classes: which members an instance has, and which of them run without being mentioned."""

from __future__ import annotations

import builtins
import io
from collections.abc import Iterator, Sequence

from tdad.facts import DefinitionKind
from tdad.facts_xunit import CLASS_SETUPS, NOSE_SETUPS
from tdad.graph.impacts.classes import decorators, has_processing_base
from tdad.graph.resolve import Resolver
from tdad.graph.resolve.scopes import MODULE, FileScope
from tdad.graph.static.nodes import (
    How,
    Link,
    asked,
    built,
    executed,
    instanced,
    live,
    mentioned,
    spelled,
)

XUNIT = CLASS_SETUPS | NOSE_SETUPS
"""Methods that pytest and unittest call around each test, or around the tests of a class."""
_PROTOCOLS = frozenset({*dir(io.TextIOWrapper), *dir(io.BytesIO), "keys"})
"""Methods that the standard library calls on whatever it is given."""
_INERT = frozenset({"Generic", "Protocol", "ABC", "NamedTuple", "TypedDict", *dir(builtins)})
"""Bases that call no method of their subclasses but those with underscores on both sides."""


def member_links(scope: FileScope, unused: list[tuple[str, Link]]) -> Iterator[Link]:
    """Links of the members written in the classes of one file; ``unused`` takes those for names nobody mentions."""
    definitions = scope.facts.definitions
    for index, definition in enumerate(definitions):
        parent = definitions[definition.parent]
        if index == MODULE or parent.kind is not DefinitionKind.CLASS:
            continue
        member, name = scope.name_of(index), definition.name
        if definition.kind is DefinitionKind.CLASS:
            yield Link(built(scope.name_of(definition.parent)), built(member), How.INSIDE)
            continue
        yield Link(asked(name), executed(member), How.SAME, live(member))
        yield Link(spelled(name), executed(member), How.SAME, live(member))
        if definition.kind is DefinitionKind.VARIABLE:
            read = Link(built(scope.name_of(definition.parent)), executed(member), How.ATTRIBUTE)
            unused.append((name, read))
        elif name.startswith("__") and name.endswith("__"):
            yield Link(live(member), executed(member), How.IMPLICIT)
        elif name in XUNIT:
            yield Link(live(member), executed(member), How.BESIDE)
        elif name in _PROTOCOLS:
            yield Link(live(member), executed(member), How.FOUND)
        elif "fixture" not in definition.flags and "test" not in definition.flags:
            unused.append((name, Link(live(member), executed(member), How.FOUND)))


def class_links(resolver: Resolver, scope: FileScope) -> Iterator[Link]:
    """Links of the classes of one file to their members, own and inherited."""
    for index, definition in enumerate(scope.facts.definitions):
        if definition.kind is not DefinitionKind.CLASS:
            continue
        cls = scope.name_of(index)
        order = resolver.mro(cls)
        yield Link(mentioned(cls), built(cls))
        yield Link(mentioned(cls), instanced(cls))
        yield from (Link(instanced(cls), instanced(base)) for base in order[1:] if "::" in base)
        foreign = any(_calls_overrides(base) for base in order)
        for member in _members(resolver, order):
            yield Link(mentioned(cls), live(member))
            if foreign and resolver.files.kind(member) is DefinitionKind.FUNCTION:
                yield Link(mentioned(cls), executed(member), How.FOREIGN)
        if _is_processed(resolver, cls):
            for name, indexes in scope.children.get(index, {}).items():
                if scope.facts.definitions[indexes[-1]].kind is DefinitionKind.VARIABLE:
                    yield Link(built(cls), executed(f"{cls}.{name}"), How.ATTRIBUTE)


def _members(resolver: Resolver, order: Sequence[str]) -> Iterator[str]:
    """The definition that each attribute name is on the first class of a resolution order."""
    seen: set[str] = set()
    for each in order:
        found = resolver.files.find(each)
        if found is None:
            continue
        scope, indexes = found
        names = {name for index in indexes for name in scope.children.get(index, {})}
        yield from (f"{each}.{name}" for name in sorted(names - seen))
        seen |= names


def _calls_overrides(base: str) -> bool:
    """Tell whether a base may call methods that its subclasses define: any from outside, unless known to be inert."""
    return "::" not in base and base.rpartition(".")[2] not in _INERT


def _is_processed(resolver: Resolver, cls: str) -> bool:
    """Tell whether something turns the class body into other things: a decorator, a metaclass, a base unknown to us."""
    return bool(decorators(resolver, cls)) or has_processing_base(resolver, cls)

"""Identifiers that a file mentions, for an inverted index from name to files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tdad.facts import (
    DEFINING,
    DERIVING,
    RENAMING,
    BindingKind,
    DefinitionKind,
    FileFacts,
    ReferenceKind,
)

_SEARCHED_FLAGS = frozenset({"cached", "global-writer", "keeper", "lazy"})
_IDENTIFIER = re.compile(r"[^\W\d]\w*")


def mentioned_names(facts: FileFacts) -> frozenset[str]:
    """Return every identifier in references, imports, bindings, definitions, fixtures and literal exports.

    Components of dotted names and of string literals that look like names are counted one by one. Flags that are looked
    for in the whole project count as pseudo identifiers: ``<cached>``, ``<global-writer>``. So does what is done with a
    name, where few of the files that mention it do that: see ``facts.DEFINING``.
    """
    texts: list[str] = [reference.chain for reference in facts.references]
    texts += [definition.name for definition in facts.definitions]
    for item in facts.imports:
        texts += (item.module, item.name, item.alias)
    for binding in facts.bindings:
        texts += (binding.target, binding.chain)
    for fixture in facts.fixtures:
        texts += (fixture.name, *fixture.requests)
    texts += facts.exports or ()
    texts += facts.plugins
    names = set(_IDENTIFIER.findall(" ".join(texts)))
    for definition in facts.definitions:
        names.update(f"<{flag}>" for flag in definition.flags if flag in _SEARCHED_FLAGS)
    names.update(_defined(facts))
    names.update(_derived(facts))
    names.update(_renamed(facts))
    return frozenset(names)


def _defined(facts: FileFacts) -> Iterator[str]:
    for definition in facts.definitions[1:]:
        in_class = facts.definitions[definition.parent].kind is DefinitionKind.CLASS
        if in_class or (not definition.parent and definition.kind is not DefinitionKind.VARIABLE):
            yield DEFINING + definition.name


def _derived(facts: FileFacts) -> Iterator[str]:
    for reference in facts.references:
        if reference.kind is ReferenceKind.BASE:
            for name in _IDENTIFIER.findall(reference.chain):
                yield DERIVING + name


def _renamed(facts: FileFacts) -> Iterator[str]:
    for item in facts.imports:
        name = item.name or item.module.rpartition(".")[2]
        if item.alias and item.alias not in {name, item.module.partition(".")[0]}:
            yield RENAMING + name
    for binding in facts.bindings:
        owner = facts.definitions[binding.owner]
        if binding.kind is BindingKind.ASSIGN and owner.kind is not DefinitionKind.FUNCTION:
            for name in _IDENTIFIER.findall(binding.chain)[-1:]:
                yield RENAMING + name

"""Identifiers that a file mentions, for an inverted index from name to files."""

from __future__ import annotations

import re

from tdad.facts import FileFacts

_SEARCHED_FLAGS = frozenset({"cached", "global-writer"})
_IDENTIFIER = re.compile(r"[^\W\d]\w*")


def mentioned_names(facts: FileFacts) -> frozenset[str]:
    """Return every identifier in references, imports, bindings, definitions, fixtures and literal exports.

    Components of dotted names and of string literals that look like names are counted one by one. Flags that are looked
    for in the whole project count as pseudo identifiers: ``<cached>``, ``<global-writer>``.
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
    return frozenset(names)

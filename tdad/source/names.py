"""Identifiers that a file mentions, for an inverted index from name to files."""

from __future__ import annotations

import re

from tdad.facts import FileFacts

_IDENTIFIER = re.compile(r"[^\W\d]\w*")


def mentioned_names(facts: FileFacts) -> frozenset[str]:
    """Return every identifier in references, imports, bindings, definitions, fixtures and literal exports.

    Components of dotted names and of string literals that look like names are counted one by one.
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
    return frozenset(_IDENTIFIER.findall(" ".join(texts)))

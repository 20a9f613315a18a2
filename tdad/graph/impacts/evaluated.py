"""Whether annotations that run when a module is imported can be evaluated."""

from __future__ import annotations

from tdad.facts import DefinitionKind, FileFacts, ReferenceKind, Span, StatementKind
from tdad.graph.impacts.inspecting import last_part
from tdad.graph.impacts.versions import Versions
from tdad.graph.resolve.scopes import FileScope, Found
from tdad.graph.resolve.values import NOTHING


def unknown_in_annotations(versions: Versions, path: str) -> bool:
    """Whether evaluating the annotations of the file fails: a name that is nowhere, or is bound further down."""
    facts = versions.head.get(path)
    scope = versions.now.files.scope(path)
    if facts is None or scope is None or is_postponed(facts):
        return False
    headers = {
        line
        for statement in facts.statements
        if statement.kind is StatementKind.DEF
        for line in range(statement.span.first, statement.span.last + 1)
    }
    unbound = _for_checkers(facts)
    for reference in facts.references:
        if reference.kind is not ReferenceKind.ANNOTATION:
            continue
        source = facts.definitions[reference.source]
        if facts.definitions[source.parent].kind is DefinitionKind.FUNCTION:
            continue
        if source.kind is DefinitionKind.FUNCTION and reference.line not in headers:
            continue  # of a local variable: these never run
        root = reference.chain.partition(".")[0]
        found = scope.look_up(root, reference.source, header=True)
        if found is None:
            if _is_nowhere(versions, scope, root):
                return True
        elif _is_unbound(facts, found, unbound):
            return True
        elif found.definitions and not found.imports and not found.bindings:
            first = min(facts.definitions[index].span.first for index in found.definitions)
            if first > reference.line:
                return True
    return False


def _for_checkers(facts: FileFacts) -> frozenset[int]:
    """Lines below ``if TYPE_CHECKING``: what they bind is not bound when the program runs."""
    asking = {r.line for r in facts.references if last_part(r.chain) == "TYPE_CHECKING"}
    asked = {
        index: statement
        for index, statement in enumerate(facts.statements)
        if statement.word == "if" and not asking.isdisjoint(_lines(statement.span))
    }
    below = {line for each in asked.values() for line in _lines(each.suite)}
    otherwise = {
        line
        for each in facts.statements
        if each.parent in asked and each.word in {"else", "elif"}
        for line in _lines(each.suite)
    }
    return frozenset(below - otherwise)


def _lines(span: Span) -> range:
    return range(span.first, span.last + 1)


def _is_unbound(facts: FileFacts, found: Found, unbound: frozenset[int]) -> bool:
    lines = {facts.definitions[index].span.first for index in found.definitions}
    lines.update(item.line for item in found.imports)
    return bool(lines) and lines <= unbound


def _is_nowhere(versions: Versions, scope: FileScope, name: str) -> bool:
    return versions.now.names.name(scope, 0, name) == NOTHING and not scope.stars


def is_postponed(facts: FileFacts) -> bool:
    """Whether annotations do not run (``from __future__ import annotations``)."""
    return any(
        item.module == "__future__" and item.name == "annotations" for item in facts.imports
    )

"""Modules as values: who has the module itself in hand may read any name of it, without writing the name."""

from __future__ import annotations

from collections.abc import Iterator

from tdad.facts import BindingKind, DefinitionKind, Reference, ReferenceKind
from tdad.graph.impacts.world import find
from tdad.graph.resolve import Edge, Resolver

_IMPORTS = frozenset({"import_module", "__import__", "importorskip"})
_VALUES = frozenset({ReferenceKind.READ, ReferenceKind.CALL})


def holders(resolver: Resolver, path: str) -> Iterator[Edge]:
    """Mentions of the module ``path`` that are no way to one of its names.

    ``vars(settings)``, ``getattr(settings, name)``, ``load(settings)``, ``return import_module("settings")``.
    """
    names = set(resolver.names_of(f"{path}::"))
    for edge in resolver.readers(f"{path}::"):
        if edge.kind in _VALUES and _is_handed_on(resolver, edge, names):
            yield edge
    for found in resolver.importers_of(path):
        if found.how == "literal" and _is_used(resolver, found.definition, found.line):
            yield Edge(found.definition, f"{path}::", ReferenceKind.READ, found.line)


def passed_on(resolver: Resolver, path: str, qualname: str) -> Iterator[str]:
    """Modules that have the name as well, because they import it at their top level."""
    for edge in resolver.readers(f"{path}::{qualname}"):
        reader, _, alias = edge.source.partition("::")
        if edge.kind is ReferenceKind.IMPORT and reader != path and alias and "." not in alias:
            yield reader
    for importer in {found.source for found in resolver.importers_of(path)}:
        scope = resolver.files.scope(importer)
        if scope is not None and any(
            resolver.module_path(item.module, importer) == path for item in scope.stars
        ):
            yield importer


def is_given_attribute(resolver: Resolver, edge: Edge) -> bool:
    """Whether the line mentions a class only to store into an attribute of it (``Shop.cart_class = Cart``)."""
    if resolver.files.kind(edge.target) is not DefinitionKind.CLASS:
        return False
    path = edge.source.partition("::")[0]
    scope = resolver.files.scope(path)
    mentioned = [
        reference
        for reference in _at(resolver, edge.source, edge.line)
        if scope is not None
        and any(found.target == edge.target for found in resolver.resolve(scope, reference))
    ]
    return bool(mentioned) and all(
        reference.kind is ReferenceKind.WRITE
        and reference.chain.count(".") == 1
        and reference.chain.replace(".", "").isidentifier()
        for reference in mentioned
    )


def _at(resolver: Resolver, definition: str, line: int) -> list[Reference]:
    path, _, qualname = definition.partition("::")
    scope = resolver.files.scope(path)
    if scope is None:
        return []
    return [
        reference
        for index in scope.by_qualname.get(qualname, ())
        for reference in scope.references.get(index, ())
        if reference.line == line
    ]


def _is_handed_on(resolver: Resolver, edge: Edge, names: set[str]) -> bool:
    """Whether the line has the module alone, and not as the first argument of ``setattr(module, "name", …)``."""
    mentioned = _at(resolver, edge.source, edge.line)
    for reference in mentioned:
        if reference.kind is ReferenceKind.READ and _last(reference.chain) in names:
            prefix = f"{reference.chain}."
            if not any(other.chain.startswith(prefix) for other in mentioned):
                return True
    return False


def _is_used(resolver: Resolver, definition: str, line: int) -> bool:
    """Whether something is done with the module that ``import_module`` returns at that line."""
    mentioned = _at(resolver, definition, line)
    if any(
        reference.kind in {*_VALUES, ReferenceKind.WRITE}
        and _last(reference.chain) not in _IMPORTS
        for reference in mentioned
    ):
        return True
    path, _, qualname = definition.partition("::")
    scope = resolver.files.scope(path)
    found = find(scope.facts if scope is not None else None, qualname)
    return scope is not None and any(
        binding.kind is BindingKind.RETURN
        and scope.facts.definitions[binding.owner] is found
        and _last(binding.chain.removesuffix("()")) in _IMPORTS
        for binding in scope.facts.bindings
    )


def _last(chain: str) -> str:
    return chain.rpartition(".")[2]

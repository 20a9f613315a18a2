"""Modules as values: ``getattr(settings, name)``, ``vars(module)``, a module that is named in a literal and loaded.

Who has a module in hand reads of it what it asks by name, of this module or of something else: ``_holder.DEBUG`` where
an object hands on what is asked of it, ``getattr(module, "urlpatterns")``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tdad.facts import DefinitionKind, Reference, ReferenceKind
from tdad.graph.resolve.chains import last_name, split, tokens_of
from tdad.graph.resolve.edge import Edge
from tdad.graph.resolve.scopes import MODULE, Files, FileScope
from tdad.graph.static.nodes import How, Link, executed, held, looked_up, mentioned, spelled

_NO_VALUE = frozenset({ReferenceKind.IMPORT, ReferenceKind.BASE, ReferenceKind.WRITE})
_ITSELF = frozenset({"self", "cls"})


def module_links(scope: FileScope) -> Iterator[Link]:
    """Links from the names that are asked of modules to what the top level of this one binds."""
    for index, definition in enumerate(scope.facts.definitions):
        if index == MODULE or definition.parent != MODULE:
            continue
        if "import" in definition.flags or "test" in definition.flags:
            continue
        name = scope.name_of(index)
        variable = definition.kind is DefinitionKind.VARIABLE
        target = executed(name) if variable else mentioned(name)
        yield Link(looked_up(definition.name), target, How.FOUND, held(scope.path))
        yield Link(spelled(definition.name), looked_up(definition.name))


def holding_links(
    files: Files, source: str, reference: Reference, edges: Sequence[Edge]
) -> Iterator[Link]:
    """Links of one mention: the modules that it puts into somebody's hands, the names it asks of unknown things."""
    if reference.kind in _NO_VALUE:
        return
    known = {last_name(edge.target) for edge in edges if not edge.ambiguous}
    tokens = tokens_of(reference.chain)
    if reference.kind is not ReferenceKind.STRING:
        for token in tokens[2:] if tokens and tokens[0] in _ITSELF else tokens[1:]:
            if token.isidentifier() and token not in known:
                yield Link(source, looked_up(token), How.ATTRIBUTE)
    paths = [
        path for edge in edges if not split(edge.target)[1] for path in [split(edge.target)[0]]
    ]
    if paths and all(_only_module(files, edge) for edge in edges):
        yield Link(source, held(paths[-1]))


def _only_module(files: Files, edge: Edge) -> bool:
    """Tell whether an edge goes to a module, or to a name that only an import binds."""
    return not split(edge.target)[1] or "import" in files.flags(edge.target)

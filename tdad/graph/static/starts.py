"""Where in the static graph a change begins, and how far it is heard besides through references."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from tdad.facts import Change, Part, ReferenceKind
from tdad.graph.impacts.classes import is_special
from tdad.graph.resolve import Resolver


def starts_of(resolver: Resolver, change: Change) -> Iterator[str]:
    """Definitions that the change is in, ``path::qualname``; some may not exist in the version asked."""
    if change.part in {Part.DATA, Part.DOCSTRING}:
        return
    for path in sorted({change.path, change.old_path or change.path}):
        if change.part is Part.WHOLE and not change.qualname:
            yield from _everything_in(resolver, path)
            continue
        for qualname in (change.qualname, change.old_qualname):
            if qualname:
                yield f"{path}::{qualname}"
        prefix = f"{path}::{change.scope}." if change.scope else f"{path}::"
        yield from (prefix + name for name in change.binds if name != "*")
        if change.scope and (change.part is Part.EFFECT or any(map(is_special, change.binds))):
            yield f"{path}::{change.scope}"


def _everything_in(resolver: Resolver, path: str) -> Iterator[str]:
    scope = resolver.files.scope(path)
    for definition in scope.facts.definitions if scope is not None else ():
        yield f"{path}::{definition.qualname}"


def runs_on_import(change: Change) -> bool:
    """Tell whether importing the file runs the change, so that everybody who imports it is reached."""
    return change.part is Part.EFFECT or (change.part is Part.WHOLE and not change.qualname)


def files_naming(resolver: Resolver, change: Change) -> Iterator[str]:
    """Files that name the changed data file, and files that import those."""
    if change.part is not Part.DATA:
        return
    name = posixpath.basename(change.path)
    stem = name.partition(".")[0]
    for path in sorted({*resolver.files.mentioning(stem), *resolver.files.mentioning(name)}):
        yield from resolver.reverse_import_closure(path)


def runners_of(resolver: Resolver, path: str) -> Iterator[str]:
    """Definitions with a script in a literal that imports ``path``, directly or not.

    A child process runs it: what happens to the modules then no reference shows.
    """
    for module in resolver.reverse_import_closure(path):
        for edge in resolver.importers_of(module):
            script = edge.how == "literal" and edge.conditional  # import_module("a.b") is not
            scope = resolver.files.scope(edge.source) if script else None
            for reference in scope.facts.references if scope is not None else ():
                if reference.kind is ReferenceKind.IMPORT and reference.line == edge.line:
                    assert scope is not None
                    yield scope.name_of(reference.source)

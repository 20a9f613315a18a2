"""What running a test makes happen at once: its function, its file, its class, the fixtures nobody asks for."""

from __future__ import annotations

from collections.abc import Iterator

from tdad.facts import DefinitionKind
from tdad.facts_xunit import MODULE_SETUPS, NOSE_SETUPS
from tdad.graph.resolve import Resolver
from tdad.graph.resolve.chains import split
from tdad.graph.resolve.scopes import MODULE
from tdad.graph.static.nodes import How, Link, executed, imported, mentioned, named, run
from tdad.graph.tests_of import StaticTest

_XUNIT_OF_MODULE = ("pytestmark", *sorted(MODULE_SETUPS | NOSE_SETUPS))
"""What pytest and unittest run around, or read for, each test of a module."""


def test_links(resolver: Resolver, test: StaticTest) -> Iterator[Link]:
    """The links of one test."""
    start, path = run(test.node_id), test.node_id.partition("::")[0]
    yield Link(start, executed(test.definition))
    yield Link(start, mentioned(test.definition))
    yield Link(start, imported(path), How.LOADED)
    for edge in resolver.imports_of(path):
        if not edge.lazy and edge.how == "import":
            yield Link(start, named(edge.target), How.LOADED)
    scope = resolver.files.scope(path)
    top = scope.children.get(MODULE, {}) if scope is not None else {}
    for name in _XUNIT_OF_MODULE:
        if name in top:
            yield Link(start, executed(f"{path}::{name}"), How.BESIDE)
    cls = _class_of(resolver, test)
    if cls:
        yield Link(start, mentioned(cls), How.INSIDE)
    inside = split(cls)[1] if cls.startswith(f"{path}::") else ""
    nearer = resolver.fixtures.nearer(test.definition, path, inside)
    for fixture in dict.fromkeys((*resolver.fixtures.autouse_of(path, inside), *nearer)):
        yield Link(start, executed(fixture), How.FIXTURE)
        yield Link(start, mentioned(fixture))


def _class_of(resolver: Resolver, test: StaticTest) -> str:
    """The class that a test is collected from (``path::qualname``), which may be imported; empty: none."""
    path, *parts = test.node_id.split("::")
    if len(parts) == 1:
        return ""
    found = resolver.names.member(path, parts[0])
    for value in found.values if found is not None else ():
        inner = ".".join([value.what, *parts[1:-1]])
        if resolver.files.kind(inner) is DefinitionKind.CLASS:
            return inner
    return resolver.files.owner_class(test.definition) or ""

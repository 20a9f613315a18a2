"""The tests a file holds, by pytest's collection rules, without importing it.

What only a run can tell stays out: parameter ids, tests that hooks make, doctests.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tdad.facts import DefinitionKind
from tdad.graph.patterns import UNITTEST, Patterns, is_test_file, matches
from tdad.graph.resolve.resolver import Resolver
from tdad.graph.resolve.scopes import MODULE, FileScope
from tdad.graph.resolve.values import Form

__all__ = ["Patterns", "StaticTest", "is_test_file", "tests_in"]

_NOT_COLLECTED = "not-collected"


@dataclass(frozen=True, slots=True, order=True)
class StaticTest:
    """One test function as one file collects it. ``node_id`` has no parameters."""

    node_id: str
    definition: str
    """Where it is written: for an inherited or imported test another file than the node id's."""


def tests_in(
    resolver: Resolver,
    path: str,
    patterns: Patterns | None = None,  # noqa: PT028 - not a test
) -> Sequence[StaticTest]:
    """Tests that pytest collects from ``path``, in the order of their names in the file; empty: no test module."""
    patterns = patterns or Patterns()
    scope = resolver.files.scope(path)
    if scope is None or not is_test_file(path, patterns):
        return ()
    found: dict[str, StaticTest] = {}
    for test in _Collection(resolver, patterns).module(scope):
        found.setdefault(test.node_id, test)
    return tuple(found.values())


class _Collection:
    """Collects from one file after the other."""

    def __init__(self, resolver: Resolver, patterns: Patterns) -> None:
        self._resolver = resolver
        self._patterns = patterns

    def module(self, scope: FileScope) -> Iterator[StaticTest]:
        if _NOT_COLLECTED in scope.facts.definitions[MODULE].flags:
            return
        names = dict.fromkeys(
            (
                *scope.children.get(MODULE, {}),
                *scope.imports.get(MODULE, {}),
                *self._starred(scope),
            )
        )
        for name in names:
            for definition in self._objects(scope, name):
                yield from self._object(scope.path, scope.path, name, definition)

    def _starred(self, scope: FileScope) -> Iterator[str]:
        """Names that star imports of project modules bring."""
        for item in scope.stars:
            path = self._resolver.module_path(item.module, scope.path)
            other = self._resolver.files.scope(path) if path is not None else None
            if other is not None and path is not None:
                public = (*other.children.get(MODULE, {}), *other.imports.get(MODULE, {}))
                yield from (n for n in public if self._resolver.names.exports(path, n))

    def _objects(self, scope: FileScope, name: str) -> Iterator[str]:
        """Functions and classes that ``name`` is at the top level of the file; the last definition hides the others."""
        found = self._resolver.names.member(scope.path, name)
        for value in found.values if found is not None else ():
            if value.form is Form.OBJECT:
                yield value.what

    def _object(self, path: str, prefix: str, name: str, definition: str) -> Iterator[StaticTest]:
        kind = self._resolver.files.kind(definition)
        if kind is DefinitionKind.CLASS:
            yield from self._class(path, f"{prefix}::{name}", name, definition)
        elif kind is DefinitionKind.FUNCTION and self._is_test(definition, name):
            yield StaticTest(f"{prefix}::{name}", definition)

    def _is_test(self, definition: str, name: str) -> bool:
        return (
            matches(name, self._patterns.python_functions)
            and self._resolver.fixtures.fixture(definition) is None
        )

    def _class(self, path: str, prefix: str, name: str, cls: str) -> Iterator[StaticTest]:
        unittest = is_unittest(self._resolver, cls)
        if not unittest and not self._is_collected(name, cls):
            return
        if self._is_refused(cls):
            return
        for member, definition in self._members(cls).items():
            kind = self._resolver.files.kind(definition)
            if kind is DefinitionKind.FUNCTION:
                wanted = (
                    member.startswith(UNITTEST) if unittest else self._is_test(definition, member)
                )
                if wanted:
                    yield StaticTest(f"{prefix}::{member}", definition)
            elif kind is DefinitionKind.CLASS and not unittest:
                yield from self._class(path, f"{prefix}::{member}", member, definition)

    def _is_collected(self, name: str, cls: str) -> bool:
        """Tell whether pytest collects a plain class: by name, and it must not have a constructor."""
        return matches(name, self._patterns.python_classes) and not any(
            self._resolver.mro_lookup(cls, constructor) for constructor in ("__init__", "__new__")
        )

    def _is_refused(self, cls: str) -> bool:
        """Tell whether ``__test__`` is False there: the nearest class that sets it decides."""
        hierarchy = self._resolver.hierarchy
        setting = (each for each in hierarchy.mro(cls) if hierarchy.member(each, "__test__"))
        decides = next(setting, None)
        return decides is not None and _NOT_COLLECTED in self._resolver.files.flags(decides)

    def _members(self, cls: str) -> dict[str, str]:
        """Names in the class and its bases → the definition each is, bases' names last."""
        members: dict[str, str] = {}
        for each in self._resolver.mro(cls):
            found = self._resolver.files.find(each)
            if found is None:
                continue
            scope, indexes = found
            for index in indexes:
                for name in scope.children.get(index, {}):
                    members.setdefault(name, f"{each}.{name}")
        return members


def is_unittest(resolver: Resolver, cls: str) -> bool:
    """Tell whether ``cls`` derives from ``unittest.TestCase``.

    Of a base outside the project only the name is known, so every foreign class called ``…TestCase`` counts.
    """
    return any(
        "::" not in base and base.rpartition(".")[2].endswith("TestCase")
        for base in resolver.mro(cls)
    )


def all_tests(resolver: Resolver, patterns: Patterns | None = None) -> Sequence[StaticTest]:
    """Tests of every test module of the project, by path, then in file order."""
    return tuple(
        test for path in resolver.files.paths for test in tests_in(resolver, path, patterns)
    )

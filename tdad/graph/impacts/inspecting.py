"""Code that looks at definitions instead of calling them: who does, and at which ones while modules are imported."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from tdad.facts import (
    ANNOTATIONS,
    DefinitionKind,
    FileFacts,
    OwnerKind,
    Reference,
    ReferenceKind,
    Site,
    Statement,
    StatementKind,
)
from tdad.graph.impacts.classes import split
from tdad.graph.impacts.spread import NO_CHANGE, Spread
from tdad.graph.impacts.trails import Trail
from tdad.graph.impacts.world import Inspecting, World, innermost
from tdad.graph.resolve import Edge, Resolver
from tdad.graph.resolve.chains import last_name, tokens_of
from tdad.graph.resolve.scopes import FileScope

_KNOW_ALL = frozenset({"sys", "gc", "globals", "locals", "vars", "eval", "exec", "importlib"})
"""By these everything can be had without being mentioned."""
_BUILTINS = frozenset(dir(builtins)) - _KNOW_ALL
_ONCE = frozenset({"if", "elif", "else", "try", "except", "finally"})
"""Compound statements whose suite runs at most once."""


@dataclass(frozen=True, slots=True)
class Ours:
    """What a definition is mentioned by."""

    definitions: frozenset[str]
    """It, its class, and what decorators store it into."""
    carried: frozenset[str]
    """These, who mentions one, and who mentions a value at module or class level that it is part of."""
    is_known: bool
    """Whether decorators hand it to nobody else."""


def inspecting(world: World, names: tuple[str, ...]) -> Inspecting:
    """Who mentions one of the names to look at something; found once."""
    if names not in world.inspecting:
        readers, level = set(), set()
        for where, reference in _readers(world, names):
            path, reader = split(where)
            readers.add(where)
            if world.now.files.kind(where) is not DefinitionKind.FUNCTION:
                level.add(Site(path, reference.line))
        search = Spread(world, follows_change=False)
        imports = []
        for where in sorted(readers):
            path, reader = split(where)
            for owner, line in world.entered(path, reader):
                if owner.kind is OwnerKind.IMPORT:
                    imports.append((owner, Site(path, line)))
                else:
                    search.owner(owner, Trail(NO_CHANGE))
        world.inspecting[names] = Inspecting(
            min(readers, default=""), frozenset(search.run()), tuple(imports), tuple(sorted(level))
        )
    return world.inspecting[names]


def inspected_at(world: World, looking: Inspecting, ours: Ours) -> Iterator[Site]:
    """Statements of modules and classes that may look at one of ours, in the current version."""
    for site in looking.level:
        scope = world.now.files.scope(site.path)
        if (
            scope is None
            or _may_get_at(world.now, scope, site.line, ours)
            or _ran_one(world, site, ours.carried)
        ):
            yield site


def ours(world: World, definition: str, stores: frozenset[str] | None) -> Ours:
    """Who may have the definition in hand: its class and what its decorators store into may be mentioned instead."""
    path, qualname = split(definition)
    cls = qualname.rpartition(".")[0]
    found = {definition, *(stores or ()), *([f"{path}::{cls}"] if cls else [])}
    definitions = frozenset(found)
    pending = list(found)
    while pending:
        for edge in world.now.readers(pending.pop()):
            if edge.source not in found:
                found.add(edge.source)
                if world.now.files.kind(edge.source) is DefinitionKind.VARIABLE:
                    pending.append(edge.source)
    return Ours(definitions, frozenset(found), stores is not None)


def is_about_others(world: World, site: Site, ours: Ours) -> bool:
    """Whether what ran there while modules were imported ran for definitions that have nothing to do with ours.

    A decorator looks at what it decorates, and a metaclass at its class: at nothing else unless it is mentioned there.
    """
    causes = world.recorded.causes(site)
    return bool(causes) and not any(_may_concern(world, cause, ours) for cause in causes)


def _may_concern(world: World, cause: Site, ours: Ours) -> bool:
    scope = world.before.files.scope(cause.path)
    if scope is None or not cause.line:
        return True
    definition = innermost(scope.facts, cause.line)
    if definition.kind is not DefinitionKind.MODULE:
        name = f"{cause.path}::{definition.qualname}"
        return any(each == name or each.startswith(f"{name}.") for each in ours.carried)
    return (
        not ours.is_known
        or _may_get_at(world.before, scope, cause.line, ours)
        or _ran_one(world, cause, ours.carried)
    )


def _ran_one(world: World, statement: Site, carried: frozenset[str]) -> bool:
    """Whether something that the statement was seen to run mentions one of ours."""
    for site in world.recorded.caused(statement):
        scope = world.before.files.scope(site.path)
        if scope is None:
            return True
        if f"{site.path}::{innermost(scope.facts, site.line).qualname}" in carried:
            return True
    return False


def _may_get_at(resolver: Resolver, scope: FileScope, line: int, ours: Ours) -> bool:
    """Whether a statement of the module mentions one of ours, or something of which nobody knows what it holds."""
    number = _statement_at(scope.facts, line)
    if number is None or _is_in_loop(scope.facts, number):
        return True  # names stand for one thing after the other
    span = scope.facts.statements[number].span
    return any(
        _may_be(resolver, scope, reference, ours)
        for reference in scope.facts.references
        if reference.line in span
        and reference.kind is not ReferenceKind.WRITE
        and reference.kind not in ANNOTATIONS
    )


def _is_in_loop(facts: FileFacts, number: int) -> bool:
    while number >= 0:
        statement = facts.statements[number]
        if statement.word not in _ONCE and statement.kind is StatementKind.COMPOUND:
            return True
        number = statement.parent
    return False


def _may_be(resolver: Resolver, scope: FileScope, reference: Reference, ours: Ours) -> bool:
    meant = resolver.resolve(scope, reference)
    for edge in meant:
        called = reference.kind is ReferenceKind.CALL
        is_function = resolver.files.kind(edge.target) is DefinitionKind.FUNCTION
        if edge.target in (ours.carried if called or not is_function else ours.definitions):
            return True
    if reference.kind in {ReferenceKind.STRING, ReferenceKind.PATCH}:
        return any(last_part(reference.chain) == last_name(each) for each in ours.carried)
    if any(_is_known(resolver, edge) for edge in meant):
        return False
    if any(edge.target.endswith("::") or edge.weight < 1 for edge in meant):
        return True  # a module with everything in it, or one of many
    root = tokens_of(reference.chain)[0]
    found = scope.look_up(root, reference.source)
    if found is None:
        return root not in _BUILTINS
    made = (scope.facts.definitions[index] for index in found.definitions)
    is_foreign = bool(found.imports) and all("import" in each.flags for each in made)
    return not is_foreign or root in _KNOW_ALL


def _is_known(resolver: Resolver, edge: Edge) -> bool:
    """Whether it is certain what is mentioned, and that it is no module with everything in it."""
    return (
        edge.weight == 1
        and not edge.target.endswith("::")
        and "import" not in resolver.files.flags(edge.target)
    )


def _readers(world: World, names: Iterable[str]) -> Iterator[tuple[str, Reference]]:
    for name in names:
        for where, reference in world.mentions(name, partial(_uses, name)):
            path = where.partition("::")[0]
            facts = world.head.get(path)
            if facts is not None and _is_copied(facts, reference, name):
                continue
            if not _is_the_projects(world, path, reference):
                yield where, reference


def _is_copied(facts: FileFacts, reference: Reference, name: str) -> bool:
    """Whether the attribute is only handed on to the same one of another object, as wrappers of functions do.

    ``wrapper.__defaults__ = function.__defaults__``. Whoever looks at that one mentions the name as well.
    """
    if reference.kind is ReferenceKind.WRITE:
        return True
    if reference.kind is not ReferenceKind.READ or not name.startswith("__"):
        return False
    number = _statement_at(facts, reference.line)
    if number is None:
        return False
    statement = facts.statements[number]
    if statement.kind is StatementKind.SIMPLE:
        return _hands_on(facts, statement, name)
    if statement.word != "if" or any(
        other.kind is ReferenceKind.CALL and other.line in statement.span
        for other in facts.references
    ):
        return False
    decided = [
        other
        for other in facts.statements
        if other is not statement
        and statement.span.last < other.span.first <= statement.suite.last
    ]
    return all(
        other.word == "else"
        or (other.kind is StatementKind.SIMPLE and _hands_on(facts, other, name))
        for other in decided
    )


def copied_to(facts: FileFacts, reference: Reference, name: str) -> str | None:
    """The attribute, if the statement does nothing but keep what is mentioned in one (``self.text = f.__doc__``)."""
    if reference.kind is ReferenceKind.WRITE and last_part(reference.chain) == name:
        return name
    number = _statement_at(facts, reference.line)
    if reference.kind is not ReferenceKind.READ or number is None:
        return None
    statement = facts.statements[number]
    if statement.kind is not StatementKind.SIMPLE or last_part(reference.chain) != name:
        return None
    here = [other for other in facts.references if other.line in statement.span]
    stored = [other.chain for other in here if other.kind is ReferenceKind.WRITE]
    others = {other.kind for other in here} - {ReferenceKind.WRITE, ReferenceKind.READ}
    if len(stored) != 1 or others or "." not in stored[0] or stored[0].endswith("]"):
        return None
    return last_part(stored[0])


def _hands_on(facts: FileFacts, statement: Statement, name: str) -> bool:
    """Whether the statement stores into that attribute of something, and does nothing else."""
    here = [other for other in facts.references if other.line in statement.span]
    stored = [
        other
        for other in here
        if (other.kind is ReferenceKind.WRITE and last_part(other.chain) == name)
        or (other.kind is ReferenceKind.CALL and other.chain.endswith(f".{name}.update"))
    ]
    return bool(stored) and all(
        other in stored or other.kind is ReferenceKind.READ for other in here
    )


def _statement_at(facts: FileFacts, line: int) -> int | None:
    found = [n for n, each in enumerate(facts.statements) if line in each.span]
    spans = [each.span for each in facts.statements]
    return min(found, key=lambda n: spans[n].last - spans[n].first) if found else None


def _uses(name: str, reference: Reference) -> bool:
    return reference.kind is not ReferenceKind.IMPORT and last_part(reference.chain) == name


def last_part(chain: str) -> str:
    """Last name of a chain, whatever is called or taken out of it."""
    return chain.rpartition(".")[2].removesuffix("()").removesuffix("[]")


def _is_the_projects(world: World, path: str, reference: Reference) -> bool:
    """Whether the name is certainly one that the project defines, a method ``signature`` for one."""
    scope = world.now.files.scope(path)
    meant = world.now.resolve(scope, reference) if scope is not None else ()
    name = last_part(reference.chain)
    return any(
        edge.weight == 1 and not edge.ambiguous and last_part(split(edge.target)[1]) == name
        for edge in meant
    )

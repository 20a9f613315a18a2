"""Rule 3: something new may win a lookup that something else won before."""

from __future__ import annotations

import posixpath
from functools import partial

from tdad.facts import (
    ChangeKind,
    Definition,
    DefinitionKind,
    Evidence,
    FileFacts,
    Part,
    Reference,
    Site,
    Use,
)
from tdad.graph.impacts.captures import captured_by_file, seeing
from tdad.graph.impacts.classes import family, has_processing_base, has_unknown_base, is_special
from tdad.graph.impacts.exports import listed
from tdad.graph.impacts.readers import read_by
from tdad.graph.impacts.spread import Spread
from tdad.graph.impacts.trails import Trail
from tdad.graph.impacts.uses import used
from tdad.graph.impacts.world import World, find

LOOKUP_HOOKS = ("__getattr__", "__getattribute__")
DYNAMIC_LOOKUPS = ("getattr", "hasattr", "vars", "dir", "__dict__", "getmembers")


def added_definition(world: World, spread: Spread, trail: Trail) -> None:
    """A new definition: whoever reads its name now, whoever used what it overrides, whatever it captures."""
    change = trail.change
    path, qualname = change.path, change.qualname
    definition = world.definition(path, qualname)
    facts = world.head.get(path)
    if facts is None or definition is None:
        return
    owner = find(facts, qualname.rpartition(".")[0]) if "." in qualname else None
    if owner is not None and owner.kind is DefinitionKind.CLASS:
        _added_to_class(world, spread, trail, f"{path}::{owner.qualname}", definition.name)
    else:
        spread.bound(path, qualname, trail.then("is the name", qualname))
    if owner is None:
        _added_to_module(world, spread, trail, facts, definition)


def _added_to_class(world: World, spread: Spread, trail: Trail, class_id: str, name: str) -> None:
    path, _, class_name = class_id.partition("::")
    kin = [class_id, *world.now.subclasses(class_id)]
    users = frozenset().union(*(spread.users_of_class(cls) for cls in kin))
    narrowed = trail.only(users)
    spread.bound(
        path, f"{class_name}.{name}", narrowed.then("is the name", f"{class_name}.{name}")
    )
    for overridden in world.now.overridden(f"{class_id}.{name}"):
        base_path, _, base_name = overridden.partition("::")
        step = narrowed.then("overrides", overridden, evidence=Evidence.DERIVED)
        spread.members(base_path, base_name, step)
        spread.bound(base_path, base_name, step)
    if is_special(name):
        spread.tests(
            users,
            trail.then("is looked up by the language on", class_id, evidence=Evidence.DERIVED),
        )
    elif not name.startswith("test") and has_unknown_base(world.now, class_id):
        step = trail.then("may override a method of a base outside the project on", class_id)
        spread.tests(users, step.then("used by", class_id, evidence=Evidence.DERIVED))
    for lookup in _dynamic_lookups(world, class_id):
        lookup_path, _, lookup_name = lookup.partition("::")
        step = narrowed.then("may be found by", lookup, evidence=Evidence.DERIVED)
        spread.executed(lookup_path, lookup_name, step)


def _dynamic_lookups(world: World, class_id: str) -> list[str]:
    """Functions that may look attributes of the class up by computed names.

    Methods of the class's own family, and any function when the receiver may be anything: those whose file mentions
    ``getattr`` and relatives with a name that is no literal.
    """
    found = [
        where
        for mention in DYNAMIC_LOOKUPS
        for where, _reference in world.mentions(mention, partial(_is_last, mention))
    ]
    relatives = family(world.now, class_id)
    return sorted({where for where in found if _may_see(world, where, relatives)})


def _is_last(name: str, reference: Reference) -> bool:
    return reference.chain.rpartition(".")[2].removesuffix("()") == name


def _may_see(world: World, where: str, relatives: set[str]) -> bool:
    path, _, qualname = where.partition("::")
    definition = world.definition(path, qualname)
    if definition is None or definition.kind is not DefinitionKind.FUNCTION:
        return False
    owner = qualname.rpartition(".")[0]
    holder = world.definition(path, owner) if owner else None
    if holder is not None and holder.kind is DefinitionKind.CLASS:
        return f"{path}::{owner}" in relatives
    return True


def _added_to_module(
    world: World, spread: Spread, trail: Trail, facts: FileFacts, definition: Definition
) -> None:
    path = facts.path
    if definition.name in LOOKUP_HOOKS:
        spread.imported(path, trail)
    if definition.kind is DefinitionKind.CLASS and has_processing_base(
        world.now, f"{path}::{definition.qualname}"
    ):
        _registered_class(world, spread, trail, f"{path}::{definition.qualname}")
    listed(world, spread, path, trail)
    if definition.name.startswith("pytest_"):
        _hook(world, spread, trail, path)


def _registered_class(world: World, spread: Spread, trail: Trail, class_id: str) -> None:
    """The class statement runs code of a base (``__init_subclass__``, a metaclass): users of the base may see it."""
    for base in world.now.bases(class_id):
        if "::" in base:
            path, _, qualname = base.partition("::")
            step = trail.then("is registered with", base, evidence=Evidence.DERIVED)
            spread.members(path, qualname, step)
            spread.bound(path, qualname, step)


def subclassed(world: World, spread: Spread, trail: Trail) -> None:
    """A class that came, went, or has other bases: who lists the subclasses of one of its bases may see that."""
    change = trail.change
    if change.part is Part.HEADER and change.kind is not ChangeKind.EDITED:
        return
    for resolver, path, qualname in (
        (world.now, change.path, change.qualname),
        (world.before, change.old_path or change.path, change.old_qualname or change.qualname),
    ):
        class_id = f"{path}::{qualname}"
        if resolver.files.kind(class_id) is not DefinitionKind.CLASS:
            continue
        for base in resolver.mro(class_id)[1:]:
            if "::" in base:
                _listed_subclasses(world, spread, trail, base)


def _listed_subclasses(world: World, spread: Spread, trail: Trail, base: str) -> None:
    relatives: set[str] | None = None
    for where, reference in world.mentions(
        "__subclasses__", lambda each: "__subclasses__" in each.chain
    ):
        relatives = relatives or {base, *world.now.mro(base), *world.now.subclasses(base)}
        known = {edge.target for edge in world.now.references(where) if not edge.ambiguous}
        root = reference.chain.partition(".")[0]
        if root in {"self", "cls", "?"} or known & relatives or _is_parameter(world, where, root):
            step = trail.then("may be listed by", where, evidence=Evidence.DERIVED)
            read_by(spread, where, step, reference.line)


def _is_parameter(world: World, where: str, name: str) -> bool:
    found = world.now.files.find(where)
    return found is not None and any(name in found[0].locals.get(index, ()) for index in found[1])


def _hook(world: World, spread: Spread, trail: Trail, path: str) -> None:
    """A hook of pytest, in a conftest or plugin."""
    below = [test.node_id for test in seeing(world, path)]
    place = posixpath.dirname(path) or "."
    step = trail.then("is a hook for the tests below", place, evidence=Evidence.DERIVED)
    spread.tests(below, step)


def added_file(world: World, spread: Spread, trail: Trail) -> None:
    """A new Python file: an import that failed may now succeed, a module may be shadowed, a conftest captures tests."""
    change = trail.change
    path = change.path
    for dotted in world.now.modules.names_of(path):
        used(spread, Use.NO_MODULE, dotted, trail)
        _shadowed(world, spread, trail, dotted)
    _imported_instead(world, spread, trail, path)
    _hides_attribute(world, spread, trail, path)
    facts = world.head.get(path)
    if facts is not None and posixpath.basename(path) == "conftest.py":
        for definition in facts.definitions[1:]:
            if definition.name.startswith("pytest_"):
                _hook(world, spread, trail, path)
        captured_by_file(world, spread, trail, path)
        if _has_effects(facts):
            below = [test.node_id for test in world.tests_below(posixpath.dirname(path))]
            spread.tests(
                below, trail.then("is run for the tests below", path, evidence=Evidence.DERIVED)
            )
    if posixpath.basename(path) == "__init__.py":
        package = posixpath.dirname(path)
        for other in world.head.paths():
            if posixpath.dirname(other) == package and other != path:
                spread.imported(
                    other, trail.then("makes a package of", package, evidence=Evidence.DERIVED)
                )


def _shadowed(world: World, spread: Spread, trail: Trail, dotted: str) -> None:
    """The new file wins a module name that another file, or a distribution, had."""
    used(spread, Use.MODULE, dotted, trail)
    previous = world.before.module_path(dotted)
    if (
        previous is not None
        and previous != trail.change.path
        and world.now.module_path(dotted) != previous
    ):
        spread.imported(previous, trail.then("shadows", previous, evidence=Evidence.DERIVED))


def _imported_instead(world: World, spread: Spread, trail: Trail, path: str) -> None:
    """Import statements that did not change get the new file, and got something outside the project, or nothing."""
    for edge in world.now.importers_of(path):
        if (
            edge.source in world.old
            or edge.how not in {"import", "literal"}
            or not world.recorded.versions(edge.source)
        ):
            continue
        step = trail.then("is now what is imported by", edge.source, evidence=Evidence.DERIVED)
        if edge.lazy:
            spread.executed(edge.source, edge.definition.partition("::")[2], step, edge.line)
        else:
            spread.statement(Site(edge.source, edge.line), step)


def _hides_attribute(world: World, spread: Spread, trail: Trail, path: str) -> None:
    """Importing a module binds its name in the package around it, whatever the package bound to that name."""
    package = posixpath.join(posixpath.dirname(path), "__init__.py")
    name = posixpath.basename(path).removesuffix(".py")
    if find(world.facts(package), name) is not None and world.now.importers_of(path):
        step = trail.then("hides", f"{package}::{name}", evidence=Evidence.DERIVED)
        spread.bound(package, name, step)


def _has_effects(facts: FileFacts) -> bool:
    """Whether running the module does more than define: a statement that binds nothing."""
    return bool(facts.plugins) or any(
        statement.owner == 0
        and not statement.binds
        and statement.kind.value in {"simple", "compound"}
        for statement in facts.statements
    )

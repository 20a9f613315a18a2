"""Rule 3: something new may win a lookup that something else won before."""

from __future__ import annotations

import posixpath

from tdad.facts import (
    ChangeKind,
    Definition,
    DefinitionKind,
    Evidence,
    FileFacts,
    Part,
    ReferenceKind,
    Site,
    Use,
)
from tdad.graph.impacts.classes import family, has_processing_base, has_unknown_base
from tdad.graph.impacts.exports import listed
from tdad.graph.impacts.spread import Spread, is_special
from tdad.graph.impacts.trails import Trail
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
    found = []
    for mention in DYNAMIC_LOOKUPS:
        for path in world.head.mentioning(mention):
            facts = world.head.get(path)
            for reference in facts.references if facts else ():
                last = reference.chain.rpartition(".")[2].removesuffix("()")
                if facts and last == mention:
                    found.append(f"{path}::{facts.definitions[reference.source].qualname}")
    relatives = family(world.now, class_id)
    return sorted({where for where in found if _may_see(world, where, relatives)})


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
    for lookup in _module_lookups(world, path):
        lookup_path, _, lookup_name = lookup.partition("::")
        step = trail.then("may be found by", lookup, evidence=Evidence.DERIVED)
        spread.executed(lookup_path, lookup_name, step)
    listed(world, spread, path, trail)
    if posixpath.basename(path) == "conftest.py" or facts.plugins:
        _captured_by_conftest(world, spread, trail, facts, definition)
    else:
        _new_fixture(world, spread, trail, facts, definition)


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
    for path in world.head.mentioning("__subclasses__"):
        facts = world.head.get(path)
        for reference in facts.references if facts is not None else ():
            if facts is None or "__subclasses__" not in reference.chain:
                continue
            where = f"{path}::{facts.definitions[reference.source].qualname}"
            relatives = relatives or {base, *world.now.mro(base), *world.now.subclasses(base)}
            known = {edge.target for edge in world.now.references(where) if not edge.ambiguous}
            root = reference.chain.partition(".")[0]
            if (
                root in {"self", "cls", "?"}
                or known & relatives
                or _is_parameter(world, where, root)
            ):
                step = trail.then("may be listed by", where, evidence=Evidence.DERIVED)
                spread.read_by(where, step, reference.line)


def _is_parameter(world: World, where: str, name: str) -> bool:
    found = world.now.files.find(where)
    return found is not None and any(name in found[0].locals.get(index, ()) for index in found[1])


def _module_lookups(world: World, path: str) -> list[str]:
    """Functions of the same module that look names up by computation (``globals()[name]``)."""
    facts = world.head.get(path)
    found = set()
    for reference in facts.references if facts else ():
        if facts and reference.chain.split(".")[0].removesuffix("()") in {
            "globals",
            "locals",
            "vars",
        }:
            found.add(f"{path}::{facts.definitions[reference.source].qualname}")
    return sorted(found)


def _new_fixture(
    world: World, spread: Spread, trail: Trail, facts: FileFacts, definition: Definition
) -> None:
    for fixture in facts.fixtures:
        if facts.definitions[fixture.definition] is definition:
            tests = [
                test
                for test in world.tests_of_file(facts.path)
                if fixture.autouse or _requests(world, test, fixture.name)
            ]
            spread.tests(
                tests, trail.then("captures as a fixture", facts.path, evidence=Evidence.DERIVED)
            )


def _captured_by_conftest(
    world: World, spread: Spread, trail: Trail, facts: FileFacts, definition: Definition
) -> None:
    directory = posixpath.dirname(facts.path)
    below = [test.node_id for test in world.tests_below(directory)]
    if definition.name.startswith("pytest_"):
        spread.tests(
            below,
            trail.then(
                "is a hook for the tests below", directory or ".", evidence=Evidence.DERIVED
            ),
        )
    for fixture in facts.fixtures:
        if facts.definitions[fixture.definition] is definition:
            captured = [
                test for test in below if fixture.autouse or _requests(world, test, fixture.name)
            ]
            how = "is an autouse fixture for" if fixture.autouse else "overrides the fixture for"
            spread.tests(captured, trail.then(how, directory or ".", evidence=Evidence.DERIVED))


def _requests(world: World, node_id: str, fixture: str) -> bool:
    """Whether the test requested a fixture of that name when it was recorded, or mentions it now."""
    test = world.recorded.tests[node_id]
    if any(_argname(owner.name) == fixture for owner in test.owners):
        return True
    return fixture in _requested(world, test.definition)


def _requested(world: World, definition: str) -> set[str]:
    """Names of the fixtures that a test asks for, or its class, or one of those fixtures."""
    path, _, qualname = definition.partition("::")
    pending = [definition]
    while "." in qualname:
        qualname = qualname.rpartition(".")[0]
        pending.append(f"{path}::{qualname}")
    names: set[str] = set()
    seen = set(pending)
    while pending:
        for edge in world.now.references(pending.pop()):
            if edge.kind is ReferenceKind.FIXTURE and edge.target not in seen:
                seen.add(edge.target)
                pending.append(edge.target)
                names.add(_fixture_name(world, edge.target))
    return names


def _fixture_name(world: World, definition: str) -> str:
    """The name by which the fixture is asked for (``@pytest.fixture(name="db")``)."""
    path, _, qualname = definition.partition("::")
    facts = world.head.get(path)
    for fixture in facts.fixtures if facts is not None else ():
        if facts is not None and facts.definitions[fixture.definition].qualname == qualname:
            return fixture.name
    return qualname.rpartition(".")[2]


def _argname(owner: str) -> str:
    """Argument name in an instance's name, ``baseid::argname[param]@scope-node``."""
    head = owner.partition("@")[0].rpartition("::")[2]
    return head.partition("[")[0]


def added_file(world: World, spread: Spread, trail: Trail) -> None:
    """A new Python file: an import that failed may now succeed, a module may be shadowed, a conftest captures tests."""
    change = trail.change
    path = change.path
    for dotted in world.now.modules.names_of(path):
        spread.used(Use.NO_MODULE, dotted, trail)
        _shadowed(world, spread, trail, dotted)
    _imported_instead(world, spread, trail, path)
    facts = world.head.get(path)
    if facts is not None and posixpath.basename(path) == "conftest.py":
        for definition in facts.definitions[1:]:
            _captured_by_conftest(world, spread, trail, facts, definition)
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
    spread.used(Use.MODULE, dotted, trail)
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


def _has_effects(facts: FileFacts) -> bool:
    """Whether running the module does more than define: a statement that binds nothing."""
    return bool(facts.plugins) or any(
        statement.owner == 0
        and not statement.binds
        and statement.kind.value in {"simple", "compound"}
        for statement in facts.statements
    )

"""Rules 3 and 5: a name that is a fixture now, or of another name, wins the requests of those who see it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from tdad.facts import Evidence, ReferenceKind, TestRecord
from tdad.graph.impacts.classes import split
from tdad.graph.impacts.spread import Spread
from tdad.graph.impacts.starred import star_importers
from tdad.graph.impacts.trails import Trail
from tdad.graph.impacts.world import World
from tdad.graph.resolve import Resolver
from tdad.graph.resolve.values import Form


def captured(world: World, spread: Spread, trail: Trail) -> None:
    """What the changed names are fixtures for that they were none for before."""
    change = trail.change
    old_path = change.old_path or change.path
    scope = f"{change.scope}." if change.scope else ""
    names = [(change.qualname, change.old_qualname or change.qualname)] if change.qualname else []
    names += [(f"{scope}{name}", f"{scope}{name}") for name in change.binds if name != "*"]
    for now, before in dict.fromkeys(names):
        known = _fixtures(world.before, old_path, before) if change.path == old_path else set()
        for name, autouse in sorted(_fixtures(world.now, change.path, now) - known):
            capture(
                world, spread, trail, change.path, now.rpartition(".")[0], name, autouse=autouse
            )


def captured_by_file(world: World, spread: Spread, trail: Trail, path: str) -> None:
    """All fixtures of a file that is new."""
    facts = world.head.get(path)
    for fixture in facts.fixtures if facts is not None else ():
        assert facts is not None
        owner = facts.definitions[fixture.definition].qualname.rpartition(".")[0]
        capture(world, spread, trail, path, owner, fixture.name, autouse=fixture.autouse)
    for item in facts.imports if facts is not None else ():
        if item.owner == 0 and item.alias:
            for name, autouse in sorted(_fixtures(world.now, path, item.alias)):
                capture(world, spread, trail, path, "", name, autouse=autouse)


def capture(  # noqa: PLR0917 - the place of a fixture is three names
    world: World, spread: Spread, trail: Trail, path: str, owner: str, name: str, *, autouse: bool
) -> None:
    """A fixture ``name``, in the class ``owner`` or at the top level of the file, takes over."""
    tests = _in_class(world, f"{path}::{owner}") if owner else seeing(world, path)
    chosen = [test.node_id for test in tests if autouse or _requests(world, test.node_id, name)]
    place = posixpath.dirname(path) or "." if posixpath.basename(path) == "conftest.py" else path
    how = "is an autouse fixture for" if autouse else "overrides the fixture for"
    spread.tests(chosen, trail.then(how, place, evidence=Evidence.DERIVED))


def seeing(world: World, path: str) -> Iterator[TestRecord]:
    """Tests that see the module's fixtures and hooks: its own, those below a conftest, those that load a plugin.

    A module that nothing imports is a plugin that an option or an entry point names.
    """
    tops = _holding(world, path)
    everybody = not any(map(world.tests_of_file, tops)) and not any(
        posixpath.basename(top) == "conftest.py" or world.now.importers_of(top) for top in tops
    )
    places: dict[str, bool] = {}
    for test in world.recorded.tests.values():
        if test.path not in places:
            around = {test.path, *world.now.fixtures.places(test.path)}
            places[test.path] = everybody or not tops.isdisjoint(around)
        if places[test.path]:
            yield test


def _holding(world: World, path: str) -> set[str]:
    """The module and those that have all its names by star imports."""
    found, pending = {path}, [path]
    while pending:
        more = star_importers(world, pending.pop()) - found
        found |= more
        pending += more
    return found


def _in_class(world: World, class_id: str) -> Iterator[TestRecord]:
    """Tests that are collected through the class or one derived from it."""
    classes = (split(each) for each in (class_id, *world.now.subclasses(class_id)))
    prefixes = tuple(f"{path}::{qualname.replace('.', '::')}::" for path, qualname in classes)
    for test in world.recorded.tests.values():
        if test.node_id.startswith(prefixes):
            yield test


def _fixtures(resolver: Resolver, path: str, qualname: str) -> set[tuple[str, bool]]:
    """Name and autouse of the fixtures that ``qualname`` is in that version of the file, also by an import."""
    scope = resolver.files.scope(path)
    if scope is None:
        return set()
    found = {
        (fixture.name, fixture.autouse)
        for fixture in scope.facts.fixtures
        if qualname in {fixture.name, scope.facts.definitions[fixture.definition].qualname}
    }
    if found or "." in qualname:
        return found
    member = resolver.names.member(path, qualname)
    for value in member.values if member is not None else ():
        fixture = resolver.fixtures.fixture(value.what) if value.form is Form.OBJECT else None
        if fixture is not None:
            found.add((fixture.name, fixture.autouse))
    return found


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

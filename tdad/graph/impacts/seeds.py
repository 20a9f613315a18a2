"""Where each kind of change starts to spread: rules 1 to 6."""

from __future__ import annotations

from tdad.facts import (
    ONLY_ANNOTATIONS,
    ONLY_PARAMETERS,
    ORDER_OF_ATTRIBUTES,
    ORDER_OF_CLASSES,
    ORDER_OF_NAMES,
    Change,
    ChangeKind,
    Definition,
    DefinitionKind,
    FileFacts,
    OwnerKind,
    Part,
    Site,
    Span,
)
from tdad.graph.impacts.added import added_definition, added_file, subclassed
from tdad.graph.impacts.annotated import (
    annotated,
    parameters,
    postponed,
    specified,
)
from tdad.graph.impacts.applied import applied
from tdad.graph.impacts.captures import captured
from tdad.graph.impacts.classes import keeps_order
from tdad.graph.impacts.computed import is_counter, stored_besides
from tdad.graph.impacts.data import data_file
from tdad.graph.impacts.docstrings import docstring
from tdad.graph.impacts.effects import Effects
from tdad.graph.impacts.evaluated import unknown_in_annotations
from tdad.graph.impacts.exports import exported, importing_statements
from tdad.graph.impacts.raising import (
    fails_to_import,
    may_raise,
    raises_itself,
)
from tdad.graph.impacts.spread import Spread
from tdad.graph.impacts.trails import Trail
from tdad.graph.impacts.world import World, find, innermost, same_change_version


def seed(world: World, spread: Spread, change: Change) -> None:
    """Put the places that ``change`` affects first into ``spread``."""
    trail = start(world, change)
    if "__all__" in {change.qualname, *change.binds} and not change.scope:
        exported(world, spread, trail)
    if change.part in {Part.WHOLE, Part.HEADER, Part.VALUE}:
        captured(world, spread, trail)
        specified(world, spread, trail)
    if change.part is Part.DATA:
        data_file(world, spread, trail)
    elif change.detail == ONLY_ANNOTATIONS:
        annotated(world, spread, trail)
    elif change.detail == ONLY_PARAMETERS and not _is_pytests(world, change):
        parameters(world, spread, trail)
    elif change.part is Part.BODY:
        _body(world, spread, trail)
    elif change.part is Part.HEADER:
        _header(spread, trail)
    elif change.part is Part.VALUE:
        _value(spread, trail)
    elif change.part is Part.EFFECT:
        _effect(spread, trail)
    elif change.part is Part.DOCSTRING:
        docstring(world, spread, trail)
    elif change.qualname == "":
        _whole_file(world, spread, trail)
    else:
        _whole_definition(world, spread, trail)


def start(world: World, change: Change) -> Trail:
    """The trail before its first step, able to reach only the tests that the change can concern."""
    trail = Trail(change, raises=may_raise(world, change))
    if world.since_recording and change.old_digest:
        return trail.only(world.recorded.during(change.old_path or change.path, change.old_digest))
    return trail


# ------------------------------------------------------------------------------------------------- rules 1 and 2


def _body(world: World, spread: Spread, trail: Trail) -> None:
    """Rule 1: whoever executed the function; where lines are known, the changed statements."""
    change = trail.change
    path = change.old_path or change.path
    qualname = change.old_qualname or change.qualname
    for digest in world.recorded.versions(path):
        facts = world.recorded_facts(path, digest)
        definition = find(facts, qualname)
        if facts is None or definition is None:
            continue
        if not same_change_version(change, digest):
            # The lines of the change are not the lines of this recording: the whole function answers.
            spread.executed_spans(path, digest, (definition.span,), trail)
        elif world.recorded.executed(path, digest):
            _body_by_lines(world, spread, trail, digest)
        else:
            _body_by_function(world, spread, trail, facts, definition)


def _body_by_lines(world: World, spread: Spread, trail: Trail, digest: str) -> None:
    """Owners that executed a changed statement, or the suite a statement was put into."""
    change = trail.change
    path = change.old_path or change.path
    spans = (*change.old, *change.around)
    executed = set(world.executed_within(path, digest, spans))
    for owner, line in world.entered_in(path, digest, change.old_qualname or change.qualname):
        if (
            owner.kind is OwnerKind.IMPORT
        ):  # recorded by statements of the module, not by lines of what they call
            spread.entered_by(owner, Site(path, line), trail)
    for owner in sorted(owner for owner in executed if owner.kind is not OwnerKind.IMPORT):
        site = Site(path, spans[0].first)
        facts = world.recorded_facts(path, digest)
        if facts is not None:
            site = Site(path, innermost(facts, spans[0].first).span.first)
        spread.entered_by(owner, site, trail)


def _body_by_function(
    world: World, spread: Spread, trail: Trail, facts: FileFacts, definition: Definition
) -> None:
    """Owners that entered the innermost functions in which the changed statements are."""
    change = trail.change
    path = change.old_path or change.path
    spans = (*change.old, *change.around) or (definition.span,)
    inner = {_function_at(facts, definition, span).qualname for span in spans}
    for qualname in sorted(inner):
        for owner, line in world.entered_in(path, facts.digest, qualname):
            spread.entered_by(owner, Site(path, line), trail)


def _function_at(facts: FileFacts, outer: Definition, span: Span) -> Definition:
    """The innermost function that runs the statement at ``span``; its own ``def`` line belongs to the one around."""
    found = innermost(facts, span.first)
    while found.kind is not DefinitionKind.FUNCTION or found.span.first == span.first:
        if found is outer or found.parent == 0 or found.qualname == outer.qualname:
            return outer
        found = facts.definitions[found.parent]
    return found if outer.span.encloses(found.span) else outer


def _qualify(scope: str, name: str) -> str:
    return f"{scope}.{name}" if scope else name


def _header(spread: Spread, trail: Trail) -> None:
    """Rule 2: decorators, defaults and bases run with the ``def``; what is bound is a new object."""
    change = trail.change
    for path, qualname in _both_names(change):
        spread.members(path, qualname, trail)
        spread.bound(path, qualname, trail)
    _registered(spread.world, spread, trail)
    subclassed(spread.world, spread, trail)
    if raises_itself(spread.world, change):
        spread.fails(change.path, trail)


def _is_pytests(world: World, change: Change) -> bool:
    """Whether pytest reads the parameters: a test, a fixture, a hook."""
    definition = world.definition(change.path, change.qualname)
    return (
        definition is None
        or not {"test", "fixture"}.isdisjoint(definition.flags)
        or definition.name.startswith("pytest_")
    )


CHECKERS = frozenset({"overload", "TYPE_CHECKING"})
"""Names of ``typing`` that mean something to type checkers only."""


def _value(spread: Spread, trail: Trail) -> None:
    """Rule 2: a statement at module or class level that binds names."""
    change = trail.change
    if change.detail == ORDER_OF_CLASSES:
        _registered(spread.world, spread, trail)
        subclassed(spread.world, spread, trail)
        return
    if change.detail == ORDER_OF_NAMES:
        spread.fails(change.path, trail)
    if change.kind is ChangeKind.ADDED and CHECKERS.issuperset(change.binds):
        return
    where = f"{change.path}::{change.scope}"
    if change.detail == ORDER_OF_ATTRIBUTES and not keeps_order(spread.world.now, where):
        return
    for name in change.binds:
        if name == "*":
            spread.imported(change.path, trail)
            continue
        spread.bound(change.path, _qualify(change.scope, name), trail)
    if not change.binds:
        _effect(spread, trail)
    _besides(spread, trail)
    if raises_itself(spread.world, change) or fails_to_import(spread.world, change):
        spread.fails(change.path, trail)
    if change.kind is ChangeKind.REMOVED:
        _gone(spread.world, spread, trail)
    if change.binds == ("annotations",):
        postponed(spread.world, spread, trail)


def _besides(spread: Spread, trail: Trail) -> None:
    """What the functions that the statement calls store, apart from what they return."""
    change, world = trail.change, spread.world
    for resolver, path, spans in (
        (world.before, change.old_path or change.path, change.old),
        (world.now, change.path, change.new),
    ):
        stored = stored_besides(world, resolver, path, spans)
        if change.kind is ChangeKind.EDITED:  # it runs as often as before
            stored = frozenset(each for each in stored if not is_counter(resolver, each))
        spread.stored(change.path, stored, trail)


def _gone(world: World, spread: Spread, trail: Trail) -> None:
    """Rule 4: what is imported, or mentioned at import, and is no more."""
    change = trail.change
    path = change.old_path or change.path
    facts = world.head.get(change.path)
    for name in change.binds:
        qualname = _qualify(change.scope, name)
        if not change.scope and find(facts, qualname) is None:
            importing_statements(world, spread, path, qualname, trail)
    if unknown_in_annotations(world, change.path):
        spread.fails(change.path, trail)


def _effect(spread: Spread, trail: Trail) -> None:
    """Rule 2: a statement that binds nothing: everybody whose process ran it."""
    change = trail.change
    if change.scope:
        spread.bound(change.path, change.scope, trail)
        return
    if raises_itself(spread.world, change):
        spread.fails(change.path, trail)
    for resolver, spans in ((spread.world.before, change.old), (spread.world.now, change.new)):
        path = change.old_path or change.path if resolver is spread.world.before else change.path
        for span in spans:
            spread.stored(path, Effects(spread.world, resolver).of_statement(path, span), trail)


def _registered(world: World, spread: Spread, trail: Trail) -> None:
    """What else the def or class statement does: its decorators, and the hooks of bases and metaclasses."""
    change = trail.change
    names = {where for path, qualname in _both_names(change) if (where := f"{path}::{qualname}")}
    for resolver in (world.now, world.before):
        effects = Effects(world, resolver)
        for where in sorted(names):
            for stored in (applied(world, resolver, where), effects.of_class(where)):
                spread.stored(change.path, stored, trail)


# ------------------------------------------------------------------------------------------------- rules 3 and 4


def _whole_definition(world: World, spread: Spread, trail: Trail) -> None:
    change = trail.change
    if change.kind in {ChangeKind.REMOVED, ChangeKind.RENAMED, ChangeKind.EDITED}:
        path, qualname = change.old_path or change.path, change.old_qualname or change.qualname
        spread.members(path, qualname, trail)
        spread.bound(path, qualname, trail)
        importing_statements(world, spread, path, qualname, trail)
        if change.kind is not ChangeKind.EDITED and unknown_in_annotations(world, change.path):
            spread.fails(change.path, trail)
    _registered(world, spread, trail)
    subclassed(world, spread, trail)
    if change.kind in {ChangeKind.ADDED, ChangeKind.RENAMED}:
        added_definition(world, spread, trail)


def _both_names(change: Change) -> list[tuple[str, str]]:
    names = [(change.path, change.qualname)]
    old = (change.old_path or change.path, change.old_qualname or change.qualname)
    if old not in names:
        names.append(old)
    return names


def _whole_file(world: World, spread: Spread, trail: Trail) -> None:
    """A Python file that appeared, vanished, moved, does not parse, or is taken as a whole."""
    change = trail.change
    if change.kind is not ChangeKind.ADDED:
        path = change.old_path or change.path
        for digest in world.recorded.versions(path):
            spread.executed_spans(path, digest, (Span(0, 1 << 30),), trail)
        spread.imported(path, trail)
        spread.tests(world.tests_of_file(path), trail.then("is in", path))
    data_file(world, spread, trail)
    if change.kind in {ChangeKind.ADDED, ChangeKind.RENAMED}:
        added_file(world, spread, trail)

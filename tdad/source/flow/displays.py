"""Displays, comprehensions and unpacking → slots."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import libcst as cst

from tdad.facts_flow import UNKNOWN, Iterate, Kind, MakeContainer
from tdad.source.flow.literals import literal
from tdad.source.flow.operations import truth
from tdad.source.flow.scope import ScopeFlow


def _sequence(kind: Kind) -> Callable[[ScopeFlow, Any], int]:
    def build(scope: ScopeFlow, node: cst.Tuple | cst.List | cst.Set) -> int:
        items: list[tuple[str | int | None, int]] = []
        spreads = []
        certain = kind is not Kind.SET
        for position, element in enumerate(node.elements):
            slot = scope.evaluate(element.value)
            if isinstance(element, cst.StarredElement):
                spreads.append(slot)
                certain = False
            else:
                items.append((position if certain else None, slot))
        length = len(items) if certain else -1
        return container(scope, kind, items, spreads, length)

    return build


def container(
    scope: ScopeFlow,
    kind: Kind,
    items: list[tuple[str | int | None, int]],
    spreads: list[int],
    length: int = -1,
) -> int:
    """Slot of a new container; elements that nothing is known about are left out."""
    target = scope.slot()
    known = tuple((key, slot) for key, slot in items if slot != UNKNOWN)
    wide = tuple(slot for slot in spreads if slot != UNKNOWN)
    scope.emit(MakeContainer(target, kind, known, wide, length))
    return target


def _dict(scope: ScopeFlow, node: cst.Dict) -> int:
    items: list[tuple[str | int | None, int]] = []
    spreads = []
    keys = []
    for element in node.elements:
        if isinstance(element, cst.DictElement):
            key = scope.evaluate(element.key)
            value = literal(element.key)
            if value is None and key != UNKNOWN:
                keys.append((key, scope.evaluate(element.value)))
            else:
                items.append((value, scope.evaluate(element.value)))
        else:
            spreads.append(scope.evaluate(element.value))
    last = {key: position for position, (key, _) in enumerate(items)}
    kept = [item for place, item in enumerate(items) if item[0] is None or last[item[0]] == place]
    target = container(scope, Kind.DICT, kept, spreads)
    for key, slot in keys:
        scope.store_item(target, key, slot)
    return target


def _comprehension(kind: Kind) -> Callable[[ScopeFlow, Any], int]:
    def build(scope: ScopeFlow, node: cst.BaseSimpleComp | cst.DictComp) -> int:
        outer = dict(scope.elements)
        _clauses(scope, node.for_in)
        if isinstance(node, cst.DictComp):
            key, slot = scope.evaluate(node.key), scope.evaluate(node.value)
        else:
            key, slot = UNKNOWN, scope.evaluate(cast("Any", node).elt)
        scope.elements = outer
        if kind is not Kind.DICT:
            return container(scope, kind, [(None, slot)], [])
        target = container(scope, kind, [], [])
        scope.store_item(target, key, slot)
        return target

    return build


def _clauses(scope: ScopeFlow, clause: cst.CompFor | None) -> None:
    while clause is not None:
        source = scope.evaluate(clause.iter)
        _bind_elements(scope, clause.target, iterated(scope, source))
        for condition in clause.ifs:
            truth(scope, scope.evaluate(condition.test))
        clause = clause.inner_for_in


def _bind_elements(scope: ScopeFlow, target: cst.BaseExpression, slot: int) -> None:
    if isinstance(target, cst.Name):
        scope.bind_element(target.value, slot)
    elif isinstance(target, (cst.Tuple, cst.List)):
        for element, part in zip(target.elements, unpacked(scope, target, slot), strict=True):
            _bind_elements(scope, element.value, part)
    elif isinstance(target, cst.StarredElement):
        _bind_elements(scope, target.value, slot)


def unpacked(scope: ScopeFlow, target: cst.Tuple | cst.List, slot: int) -> list[int]:
    """Slots of the parts that ``slot`` is unpacked into."""
    if slot == UNKNOWN:
        return [UNKNOWN] * len(target.elements)
    count = len(target.elements)
    site = scope.file.site()
    parts = []
    starred = False
    for position, element in enumerate(target.elements):
        rest = isinstance(element, cst.StarredElement)
        starred = starred or rest
        index = position if rest or not starred else position - count
        parts.append(scope.unpack(slot, index, site, rest=rest))
    return parts


def iterated(scope: ScopeFlow, source: int) -> int:
    """Slot of the elements of ``source``."""
    if source == UNKNOWN:
        return UNKNOWN
    target = scope.slot()
    scope.emit(Iterate(target, source, scope.file.site()))
    return target


DISPLAYS: dict[type[cst.CSTNode], Callable[[ScopeFlow, Any], int]] = {
    cst.Tuple: _sequence(Kind.TUPLE),
    cst.List: _sequence(Kind.LIST),
    cst.Set: _sequence(Kind.SET),
    cst.Dict: _dict,
    cst.ListComp: _comprehension(Kind.LIST),
    cst.SetComp: _comprehension(Kind.SET),
    cst.GeneratorExp: _comprehension(Kind.LIST),
    cst.DictComp: _comprehension(Kind.DICT),
}

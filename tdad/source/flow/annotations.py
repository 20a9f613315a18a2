"""Annotations → slots of the classes that they name."""

from __future__ import annotations

import libcst as cst

from tdad.facts_flow import UNKNOWN, Kind
from tdad.source.flow.displays import container
from tdad.source.flow.literals import literal
from tdad.source.flow.scope import ScopeFlow

MAPPINGS = frozenset(
    {"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict"}
)
"""Generics whose second argument is what their elements are."""


SEQUENCES = frozenset(
    {
        "list",
        "List",
        "Sequence",
        "MutableSequence",
        "Iterable",
        "Iterator",
        "Collection",
        "Generator",
    }
    | {"set", "Set", "AbstractSet", "frozenset", "FrozenSet", "deque", "Deque"}
    | {"AsyncIterator", "AsyncIterable", "AsyncGenerator"}
)
"""Generics whose first argument is what their elements are."""


def annotated(scope: ScopeFlow, node: cst.BaseExpression) -> int:
    """Slot of the class that an annotation names (also quoted, optional or a union), else unknown."""
    if isinstance(node, (cst.Name, cst.Attribute)):
        return scope.evaluate(node)
    if isinstance(node, cst.SimpleString):
        value = literal(node)
        try:
            inner = cst.parse_expression(str(value)) if value else None
        except (cst.ParserSyntaxError, cst.CSTValidationError):
            inner = None
        return UNKNOWN if inner is None else annotated(scope, inner)
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitOr):
        return scope.join([annotated(scope, node.left), annotated(scope, node.right)])
    if isinstance(node, cst.Subscript):
        name = node.value.attr if isinstance(node.value, cst.Attribute) else node.value
        if isinstance(name, cst.Name):
            return _annotated_generic(scope, name.value, node)
    return UNKNOWN


def _annotated_generic(scope: ScopeFlow, name: str, node: cst.Subscript) -> int:
    """``Union[A, B]`` names what its parts name; ``list[A]`` is a container of what ``A`` names."""
    entries = [entry.slice for entry in node.slice]
    parts = [entry.value for entry in entries if isinstance(entry, cst.Index)]
    if name in {"Optional", "Union"}:
        return scope.join([annotated(scope, part) for part in parts])
    if not parts:
        return UNKNOWN
    if name in {"Annotated", "Final", "ClassVar"}:
        return annotated(scope, parts[0])
    if name in MAPPINGS and len(parts) == 2:
        kind, part = Kind.DICT, parts[1]
    elif name in SEQUENCES:
        kind, part = Kind.LIST, parts[0]
    else:
        return UNKNOWN
    slot = annotated(scope, part)
    return UNKNOWN if slot == UNKNOWN else container(scope, kind, [(None, slot)], [])

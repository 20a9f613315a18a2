"""Another return value."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tdad.facts_fix import Template
from tdad.source.mutations.site import Site
from tdad.source.repairs.offer import Context, Offer

_SELF = frozenset({"self", "cls"})
_MOST = 6


def other(site: Site, context: Context) -> Iterator[Offer]:
    """``return not x`` ↔ ``return x``; in place of ``None`` a name that the function knows, the latest first."""
    node = site.node
    if not isinstance(node, cst.Return) or node.value is None:
        return
    value = node.value
    if isinstance(value, cst.UnaryOperation) and isinstance(value.operator, cst.Not):
        yield Offer(Template.RETURN, value, site.text(value.expression), 0.8)
    elif isinstance(value, cst.Comparison | cst.BooleanOperation | cst.Call | cst.Name):
        inner = site.text(value)
        plain = isinstance(value, cst.Call | cst.Name) or inner.startswith("(")
        text = f"not {inner}" if plain else f"not ({inner})"
        yield Offer(Template.RETURN, value, text, 0.4)
    if isinstance(value, cst.Name) and value.value == "None":
        names = list(reversed(context.locals))[:_MOST]
        first = _first_parameter(context.function)
        for text in [*names, *([first] if first in _SELF else [])]:
            yield Offer(Template.RETURN, value, text, 0.6)
        for text in ("True", "False"):
            yield Offer(Template.RETURN, value, text, 0.4)
        for name in list(context.attributes)[:_MOST] if first == "self" else []:
            yield Offer(Template.RETURN, value, f"self.{name}", 0.3)


def _first_parameter(function: cst.FunctionDef | None) -> str:
    params = function.params.params if function else ()
    return params[0].name.value if params else ""

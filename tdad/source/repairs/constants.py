"""Another constant: its neighbours, and those seen elsewhere."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

import libcst as cst

from tdad.facts_fix import Template
from tdad.source.mutations.site import Site
from tdad.source.repairs.offer import Context, Offer

_NAMES = {"True": ("False",), "False": ("True",), "None": ("0", "True", "False", '""')}
_ALIKE = 0.6
_MOST = 4
_LONGEST = 60
"""Longer strings are prose."""


def other(site: Site, context: Context) -> Iterator[Offer]:
    """One more and one less; the opposite; strings that are nearly the same elsewhere."""
    if isinstance(site.node, cst.BaseExpression):
        yield from _of(site.node, context)


def default(site: Site, context: Context) -> Iterator[Offer]:
    """A default ``None`` or number becomes a constant that the file uses elsewhere."""
    node = site.node
    if not isinstance(node, cst.Param) or node.default is None:
        return
    if isinstance(node.default, cst.Name) and node.default.value == "None":
        for text in list(context.numbers)[:3]:
            yield Offer(Template.CONSTANT, node.default, text, 0.25)


def _of(node: cst.BaseExpression, context: Context) -> Iterator[Offer]:
    match node:
        case cst.Integer():
            yield from _integer(node, context)
        case cst.Float():
            for value in (node.evaluated_value - 1.0, node.evaluated_value + 1.0):
                yield Offer(Template.CONSTANT, node, str(value), 0.4)
        case cst.SimpleString():
            yield from _string(node, context)
            if not node.raw_value:
                return
            yield Offer(Template.CONSTANT, node, f"{node.prefix}{node.quote}{node.quote}", 0.2)
        case cst.Name(value=name):
            for text in _NAMES.get(name, ()):
                prior = 0.7 if name != "None" else 0.25
                yield Offer(Template.CONSTANT, node, text, prior)


def _integer(node: cst.Integer, context: Context) -> Iterator[Offer]:
    value = node.evaluated_value
    if value == 0:
        yield Offer(Template.CONSTANT, node, "1", 0.7)
        yield Offer(Template.CONSTANT, node, "None", 0.4)
    else:
        yield Offer(Template.CONSTANT, node, str(value - 1), 0.6)
        yield Offer(Template.CONSTANT, node, str(value + 1), 0.5)
    for text in list(context.numbers)[:3]:
        if text != node.value:
            yield Offer(Template.CONSTANT, node, text, 0.2)


def _string(node: cst.SimpleString, context: Context) -> Iterator[Offer]:
    value = node.evaluated_value
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if "\n" in value or not 0 < len(value) <= _LONGEST:
        return
    matcher = difflib.SequenceMatcher(None, "", value, autojunk=False)
    alike = []
    for text in context.strings:
        shorter, longer = sorted((len(text), len(value)))
        if text == value or "\n" in text or 2 * shorter < _ALIKE * (shorter + longer):
            continue
        matcher.set_seq1(text)
        if matcher.quick_ratio() >= _ALIKE and (ratio := matcher.ratio()) >= _ALIKE:
            alike.append((ratio, text))
    for ratio, text in sorted(alike, key=lambda one: (-one[0], one[1]))[:_MOST]:
        yield Offer(Template.CONSTANT, node, _quoted(node, text), 0.6 * ratio)


def _quoted(node: cst.SimpleString, value: str) -> str:
    """Source of ``value`` with the node's quotes, if they will do."""
    quote = node.quote
    plain = value.isprintable() and "\\" not in value and quote[0] not in value
    if "b" in node.prefix.lower():
        plain = plain and value.isascii()
        value_of = repr(value.encode("utf-8"))
    else:
        value_of = repr(value)
    return f"{node.prefix}{quote}{value}{quote}" if plain else value_of

"""One file → every template repair for it, with how promising each is. No I/O.

The templates are the inverse of the operators in :mod:`tdad.source.mutations`, whose tables and walk they share, and
what people forget: a None check, a call of ``super()``, a decorator, an ``await``, an assignment of a parameter; and
code of the file that stands elsewhere.
"""

from __future__ import annotations

import ast
import codecs
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper

from tdad.facts_faults import FaultLevel
from tdad.facts_fix import Repair, Template
from tdad.source.mutations.site import Site
from tdad.source.mutations.walk import nodes
from tdad.source.repairs import (
    conditions,
    constants,
    elsewhere,
    missing,
    names,
    operators,
    returns,
)
from tdad.source.repairs.offer import Context, Offer
from tdad.source.repairs.surroundings import surroundings
from tdad.source.repairs.units import units_of

__all__ = ["Ranked", "repair_file", "repairs_of"]

Maker = Callable[[Site, Context], Iterator[Offer]]

TEMPLATES: tuple[Maker, ...] = (
    operators.other,
    operators.one_operand,
    conditions.negated,
    conditions.negated_operand,
    conditions.shifted,
    conditions.none_check,
    constants.other,
    constants.default,
    names.arguments,
    names.other_name,
    names.other_attribute,
    returns.other,
    missing.statement,
    missing.super_call,
    missing.decorator,
    missing.awaiting,
    missing.exception,
    missing.base,
    elsewhere.statement,
    elsewhere.call,
    elsewhere.condition,
    elsewhere.returned,
)
_SHOWN = 60
_LEVELS_AT_IMPORT = frozenset({FaultLevel.MODULE, FaultLevel.CLASS})


@dataclass(frozen=True, slots=True, order=True)
class Ranked:
    """A repair and its prior, 0 to 1: how often a template is right, before anything is known about the place."""

    repair: Repair
    prior: float


def repairs_of(
    path: str, data: bytes, *, words: Iterable[str] = (), lines: Collection[int] | None = None
) -> tuple[Ranked, ...]:
    """Return every repair for one Python file, in the order of the text; none for what libcst cannot read.

    Args:
        path: Of the file.
        data: What is in it.
        words: String values seen elsewhere: in the tests, in what failing tests said.
        lines: Only what has one of these lines is looked at, which is what costs time; ``None``: all.
    """
    mark = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    source = data[mark:]
    try:
        module = cst.parse_module(source.decode("utf-8"))
    except (cst.ParserSyntaxError, UnicodeDecodeError, RecursionError):
        return ()
    if module.code.encode("utf-8") != source:
        return ()
    spans = MetadataWrapper(module, unsafe_skip_copy=True).resolve(ByteSpanPositionProvider)
    around = surroundings(module, words)
    units = units_of(module, spans, source)
    wanted = None if lines is None else sorted(lines)
    once: dict[tuple[int, int, str], Ranked] = {}
    for node, scope in nodes(module):
        site = Site(node, scope, source, spans)
        if wanted is not None and not _any_in(wanted, *units.around(*site.span(node))):
            continue
        context = around.context(scope, node)
        for template in TEMPLATES:
            for offer in template(site, context):
                start, end = site.span(offer.node)
                ranked = _ranked(path, mark, site, offer, units.lines(start))
                key = (ranked.repair.start, ranked.repair.end, ranked.repair.replacement)
                if source[start:end] != offer.text.encode() and (
                    key not in once or once[key].prior < ranked.prior
                ):
                    once[key] = ranked
    return tuple(sorted(once.values()))


def _any_in(lines: Sequence[int], first: int, last: int) -> bool:
    at = bisect_left(lines, first)
    return at < len(lines) and lines[at] <= last


def repair_file(data: bytes, repair: Repair) -> bytes | None:
    """Return the repaired file; ``None`` when it would not parse."""
    text = data[: repair.start] + repair.replacement.encode("utf-8") + data[repair.end :]
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
    return text


def _ranked(path: str, mark: int, site: Site, offer: Offer, lines: tuple[int, int]) -> Ranked:
    start, end = site.span(offer.node)
    before = site.source[start:end].decode("utf-8")
    shown = f"{_short(before) or 'nothing'} → {_short(offer.text) or 'nothing'}"
    if len(before) < 4 and site.node is not offer.node:
        shown += f" in {_short(site.text(site.node))}"
    repair = Repair(
        path=path,
        start=start + mark,
        end=end + mark,
        replacement=offer.text,
        template=offer.template,
        qualname=site.scope.qualname,
        first=lines[0],
        last=lines[1],
        at_import=site.scope.level in _LEVELS_AT_IMPORT
        and offer.template not in {Template.NONE_CHECK, Template.STATEMENT},
        detail=shown,
    )
    return Ranked(repair, offer.prior)


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _SHOWN else f"{words[: _SHOWN - 1]}…"

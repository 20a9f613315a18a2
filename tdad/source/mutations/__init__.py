"""One file → every fault that can be put into it; file and fault → the broken file. No I/O."""

from __future__ import annotations

import ast
import codecs
from collections.abc import Iterator

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper

from tdad.facts_faults import Fault, FaultKind, FaultLevel
from tdad.source.digests import digest
from tdad.source.mutations import (
    arguments,
    conditions,
    constants,
    off_by_one,
    operators,
    removals,
    statements,
)
from tdad.source.mutations.data import data_faults, still_reads
from tdad.source.mutations.site import Operator, Proposal, Site
from tdad.source.mutations.walk import nodes

__all__ = ["OPERATORS", "break_file", "faults_of", "fits"]

OPERATORS: tuple[Operator, ...] = (
    removals.super_call,  # before what would do the same under a more general name
    conditions.negated,
    constants.changed,
    statements.dropped,
    statements.returned,
    off_by_one.shifted,
    arguments.swapped,
    arguments.default,
    operators.replaced,
    removals.handler,
    removals.awaiting,
    removals.decorator,
    removals.base_class,
)
_SHOWN = 60


def faults_of(path: str, data: bytes) -> tuple[Fault, ...]:
    """Return every fault for one file, in the order of the text; none for what cannot be read as UTF-8.

    Python files are broken by operators on their code, other files as text.
    """
    found = _python(path, data) if path.endswith(".py") else data_faults(path, data)
    once: dict[tuple[int, int, str], Fault] = {}
    for fault in found:  # two operators may do the same; the first has the better name for it
        once.setdefault((fault.start, fault.end, fault.replacement), fault)
    return tuple(sorted(once.values()))


def break_file(data: bytes, fault: Fault) -> bytes:
    """Return the broken file.

    Raises:
        ValueError: ``data`` is not the version of the file that the fault was made for.
    """
    if digest(data) != fault.digest:
        raise ValueError(f"{fault.path} is not the version that the fault was made for")
    return data[: fault.start] + fault.replacement.encode("utf-8") + data[fault.end :]


def fits(data: bytes, fault: Fault) -> bool:
    """Tell whether the broken file still parses and is another text."""
    broken = break_file(data, fault)
    if broken == data:
        return False
    if not fault.path.endswith(".py"):
        return still_reads(fault.path, broken)
    try:
        ast.parse(
            broken
        )  # quicker than libcst, which is asked about syntax that is newer than ours
    except (SyntaxError, ValueError, RecursionError):
        return _parses(broken)
    return True


def _parses(data: bytes) -> bool:
    try:
        cst.parse_module(data)
    except (cst.ParserSyntaxError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _python(path: str, data: bytes) -> Iterator[Fault]:
    mark = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    source = data[mark:]
    try:
        module = cst.parse_module(source.decode("utf-8"))
    except (cst.ParserSyntaxError, UnicodeDecodeError, RecursionError):
        return
    if module.code.encode("utf-8") != source:
        return
    spans = MetadataWrapper(module, unsafe_skip_copy=True).resolve(ByteSpanPositionProvider)
    key = digest(data)
    for node, scope in nodes(module):
        site = Site(node, scope, source, spans)
        for operator in OPERATORS:
            for proposal in operator(site):
                yield _fault(path, key, mark, site, proposal)


def _fault(path: str, key: str, mark: int, site: Site, proposal: Proposal) -> Fault:
    start, end = site.span(proposal.node)
    before = site.source[start:end].decode("utf-8")
    kind = FaultKind.FIXTURE if site.scope.level is FaultLevel.FIXTURE else proposal.kind
    prefix = f"{proposal.kind}: " if kind is not proposal.kind else ""
    context = site.text(site.node) if len(before) < 4 else before
    shown = f"{prefix}{_short(before)} → {_short(proposal.text) or 'nothing'}"
    if context != before:
        shown += f" in {_short(context)}"
    return Fault(
        path=path,
        start=start + mark,
        end=end + mark,
        replacement=proposal.text,
        kind=kind,
        level=site.scope.level,
        qualname=site.scope.qualname,
        line=site.source.count(b"\n", 0, start) + 1,
        detail=shown,
        digest=key,
    )


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _SHOWN else f"{words[: _SHOWN - 1]}…"

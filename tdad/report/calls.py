"""The call graph as JSON, GraphML or DOT."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from xml.sax.saxutils import quoteattr


def render_calls(calls: Mapping[str, Sequence[str]], form: str) -> str:
    """Caller → callees as ``json``, ``graphml`` or ``dot`` text; sorted, each edge once."""
    match form:
        case "graphml":
            return "".join(f"{each}\n" for each in _graphml(calls))
        case "dot":
            return "".join(f"{each}\n" for each in _dot(calls))
        case _:
            ordered = {caller: sorted(set(calls[caller])) for caller in sorted(calls)}
            return json.dumps(ordered, indent=2) + "\n"


def _edges(calls: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    return sorted({(caller, callee) for caller, callees in calls.items() for callee in callees})


def _names(calls: Mapping[str, Sequence[str]]) -> list[str]:
    return sorted({*calls, *(callee for callees in calls.values() for callee in callees)})


def _graphml(calls: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
    yield '  <graph id="calls" edgedefault="directed">'
    for each in _names(calls):
        yield f"    <node id={quoteattr(each)}/>"
    for caller, callee in _edges(calls):
        yield f"    <edge source={quoteattr(caller)} target={quoteattr(callee)}/>"
    yield "  </graph>"
    yield "</graphml>"


def _dot(calls: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield "digraph calls {"
    for each in _names(calls):
        yield f"  {_quoted(each)};"
    for caller, callee in _edges(calls):
        yield f"  {_quoted(caller)} -> {_quoted(callee)};"
    yield "}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

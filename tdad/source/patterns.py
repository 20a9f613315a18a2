"""Patterns of ``match`` → tokens, references, names bound."""

from __future__ import annotations

from typing import Any

import libcst as cst

from tdad.facts import BindingKind, ReferenceKind
from tdad.source.expressions import bind_name, elements, read
from tdad.source.state import State


def pattern(state: State, node: Any, chain: str) -> None:
    """Walk one pattern; ``chain`` is the form of what is matched."""
    kind = type(node)
    state.emit(kind.__name__)
    if kind is cst.MatchValue:
        read(state, node.value)
    elif kind is cst.MatchSingleton:
        state.emit(node.value.value)
    elif kind is cst.MatchAs:
        if node.pattern is not None:
            pattern(state, node.pattern, chain)
        _capture(state, node.name, chain)
    elif kind is cst.MatchOr:
        for element in node.patterns:
            pattern(state, element.pattern, chain)
        state.emit(";")
    elif kind is cst.MatchMapping:
        _mapping(state, node, chain)
    elif kind is cst.MatchClass:
        _class(state, node)
    else:
        _sequence(state, node, chain)


def _sequence(state: State, node: Any, chain: str) -> None:
    for element in node.patterns:
        if type(element) is cst.MatchStar:
            state.emit("*")
            _capture(state, element.name, chain)
        else:
            pattern(state, element.value, elements(chain))
    state.emit(";")


def _mapping(state: State, node: Any, chain: str) -> None:
    for element in node.elements:
        read(state, element.key)
        pattern(state, element.pattern, elements(chain))
    _capture(state, node.rest, chain)
    state.emit(";")


def _class(state: State, node: Any) -> None:
    chain = read(state, node.cls)
    for element in node.patterns:
        pattern(state, element.value, "?")
    for element in node.kwds:
        state.emit(element.key.value + "=")
        inner = "?" if chain == "?" else f"{chain}().{element.key.value}"
        if inner != "?":
            state.add_reference(ReferenceKind.READ, inner)
        pattern(state, element.pattern, inner)
    state.emit(";")


def _capture(state: State, name: Any, chain: str) -> None:
    if name is None:
        state.emit("_")
        return
    state.emit(name.value)
    bind_name(state, name.value)
    state.add_binding(name.value, BindingKind.ASSIGN, chain)

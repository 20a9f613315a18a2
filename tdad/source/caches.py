"""What keeps results between calls: decorators that memoise, and stores into what outlives a call."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import libcst as cst

from tdad.facts import DefinitionKind
from tdad.source.literals import literal_text
from tdad.source.state import Scope, State

_MEMOISES = re.compile(
    r"(?<!never_)(?<!no_)(?<!clear_)(?:cache(?!_control)|memoi[sz]e)|(?:^|_)(?:memo|once|singleton)(?:$|_)",
    re.IGNORECASE,
)
_IDENTITIES = (cst.Is, cst.IsNot, cst.Equal, cst.NotEqual)
_FIRST_METHODS = frozenset(
    {"__init__", "__new__", "__post_init__", "setUp", "setup_method", "__enter__"}
)
"""They make what an object begins with, each time."""
_LASTING_DEFAULTS = (cst.Dict, cst.List, cst.Set, cst.Call)
"""Defaults that are made once and may be changed by each call."""


def memoises(decorator: str) -> bool:
    """Tell whether a decorator of that (last) name keeps results: ``lru_cache``, ``cached_property``, ``memoize``, ….

    By name, because most are not functools': cachetools, joblib, asyncstdlib and the project's own are called alike.
    """
    return _MEMOISES.search(decorator) is not None


def note_memoised(state: State, call: Any) -> None:
    """``fast = lru_cache(slow)``, ``fast = lru_cache(maxsize=None)(slow)``: ``slow`` is memoised."""
    maker = call.func.func if type(call.func) is cst.Call else call.func
    name = maker.attr.value if type(maker) is cst.Attribute else getattr(maker, "value", "")
    if not call.args or not isinstance(name, str) or not memoises(name):
        return
    if type(call.args[0].value) is cst.Name:
        index = state.scope.names.get(call.args[0].value.value)
        if index is not None and state.definitions[index].kind is DefinitionKind.FUNCTION:
            state.definitions[index].flags.add("cached")


def note_asked(state: State, test: Any) -> None:
    """An ``if`` that asks whether an attribute of ``self`` is there: ``None``, false, or ``hasattr``."""
    kind = type(test)
    if kind is cst.UnaryOperation and type(test.operator) is cst.Not:
        note_asked(state, test.expression)
    elif kind is cst.BooleanOperation:
        note_asked(state, test.left)
        note_asked(state, test.right)
    elif kind is cst.Comparison and type(test.comparisons[0].operator) in _IDENTITIES:
        note_asked(state, test.left)
    elif kind is cst.Call and getattr(test.func, "value", "") == "hasattr" and len(test.args) == 2:
        name = literal_text(test.args[1].value)
        if name is not None and getattr(test.args[0].value, "value", "") == "self":
            state.frame().asked.add(name)
    elif kind is cst.Attribute and getattr(test.value, "value", "") == "self":
        state.frame().asked.add(test.attr.value)


def note_tried(state: State, handlers: Iterable[Any], before: int) -> None:
    """``try: return self._x`` with ``except AttributeError`` asks as well. ``before``: references until the ``try``."""
    scope = state.frame()
    caught = {getattr(handler.type, "value", "") for handler in handlers}
    if "AttributeError" in caught:
        for *_rest, chain in scope.refs[before:]:
            root, _, name = chain.partition(".")
            if root == "self" and name.isidentifier():
                scope.asked.add(name)


def keeps_lazily(state: State, scope: Scope, looked_at: Iterable[str]) -> bool:
    """Tell whether a method computes an attribute of ``self``, or an item of one, unless it is there."""
    if state.definitions[scope.definition].qualname.rpartition(".")[2] in _FIRST_METHODS:
        return False
    items = {name for definition, name in scope.self_items if definition == scope.definition}
    return bool(scope.asked & scope.self_names) or not items.isdisjoint(looked_at)


def lasting_parameters(params: Any) -> Iterable[str]:
    """Parameters whose default is made once and can be stored into (``def f(x, _known={})``)."""
    groups = (*params.posonly_params, *params.params, *params.kwonly_params)
    return [p.name.value for p in groups if isinstance(p.default, _LASTING_DEFAULTS)]


def note_shared_stores(state: State, scope: Scope) -> None:
    """At the end of a class: methods that store into containers of the class by way of ``self`` write for all."""
    for definition, name in scope.self_items:
        index = scope.names.get(name)
        if index is None or name in scope.self_names:
            continue  # made per instance
        if state.definitions[index].kind is DefinitionKind.VARIABLE:
            state.definitions[definition].flags.add("global-writer")

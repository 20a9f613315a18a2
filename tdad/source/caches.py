"""What keeps results between calls: decorators that memoise, and stores into what outlives a call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import libcst as cst

from tdad.facts import DefinitionKind
from tdad.facts_xunit import FRESH_SETUPS
from tdad.source.literals import literal_text
from tdad.source.state import Scope, State

_MEMOISES = re.compile(
    r"(?<!never_)(?<!no_)(?<!clear_)(?:cache(?!_control)|memoi[sz]e)|(?:^|_)(?:memo|once|singleton)(?:$|_)",
    re.IGNORECASE,
)
_WRAPPERS = ("staticmethod", "classmethod")
_TYPES = frozenset({"list", "dict", "set", "int", "float", "str", "bytes", "tuple", "bool"})
_IDENTITIES = (cst.Is, cst.IsNot, cst.Equal, cst.NotEqual)
_FIRST_METHODS = FRESH_SETUPS | {"__init__", "__new__", "__post_init__", "__enter__"}
"""They make what an object begins with, each time."""
_LASTING_DEFAULTS = (cst.Dict, cst.List, cst.Set, cst.Call)
"""Defaults that are made once and may be changed by each call."""


def memoises(decorator: str) -> bool:
    """Tell whether a decorator of that (last) name keeps results: ``lru_cache``, ``cached_property``, ``memoize``, ….

    By name, because most are not functools': cachetools, joblib, asyncstdlib and the project's own are called alike.
    """
    return _MEMOISES.search(decorator) is not None


def note_memoised(state: State, call: Any, bound: Sequence[str]) -> None:
    """``fast = lru_cache(slow)``, ``fast = lru_cache(maxsize=None)(slow)``: ``slow`` is memoised.

    Where ``slow`` is another file's, the variable is marked; ``bound``: the names that are given the value.
    """
    if not call.args:
        return
    outer = _called(call)
    inner = call.args[0].value
    if outer in _WRAPPERS and type(inner) is cst.Call:
        note_memoised(state, inner, bound)
    elif memoises(outer):
        _note_kept(state, inner, bound)
    elif outer == "defaultdict" and _makes(inner):
        state.memoised.update((state.scope.definition, name) for name in bound)


def _called(call: Any) -> str:
    """Return the last name of what is called: ``lru_cache`` of ``functools.lru_cache(maxsize=None)(slow)``."""
    maker = call.func.func if type(call.func) is cst.Call else call.func
    name = maker.attr.value if type(maker) is cst.Attribute else getattr(maker, "value", "")
    return name if isinstance(name, str) else ""


def _makes(given: Any) -> bool:
    return type(given) in (cst.Lambda, cst.Attribute) or (
        type(given) is cst.Name and given.value not in _TYPES
    )


def _note_kept(state: State, given: Any, bound: Sequence[str]) -> None:
    if type(given) not in (cst.Name, cst.Attribute):
        return
    inside = state.scope.names.get(given.value) if type(given) is cst.Name else None
    if inside is not None and state.definitions[inside].kind is DefinitionKind.FUNCTION:
        state.definitions[inside].flags.add("cached")
    elif state.scope.is_function:
        state.definitions[state.frame().definition].flags.add("keeper")
    else:
        state.memoised.update((state.scope.definition, name) for name in bound)


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
    elif kind is cst.NamedExpr:
        note_asked(state, test.value)
    elif kind is cst.Attribute and getattr(test.value, "value", "") == "self":
        state.frame().asked.add(test.attr.value)
    elif kind is cst.Name:
        state.frame().asked.update(state.frame().taken.get(test.value, ()))


def note_taken(state: State, bound: Sequence[str], chains: Iterable[str]) -> None:
    """``x = self._x``, ``x = getattr(self, "_x", None)``: whether ``x`` is there says whether the attribute is."""
    for chain in chains:
        root, _, name = chain.partition(".")
        if root == "self" and name.isidentifier():
            for each in bound:
                state.frame().taken.setdefault(each, set()).add(name)


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

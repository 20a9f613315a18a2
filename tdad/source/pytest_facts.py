"""What pytest makes of functions and classes: fixtures, requests, marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import libcst as cst

from tdad.facts import Fixture, ReferenceKind
from tdad.source.imports import dotted
from tdad.source.literals import literal_text, literal_texts
from tdad.source.special_calls import argument
from tdad.source.state import State

_FIXTURE_NAMES = frozenset({"fixture", "yield_fixture"})
_FIXTURE_ROOTS = frozenset({"", "pytest", "pytest_asyncio", "pytest_trio"})


@dataclass(slots=True)
class Marks:
    """What the decorators of one function or class say to pytest."""

    fixture: bool = False
    name: str = ""
    autouse: bool = False
    scope: str = "function"
    uses: list[str] = field(default_factory=list)
    """Names in ``usefixtures`` marks."""
    parametrized: set[str] = field(default_factory=set)
    """Names that ``parametrize`` gives directly: no fixtures."""
    indirect: set[str] = field(default_factory=set)
    patches: int = 0
    """Parameters that ``mock.patch`` decorators fill."""


def marks_of(decorators: Sequence[tuple[str, Any]]) -> Marks:
    """Read decorators, given as (chain, node)."""
    marks = Marks()
    for chain, node in decorators:
        read_mark(marks, chain.removesuffix("()"), node)
    return marks


def read_mark(marks: Marks, chain: str, node: Any) -> None:
    """Read one decorator, or one element of ``pytestmark``."""
    root, _, last = chain.rpartition(".")
    if last in _FIXTURE_NAMES and root in _FIXTURE_ROOTS:
        marks.fixture = True
        if type(node) is cst.Call:
            _read_fixture(marks, node)
    elif type(node) is not cst.Call:
        return
    elif last == "usefixtures":
        names = [literal_text(arg.value) for arg in node.args if not arg.star]
        marks.uses += [name for name in names if name]
    elif last == "parametrize":
        _read_parametrize(marks, node)
    elif last == "patch" or chain.endswith("patch.object"):
        given = len([a for a in node.args if a.keyword is None]) - (last == "object")
        if given < 2 and argument(node, 99, "new") is None:
            marks.patches += 1


def _read_fixture(marks: Marks, call: Any) -> None:
    name = literal_text(argument(call, 99, "name"))
    scope = literal_text(argument(call, 99, "scope"))
    autouse = argument(call, 99, "autouse")
    marks.name = name or ""
    marks.scope = scope or marks.scope
    # Anything but a literal False may be true.
    marks.autouse = autouse is not None and getattr(autouse, "value", "") != "False"


def _read_parametrize(marks: Marks, call: Any) -> None:
    given = argument(call, 0, "argnames")
    text = literal_text(given)
    names = (
        [n.strip() for n in text.split(",")] if text is not None else literal_texts(given) or []
    )
    indirect = argument(call, 2, "indirect")
    if isinstance(indirect, cst.Name) and indirect.value == "True":
        marks.indirect.update(names)
    elif indirect is not None and not isinstance(indirect, cst.Name):
        chosen = literal_texts(indirect) or []
        marks.indirect.update(chosen)
    marks.parametrized.update(n for n in names if n and n not in marks.indirect)


def requested(params: Any, marks: Marks, given: frozenset[str], *, method: bool) -> list[str]:
    """Return the fixtures that the parameters of a test or fixture ask for, in order.

    ``given`` are names that a class or module parametrises.
    """
    plain = [*params.posonly_params, *params.params]
    names = [p.name.value for p in plain if p.default is None]
    if method:
        names = names[1:]
    names = names[marks.patches :] if marks.patches else names
    names += [p.name.value for p in params.kwonly_params if p.default is None]
    hidden = marks.parametrized | given
    return [n for n in names if n not in hidden]


def is_test_name(name: str) -> bool:
    """Tell whether pytest's (or unittest's) default naming makes a function a test."""
    return name.startswith("test")


def fixture_of(call: Any) -> str:
    """Return ``func`` of ``pytest.fixture(func)`` or ``pytest.fixture(…)(func)``; empty for any other call."""
    func = call.func.func if type(call.func) is cst.Call else call.func
    if type(func) is cst.Attribute and type(func.value) is not cst.Name:
        return ""
    if type(func) not in (cst.Name, cst.Attribute) or len(call.args) == 0:
        return ""
    root, _, last = dotted(func).rpartition(".")
    given = call.args[0]
    if last not in _FIXTURE_NAMES or root not in _FIXTURE_ROOTS or given.keyword is not None:
        return ""
    return given.value.value if type(given.value) is cst.Name else ""


def define_made_fixtures(state: State) -> None:
    """Add the fixtures made by calls, now that all functions of the module are known."""
    for name, function, call in state.made_fixtures:
        index = state.module_scope.names.get(function, state.module_scope.names.get(name))
        if index is None:
            continue
        marks = Marks()
        read_mark(marks, "fixture", call.func if type(call.func) is cst.Call else call)
        params = state.parameters.get(index)
        wanted = [] if params is None else requested(params, marks, frozenset(), method=False)
        state.line = state.definitions[index].first
        for fixture in wanted:
            state.add_reference(ReferenceKind.FIXTURE, fixture)
        state.flush(index)
        state.definitions[index].flags.add("fixture")
        state.fixtures.append(
            Fixture(index, marks.name or name, tuple(wanted), marks.autouse, marks.scope)
        )

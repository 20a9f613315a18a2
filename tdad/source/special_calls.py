"""Calls whose string arguments name something: ``getattr``, ``import_module``, ``mock.patch``, ….

Each handler gets (state, call node, chain of the callee, chains of the arguments). It may return another chain for the
callee; one that ends in ``=`` is the chain of the whole call.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from keyword import iskeyword
from typing import Any

import libcst as cst

from tdad.facts import AUTOSPEC, BindingKind, Import, ReferenceKind
from tdad.source.imports import absolute
from tdad.source.literals import literal_text
from tdad.source.state import State

_SPECS = ("spec", "spec_set", "autospec")
Handler = Callable[[State, Any, str, Sequence[str]], str | None]


def argument(node: Any, position: int, keyword: str) -> Any:
    """Return the node of an argument given by position or keyword, or ``None``."""
    for index, arg in enumerate(node.args):
        if arg.star:
            return None
        if arg.keyword is not None:
            if arg.keyword.value == keyword:
                return arg.value
        elif index == position:
            return arg.value
    return None


def _attribute_access(state: State, node: Any, chain: str, chains: Sequence[str]) -> str | None:
    """``getattr(x, "m")``: an attribute by its name."""
    if "." in chain:
        return None
    name = literal_text(argument(node, 1, "name"))
    if name is None or not name.isidentifier():
        return None
    state.add_reference(ReferenceKind.STRING, name)
    if chains[0] == "?":
        state.add_reference(ReferenceKind.READ, f"?.{name}")
        return None
    state.add_reference(ReferenceKind.READ, f"{chains[0]}.{name}")
    return f"{chains[0]}.{name}=" if chain == "getattr" else None


def _set_attribute(state: State, node: Any, chain: str, chains: Sequence[str]) -> str | None:
    """``setattr(x, "m", v)``, ``monkeypatch.setattr(x, "m", v)``, ``monkeypatch.setattr("a.b.m", v)``."""
    first = literal_text(argument(node, 0, "target"))
    if first is not None:
        if "." in chain:
            state.add_reference(ReferenceKind.PATCH, first)
        return None
    name = literal_text(argument(node, 1, "name"))
    if name is not None and name.isidentifier() and chains:
        _write(state, chains[0], name)
    return None


def _write(state: State, receiver: str, name: str) -> None:
    state.add_reference(ReferenceKind.STRING, name)
    state.add_reference(ReferenceKind.WRITE, f"{receiver}.{name}")
    if receiver != "?":
        state.note_store(receiver + "." + name)


def _note_spec(state: State, node: Any) -> None:
    """``Mock(spec=Service)``, ``patch(…, autospec=True)``: names and signatures are asked of the original."""
    if any(arg.keyword is not None and arg.keyword.value in _SPECS for arg in node.args):
        state.add_reference(ReferenceKind.STRING, AUTOSPEC)


def _mock(state: State, node: Any, _chain: str, _chains: Sequence[str]) -> str | None:
    """``Mock(spec=Service)``."""
    _note_spec(state, node)
    return None


def _autospec(state: State, _node: Any, _chain: str, _chains: Sequence[str]) -> str | None:
    """``create_autospec(Service)``."""
    state.add_reference(ReferenceKind.STRING, AUTOSPEC)
    return None


def _getter(state: State, node: Any, _chain: str, _chains: Sequence[str]) -> str | None:
    """``operator.attrgetter("a.b")``, ``operator.methodcaller("m")``: attributes of whatever they are given."""
    for arg in node.args:
        for name in (literal_text(arg.value) or "").split("."):
            if arg.keyword is None and name.isidentifier():
                state.add_reference(ReferenceKind.READ, f"?.{name}")
    return None


def _patch(state: State, node: Any, _chain: str, _chains: Sequence[str]) -> str | None:
    """``mock.patch("a.b.c")``, ``mocker.patch("a.b.c")``."""
    _note_spec(state, node)
    text = literal_text(argument(node, 0, "target"))
    if text is not None and "." in text:
        state.add_reference(ReferenceKind.PATCH, text)
    return None


def _patch_object(state: State, node: Any, chain: str, chains: Sequence[str]) -> str | None:
    """``patch.object(Target, "m")``."""
    if not chain.endswith("patch.object"):
        return None
    _note_spec(state, node)
    name = literal_text(argument(node, 1, "attribute"))
    if name is not None and name.isidentifier():
        whole = literal_text(argument(node, 0, "target"))
        if whole is not None:
            state.add_reference(ReferenceKind.PATCH, f"{whole}.{name}")
        elif chains:
            _write(state, chains[0], name)
    return None


def _patch_multiple(state: State, node: Any, chain: str, chains: Sequence[str]) -> str | None:
    """``patch.multiple("a.b", c=…, d=…)``."""
    if not chain.endswith("patch.multiple") or not chains:
        return None
    whole = literal_text(argument(node, 0, "target"))
    for arg in node.args:
        if arg.keyword is not None and arg.keyword.value not in ("spec", "create", "new_callable"):
            name = arg.keyword.value
            if whole is not None:
                state.add_reference(ReferenceKind.PATCH, f"{whole}.{name}")
            elif name != "target":
                _write(state, chains[0], name)
    return None


def _patch_dict(state: State, node: Any, chain: str, chains: Sequence[str]) -> str | None:
    """``patch.dict("os.environ", …)``."""
    if chain.endswith("patch.dict"):
        whole = literal_text(argument(node, 0, "in_dict"))
        if whole is not None:
            state.add_reference(ReferenceKind.PATCH, whole)
        elif chains and chains[0] != "?":
            state.add_reference(ReferenceKind.WRITE, chains[0] + "[]")
    return None


def _import_module(state: State, node: Any, chain: str, _chains: Sequence[str]) -> str | None:
    """``importlib.import_module("a.b"[, package])``, ``__import__("a.b")``, ``pytest.importorskip("a.b")``."""
    text = literal_text(argument(node, 0, "modname" if chain.endswith("importorskip") else "name"))
    if not text:
        return None
    level = len(text) - len(text.lstrip("."))
    module = text
    if level:
        given = argument(node, 1, "package")
        package = literal_text(given) if given is not None else state.package
        package = state.package if package is None else package
        module = absolute(package, text[level:], level)
    frame = state.frame()
    state.imports.append(
        Import(frame.definition, state.line, module, "", "", conditional=frame.branch > 0)
    )
    state.add_reference(ReferenceKind.IMPORT, module)
    return None


def imported_by_name(node: Any) -> bool:
    """Tell whether a call returns the module that its literal argument names."""
    func = node.func
    name = func.attr.value if type(func) is cst.Attribute else getattr(func, "value", "")
    if name not in ("import_module", "importorskip"):
        return False
    return (
        literal_text(argument(node, 0, "modname" if name == "importorskip" else "name"))
        is not None
    )


_NAMES = re.compile(r"(?<![\w.'\"])[^\W\d]\w*(?:\.[^\W\d]\w*)*")


def _condition(state: State, node: Any, _chain: str, _chains: Sequence[str]) -> str | None:
    """``pytest.mark.skipif("sys.platform == 'x'")``: an expression over the globals of the module."""
    text = literal_text(argument(node, 0, "condition"))
    for name in _NAMES.findall(text or ""):
        if not iskeyword(name):
            state.add_reference(ReferenceKind.READ, name)
    return None


def _get_fixture_value(state: State, node: Any, _chain: str, _chains: Sequence[str]) -> str | None:
    """``request.getfixturevalue("name")``."""
    text = literal_text(argument(node, 0, "argname"))
    if text is not None:
        state.add_reference(ReferenceKind.FIXTURE, text)
    return None


def _mutator(state: State, _node: Any, chain: str, chains: Sequence[str]) -> str | None:
    """``CACHE.setdefault(k, v)``, ``handlers.append(f)``: a store into a container."""
    receiver = chain.rpartition(".")[0]
    if receiver and receiver[-1] not in ")?":
        state.note_store(receiver + "[]")
        if chains:
            suffix = "[]" if chain.rpartition(".")[2] in ("extend", "update") else ""
            value = chains[-1]
            state.add_binding(
                receiver + "[]", BindingKind.ASSIGN, value if value == "?" else value + suffix
            )
    return None


SPECIAL_CALLS: dict[str, Handler] = {
    "getattr": _attribute_access,
    "hasattr": _attribute_access,
    "setattr": _set_attribute,
    "delattr": _set_attribute,
    "attrgetter": _getter,
    "methodcaller": _getter,
    "create_autospec": _autospec,
    **dict.fromkeys(
        ("Mock", "MagicMock", "AsyncMock", "NonCallableMock", "NonCallableMagicMock"), _mock
    ),
    "patch": _patch,
    "object": _patch_object,
    "multiple": _patch_multiple,
    "dict": _patch_dict,
    "import_module": _import_module,
    "__import__": _import_module,
    "importorskip": _import_module,
    "getfixturevalue": _get_fixture_value,
    "skipif": _condition,
    "xfail": _condition,
    **dict.fromkeys(
        ("append", "appendleft", "add", "insert", "extend", "update", "setdefault"), _mutator
    ),
}

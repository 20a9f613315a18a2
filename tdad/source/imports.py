"""Import statements → imports, references and names bound."""

from __future__ import annotations

from typing import Any

import libcst as cst

from tdad.facts import Import, ReferenceKind
from tdad.source.state import State


def absolute(package: str, module: str, level: int) -> str:
    """Return the absolute dotted name of ``level`` dots and ``module``, seen from ``package``.

    Dots that lead out of what is known are kept: ``..a`` in a top-level module stays ``..a``.
    """
    if level == 0:
        return module
    parts = package.split(".") if package else []
    keep = len(parts) - (level - 1)
    if keep < 0 or not parts:
        return "." * level + module
    head = ".".join(parts[:keep])
    return f"{head}.{module}" if head and module else head or module


def dotted(node: Any) -> str:
    """Return ``a.b.c`` of a name or attribute node."""
    parts = []
    while type(node) is cst.Attribute:
        parts.append(node.attr.value)
        node = node.value
    parts.append(node.value)
    return ".".join(reversed(parts))


def import_names(state: State, node: Any) -> None:
    """Walk ``import a.b as c, d``."""
    for name in node.names:
        module = dotted(name.name)
        alias = name.asname.name.value if name.asname is not None else ""
        state.emit(f"{module} as {alias}")
        _note(state, module, "", alias or module.partition(".")[0])
        state.add_reference(ReferenceKind.IMPORT, module)


def import_from(state: State, node: Any) -> None:
    """Walk ``from ..a import b as c, d`` or ``from a import *``."""
    level = len(node.relative)
    written = dotted(node.module) if node.module is not None else ""
    module = absolute(state.package, written, level)
    state.emit("." * level + written)
    state.add_reference(ReferenceKind.IMPORT, module)
    if isinstance(node.names, cst.ImportStar):
        state.emit("*")
        state.binds.append("*")
        _note(state, module, "*", "")
        return
    for name in node.names:
        imported = name.name.value
        alias = name.asname.name.value if name.asname is not None else imported
        state.emit(f"{imported} as {alias}")
        _note(state, module, imported, alias)


def _note(state: State, module: str, name: str, alias: str) -> None:
    scope = state.scope
    conditional = scope.branch > 0
    state.imports.append(
        Import(scope.definition, state.line, module, name, alias, conditional=conditional)
    )
    if alias:
        if alias in scope.globals:
            state.global_binds.append(alias)
        else:
            state.binds.append(alias)
            if scope.is_function:
                scope.local.add(alias)

"""Calls and decorators that replace something while a test runs."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from tdad.facts_checks import Mock
from tdad.source.checks.normal import last_name, normal, plain_arguments
from tdad.source.literals import literal_text


def mock_of(call: cst.Call, imports: Mapping[str, str]) -> Mock | None:
    """Return what a call replaces: ``patch("a.b")``, ``patch.object(a, "b")``, ``monkeypatch.setattr(a, "b", …)``."""
    name, given = last_name(call.func), plain_arguments(call)
    if not given:
        return None
    around = last_name(call.func.value) if isinstance(call.func, cst.Attribute) else ""
    if name == "patch" or (name == "setattr" and around in {"monkeypatch", "mp", "m"}):
        text = literal_text(given[0])
        if text is not None and "." in text:
            return Mock(text)
    known = (name == "object" and around == "patch") or (
        name == "setattr" and around in {"monkeypatch", "mp", "m"}
    )
    if known and len(given) >= 2 and (attribute := literal_text(given[1])):
        return Mock(f"{_dotted(given[0], imports)}.{attribute}")
    return None


def _dotted(node: cst.BaseExpression, imports: Mapping[str, str]) -> str:
    text = normal(node, {})
    root, dot, rest = text.partition(".")
    return imports.get(root, root) + dot + rest

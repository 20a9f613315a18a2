"""Definitions that an edit takes away while something still uses them."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator

from tdad.agent.loop.code import BROKEN, parsed

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def removed_in_use(
    path: str,
    before: bytes,
    after: bytes,
    files: Iterable[str],
    read: Callable[[str], bytes | None],
) -> str:
    """Which definition of ``path`` is gone although it is used, and where; empty: none.

    A function or class of the module counts as used if code mentions its name and the module no longer binds it. A
    method counts if code mentions its name as an attribute and nothing in the project binds such a name any more.
    """
    old, new = _definitions(before), _definitions(after)
    gone = sorted(set(old) - set(new))
    if not gone:
        return ""
    still = set(_bound(parsed(after).body))
    for qualname in gone:
        name = qualname.rpartition(".")[2]
        if name.startswith("__") and name.endswith("__"):
            continue
        if "." not in qualname and name in still:
            continue
        place = _use(name, path, after, files, read, method="." in qualname)
        if place:
            return f"{qualname} is gone, and {place} still uses it"
    return ""


def _definitions(data: bytes) -> list[str]:
    """Qualnames of functions and classes, those inside functions left out."""
    return list(_inside(parsed(data).body, ""))


def _inside(body: list[ast.stmt], prefix: str) -> Iterator[str]:
    for node in body:
        if isinstance(node, _SCOPES):
            yield prefix + node.name
            if isinstance(node, ast.ClassDef):
                yield from _inside(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, ast.If | ast.Try):
            for part in ("body", "orelse", "finalbody"):
                yield from _inside(getattr(node, part, []), prefix)


def _bound(body: list[ast.stmt]) -> Iterator[str]:
    """Names that statements of a module bind in it."""
    for node in body:
        if isinstance(node, _SCOPES):
            yield node.name
            continue
        for each in ast.walk(node):
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                yield each.id
            elif isinstance(each, ast.alias):
                yield each.asname or each.name.partition(".")[0]


def _use(
    name: str,
    path: str,
    after: bytes,
    files: Iterable[str],
    read: Callable[[str], bytes | None],
    *,
    method: bool,
) -> str:
    """A place that uses the name; for a method empty if something else of the project is called that."""
    word = re.compile(rb"(?<![\w])" + re.escape(name.encode()) + rb"(?![\w])")
    place = ""
    for each in files:
        data = after if each == path else read(each)
        if data is None or not each.endswith(".py") or not word.search(data):
            continue
        try:
            tree = parsed(data)
        except BROKEN:
            continue
        if method and any(q.rpartition(".")[2] == name for q in _inside(tree.body, "")):
            return ""
        place = place or next((f"{each}:{line}" for line in _lines(tree, name, method)), "")
    return place


def _lines(tree: ast.AST, name: str, method: bool) -> Iterator[int]:
    for node in ast.walk(tree):
        if (isinstance(node, ast.Attribute) and node.attr == name) or (
            not method and isinstance(node, ast.Name) and node.id == name
        ):
            yield node.lineno
        elif not method and isinstance(node, ast.ImportFrom):
            yield from (node.lineno for each in node.names if each.name == name)

"""Names that a module reads and nothing binds, by the compiler's own scopes."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterator

from tdad.agent.loop.code import parsed, table_of

_MODULE = frozenset(
    {
        "__annotations__",
        "__builtins__",
        "__cached__",
        "__debug__",
        "__doc__",
        "__file__",
        "__loader__",
        "__name__",
        "__package__",
        "__path__",
        "__spec__",
        "__class__",
        "__module__",
        "__qualname__",
        "WindowsError",
    }
)


def undefined(data: bytes) -> frozenset[str]:
    """Names looked up in the module and the builtins that are in neither; none where a star import may bind any.

    Raises:
        SyntaxError, ValueError: it does not parse.
    """
    tree = parsed(data)
    if any(
        isinstance(node, ast.ImportFrom) and any(each.name == "*" for each in node.names)
        for node in ast.walk(tree)
    ):
        return frozenset()
    table = table_of(data)
    tables = list(_all(table))
    bound = {
        symbol.get_name()
        for each in tables
        for symbol in each.get_symbols()
        if (each is table or symbol.is_declared_global())
        and (symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace())
    }
    known = bound | set(dir(builtins)) | _MODULE
    return frozenset(
        symbol.get_name()
        for each in tables
        for symbol in each.get_symbols()
        if symbol.is_referenced()
        and (symbol.is_global() or (each is table and not symbol.is_assigned()))
        and symbol.get_name() not in known
    )


def _all(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _all(child)

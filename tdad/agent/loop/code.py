"""Python source as a tree, without a word on stderr about what is odd in it."""

from __future__ import annotations

import ast
import symtable
import warnings

BROKEN = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What parsing raises for text that is no program, or one too deep for us."""


def parsed(data: bytes | str) -> ast.Module:
    """The tree of a program that also compiles: ``return`` outside a function and the like count as well.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: it is no program.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(data)
        compile(data, "<edit>", "exec", dont_inherit=True)
        return tree


def table_of(data: bytes) -> symtable.SymbolTable:
    """The compiler's scopes of a program.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: it is no program.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return symtable.symtable(data, "<module>", "exec")  # type: ignore[arg-type] # it takes bytes

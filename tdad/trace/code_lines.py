"""Which lines of a file belong to which code object, told by the compiler. Nothing of the file is run."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType


@dataclass(frozen=True, slots=True)
class CodeLines:
    """Lines of one file by the code object that executes them."""

    module_level: frozenset[int]
    """Lines of the module body and of the class bodies in it."""
    functions: tuple[tuple[int, frozenset[int]], ...]
    """(first line, lines of the body) of each function, lambda and comprehension that is a code object of its own."""
    one_liners: frozenset[int]
    """Lines of functions whose whole body is on module-level lines (``def f(): return 1``)."""

    def entered(self, lines: Iterable[int]) -> set[int]:
        """First lines of the functions that have one of ``lines`` in their body."""
        wanted = frozenset(lines)
        return {first for first, body in self.functions if not body.isdisjoint(wanted)}


def code_lines(file: Path) -> CodeLines | None:
    """Lines of ``file``, or ``None`` when it is not there or does not compile with this interpreter."""
    try:
        source = file.read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # about the project's code; not for the user of this command
            module = compile(source, str(file), "exec", dont_inherit=True)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    top: set[int] = set()
    functions: list[tuple[int, frozenset[int]]] = []
    for code, in_function in _nested(module, in_function=False):
        lines = frozenset(line for _, _, line in code.co_lines() if line)
        if in_function:
            # without the first line: the def statement itself runs in the enclosing code object
            functions.append((code.co_firstlineno, (lines - {code.co_firstlineno}) or lines))
        else:
            top |= lines
    within = [body for _, body in functions if body <= top]
    return CodeLines(frozenset(top), tuple(functions), frozenset().union(*within))


def _nested(code: CodeType, *, in_function: bool) -> Iterator[tuple[CodeType, bool]]:
    """``code`` and all code objects in it, each with whether it runs only when some function is called."""
    in_function = in_function or bool(code.co_flags & inspect.CO_OPTIMIZED)
    yield code, in_function
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant, in_function=in_function)

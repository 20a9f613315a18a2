"""From executed lines back to the functions that were entered: what line tracers on Python < 3.12 need.

A line of a function belongs to the innermost code object that has it; where a one-line function shares its line with
its definition, executing the definition counts as entering the function (too much rather than too little).
"""

from __future__ import annotations

import dis
from types import CodeType
from typing import Dict, Iterable, List, Set

_OPTIMIZED = 0x1


class Lines:
    """Per file: line → first lines of the code objects (functions and class bodies) that have it."""

    def __init__(self) -> None:
        self._tables: Dict[str, Dict[int, List[int]]] = {}

    def adopt(self, code: CodeType) -> None:
        """Learn the layout of a module from its code object."""
        table: Dict[int, List[int]] = {}
        _lay_out(code, table)
        self._tables[code.co_filename] = table

    def starts(self, filename: str, lines: Iterable[int]) -> Set[int]:
        """Return the first lines of the code objects that ``lines`` of ``filename`` are in."""
        table = self._tables.get(filename)
        if table is None:
            table = self._tables[filename] = _from_source(filename)
        found: Set[int] = set()
        for line in lines:
            if line in table:
                found.update(table[line])
        return found


def _from_source(filename: str) -> Dict[int, List[int]]:
    """Lay out a file that was imported before the probe started."""
    table: Dict[int, List[int]] = {}
    try:
        with open(filename, "rb") as file:
            _lay_out(compile(file.read(), filename, "exec", dont_inherit=True), table)
    except (OSError, SyntaxError, ValueError):
        pass
    return table


def _lay_out(code: CodeType, table: Dict[int, List[int]]) -> None:
    if code.co_name != "<module>":
        for line in _body_lines(code):
            table.setdefault(line, []).append(code.co_firstlineno)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            _lay_out(constant, table)


def _body_lines(code: CodeType) -> Set[int]:
    """Return the lines of ``code`` without the one that only marks its entry (the ``def``)."""
    lines = {line for _, line in dis.findlinestarts(code) if line}
    body = lines - {code.co_firstlineno}
    return body or lines

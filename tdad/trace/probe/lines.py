"""From executed lines back to the functions that were entered: what line tracers on Python < 3.12 need.

A line belongs to the code objects that have it. Where a one-line function shares its line with its definition,
executing the definition counts as entering the function (too much rather than too little), except in imports, where
calls are seen as such.
"""

from __future__ import annotations

import dis
from types import CodeType
from typing import Dict, List, Set, Tuple

Table = Tuple[Dict[int, int], Dict[int, List[int]]]
"""Lines of one code object each (nearly all), and lines of several."""


class Lines:
    """Per file: which code objects (functions and class bodies), named by their first lines, have which line."""

    def __init__(self) -> None:
        self._tables: Dict[str, Table] = {}

    def adopt(self, code: CodeType) -> None:
        """Learn the layout of a module from its code object."""
        self._tables[code.co_filename] = _table(code)

    def starts(self, filename: str, lines: Set[int]) -> Set[int]:
        """Return the first lines of the code objects that ``lines`` of ``filename`` are in."""
        table = self._tables.get(filename)
        if table is None:
            table = self._tables[filename] = _from_source(filename)
        single, several = table
        found = set(map(single.get, lines))
        found.discard(None)
        if several:
            for line in several.keys() & lines:
                found.update(several[line])
        return found  # type: ignore[return-value]  # None is out


def _from_source(filename: str) -> Table:
    """Lay out a file that was imported before the probe started."""
    try:
        with open(filename, "rb") as file:
            return _table(compile(file.read(), filename, "exec", dont_inherit=True))
    except (OSError, SyntaxError, ValueError):
        return {}, {}


def _table(code: CodeType) -> Table:
    layout: Dict[int, List[int]] = {}
    _lay_out(code, layout)
    single = {line: firsts[0] for line, firsts in layout.items() if len(firsts) == 1}
    return single, {line: firsts for line, firsts in layout.items() if len(firsts) > 1}


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

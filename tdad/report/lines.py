"""Lines of styled text: to a terminal with colours and wrapping, into a pipe exactly as they are.

A pipe gets no colour, no wrapping and no padding, so that what `grep` finds does not depend on a
window's width. ``NO_COLOR`` and ``FORCE_COLOR`` are honoured.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TextIO

Piece = tuple[str, str]
"""(text, style); the style is rich's, empty for none."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of output. Prose is wrapped at the terminal's width; names never are."""

    pieces: tuple[Piece, ...]
    indent: int = 0
    prose: bool = False

    @property
    def plain(self) -> str:
        """The line without styles."""
        text = "".join(text for text, _ in self.pieces)
        return f"{' ' * self.indent}{text}" if text else ""


BLANK = Line(())


def line(*pieces: str | Piece, indent: int = 0) -> Line:
    """A line of names and numbers, never wrapped."""
    return Line(_pieces(pieces), indent)


def prose(*pieces: str | Piece, indent: int = 0) -> Line:
    """A line of prose, wrapped on a terminal with every part indented alike."""
    return Line(_pieces(pieces), indent, prose=True)


def _pieces(pieces: Iterable[str | Piece]) -> tuple[Piece, ...]:
    return tuple((piece, "") if isinstance(piece, str) else piece for piece in pieces)


def print_lines(lines: Iterable[Line], stream: TextIO | None = None) -> None:
    """Write ``lines`` to ``stream``, by default standard output."""
    out = sys.stdout if stream is None else stream
    if out.isatty() or os.environ.get("FORCE_COLOR"):
        _print_styled(lines, out)
    else:
        out.writelines(f"{each.plain}\n" for each in lines)


def _print_styled(lines: Iterable[Line], out: TextIO) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(file=out, highlight=False, markup=False, emoji=False)
    for each in lines:
        text = Text.assemble(*each.pieces)
        if each.prose and out.isatty():
            console.print(Padding(text, (0, 0, 0, each.indent), expand=False))
        else:
            text.pad_left(each.indent if each.pieces else 0)
            console.print(text, soft_wrap=True)

"""A text by its lines, without a copy of each: where a run of lines stands in it. Lines are 0-based here."""

from __future__ import annotations


class Text:
    """The old text with the places where its lines start."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.starts = [0]
        at = text.find(b"\n")
        while at >= 0:
            self.starts.append(at + 1)
            at = text.find(b"\n", at + 1)
        if self.starts[-1] != len(text):
            self.starts.append(len(text))
        self.count = len(self.starts) - 1
        self.line_at: dict[int, int] = {}

    def slice(self, first: int, last: int) -> bytes:
        """Return the lines from ``first`` up to, not including, ``last``."""
        return self.text[self.starts[first] : self.starts[last]]

    def fits(self, wanted: bytes, line: int, ends: bool) -> bool:
        """Tell whether ``wanted`` stands at ``line`` (and, with ``ends``, is the end of the text)."""
        if not 0 <= line <= self.count:
            return False
        start = self.starts[line]
        return self.text.startswith(wanted, start) and (
            not ends or start + len(wanted) == len(self.text)
        )

    def nearest(self, wanted: bytes, around: int, floor: int, ends: bool) -> int | None:
        """Return the line nearest to ``around``, not before ``floor``, where ``wanted`` stands."""
        around = min(max(around, floor), self.count)
        below = self._search(wanted, around, self.count, ends, forward=True)
        above = self._search(wanted, floor, around, ends, forward=False)
        if above is None or below is None:
            return above if below is None else below
        return above if around - above <= below - around else below

    def _search(
        self, wanted: bytes, first: int, last: int, ends: bool, *, forward: bool
    ) -> int | None:
        start, stop = self.starts[first], min(self.starts[last] + len(wanted), len(self.text))
        while start <= stop:
            at = (
                self.text.find(wanted, start, stop)
                if forward
                else self.text.rfind(wanted, start, stop)
            )
            if at < 0:
                return None
            line = self._line(at)
            if line is not None and first <= line <= last and self.fits(wanted, line, ends):
                return line
            start, stop = (at + 1, stop) if forward else (start, at + len(wanted) - 1)
        return None

    def _line(self, offset: int) -> int | None:
        if not self.line_at:
            self.line_at = {start: line for line, start in enumerate(self.starts)}
        return self.line_at.get(offset)

    def places(self, wanted: bytes, floor: int, ends: bool) -> list[int]:
        """Return up to two lines where ``wanted`` stands."""
        first = self._search(wanted, floor, self.count, ends, forward=True)
        if first is None:
            return []
        second = self._search(wanted, min(first + 1, self.count), self.count, ends, forward=True)
        return [first] if second is None or second == first else [first, second]

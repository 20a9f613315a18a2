"""What of a definition is shown: all when it is short, else its head and what the failing tests executed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tdad.agent.prompts.facts import Seen, Source
from tdad.agent.prompts.text import clean
from tdad.facts import Definition, DefinitionKind, Span, StatementKind

_AROUND = 3
"""Lines before and after a line that matters."""
_HEAD = 6
"""Lines of a head, at most: decorators, parameters, bases."""
_CLOSE = 2
"""So few lines between two parts are shown as well: the mark of a gap costs as much."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines of one definition."""

    definition: str
    path: str
    span: Span
    """All its lines."""
    parts: tuple[Span, ...]
    """The lines that are shown; sorted, apart from each other."""
    text: str

    @property
    def whole(self) -> bool:
        """Tell whether nothing is left out."""
        return self.parts == (self.span,)

    @property
    def seen(self) -> Iterator[Seen]:
        """The lines that are shown."""
        return (Seen(self.path, part.first, part.last) for part in self.parts)

    @property
    def title(self) -> str:
        """Where it stands, and what it is."""
        name = self.definition.rpartition("::")[2] or "module level"
        lines = f"{self.span.first}-{self.span.last}"
        return f"{self.path} lines {lines}: {name}{'' if self.whole else ' (parts)'}"


def excerpt(
    source: Source, path: str, qualname: str, line: int, longest: int, *, known: frozenset[int]
) -> Excerpt | None:
    """Cut a definition out of its file.

    Args:
        source: the file.
        path: of it.
        qualname: of the definition; empty: the module.
        line: the one that matters most; 0: not known.
        longest: lines, at most.
        known: lines that are shown elsewhere.

    Returns:
        ``None`` when there is no such definition, or nothing of it that is not shown elsewhere.
    """
    if not source.statements:  # it does not parse, so that nobody knows what is where
        return _window(source, path, line, longest, known)
    found = _definition(source, qualname, line)
    if found is None:
        return None
    index, definition = found
    span = Span(definition.span.first, min(definition.span.last, len(source.lines)))
    wanted = _wanted(source, index, definition, line, longest)
    wanted = {each for each in wanted if each in span and each not in known}
    if not any(source.lines[each - 1].strip() for each in wanted):
        return None
    close = 0 if definition.kind is DefinitionKind.CLASS else _CLOSE
    parts = tuple(_parts(source, wanted, known, close))
    return Excerpt(f"{path}::{qualname}", path, span, parts, _text(source, span, parts))


def _window(
    source: Source, path: str, line: int, longest: int, known: frozenset[int]
) -> Excerpt | None:
    """Lines around one line, whatever they are."""
    first = max(1, line - longest // 2)
    wanted = set(range(first, min(len(source.lines), first + longest - 1) + 1)) - known
    if not line or not any(source.lines[each - 1].strip() for each in wanted):
        return None
    span = Span(1, len(source.lines))
    parts = tuple(_parts(source, wanted, known, 0))
    return Excerpt(f"{path}::", path, span, parts, _text(source, span, parts))


def _definition(source: Source, qualname: str, line: int) -> tuple[int, Definition] | None:
    """The definition of that name; of several the one that has the line, else the last, which the name means."""
    every = [
        (index, each)
        for index, each in enumerate(source.definitions)
        if each.qualname == qualname and each.span.last >= each.span.first
    ]
    around = [each for each in every if line in each[1].span]
    found = around or every
    return found[-1] if found else None


def _wanted(
    source: Source, index: int, definition: Definition, line: int, longest: int
) -> set[int]:
    span = definition.span
    if definition.kind in {DefinitionKind.MODULE, DefinitionKind.CLASS}:
        return _skeleton(source, index, definition, line, longest)
    lines = set(range(span.first, span.last + 1))
    if len(lines) <= longest:
        return lines
    told = _docstring(source, index)
    if len(lines - told) <= longest:
        return lines - told
    return _hottest(source, definition, line, longest, lines - told)


def _docstring(source: Source, index: int) -> set[int]:
    """Lines of the docstring but the first."""
    return {
        line
        for each in source.statements
        if each.owner == index and each.kind is StatementKind.DOCSTRING
        for line in range(each.span.first + 1, each.span.last + 1)
    }


def _skeleton(
    source: Source, index: int, definition: Definition, line: int, longest: int
) -> set[int]:
    """What runs when a module is imported or a class is made: first what is next to the line, else from the top."""
    own: dict[int, None] = {}
    if definition.kind is DefinitionKind.CLASS:
        last = definition.body.first - 1 if definition.body else definition.span.first
        own.update(
            dict.fromkeys(range(definition.span.first, max(last, definition.span.first) + 1))
        )
    for each in source.statements:
        if each.owner == index and each.kind is not StatementKind.DOCSTRING:
            own.update(dict.fromkeys(range(each.span.first, each.span.last + 1)))
    lines = sorted(own)
    if line in own and len(lines) > longest:
        lines.sort(key=lambda each: (abs(each - line), each))
    return set(lines[:longest])


def _hottest(
    source: Source, definition: Definition, line: int, longest: int, lines: set[int]
) -> set[int]:
    """The head, and around the most suspicious lines as much as there is room for."""
    span = definition.span
    body = definition.body.first if definition.body else span.first + 1
    found = set(range(span.first, min(max(body, span.first + 1), span.first + _HEAD))) & lines
    hot = [each for each in source.heat if each in span]
    hot.sort(key=lambda each: (-source.heat[each], abs(each - line), each))
    for each in [line, *hot] if line in span else hot or sorted(lines):
        around = set(range(each - _AROUND, each + _AROUND + 1)) & lines
        if len(found | around) > longest:
            around = {each} & lines
        if len(found | around) <= longest:
            found |= around
    return found


def _parts(
    source: Source, wanted: Iterable[int], known: frozenset[int], close: int
) -> Iterator[Span]:
    """Stretches of lines; gaps of up to ``close`` lines are closed, blank lines at the ends dropped."""
    first = last = 0
    for line in sorted(wanted):
        if last and line - last - 1 <= close and known.isdisjoint(range(last + 1, line)):
            last = line
            continue
        if last:
            yield from _trimmed(source, first, last)
        first = last = line
    if last:
        yield from _trimmed(source, first, last)


def _trimmed(source: Source, first: int, last: int) -> Iterator[Span]:
    while first <= last and not source.lines[first - 1].strip():
        first += 1
    while last >= first and not source.lines[last - 1].strip():
        last -= 1
    if first <= last:
        yield Span(first, last)


def _text(source: Source, span: Span, parts: Sequence[Span]) -> str:
    """The lines; numbered when something is left out."""
    if parts == (span,):
        return "\n".join(clean(line) for line in source.lines[span.first - 1 : span.last])
    width = len(str(parts[-1].last))
    found: list[str] = []
    last = 0
    for part in parts:
        if found:
            found.append(f"{'…':>{width}}")
        found += [
            f"{line:>{width}}  {clean(source.lines[line - 1])}"
            for line in range(part.first, part.last + 1)
        ]
        last = part.last
    if last < span.last:
        found.append(f"{'…':>{width}}")
    return "\n".join(found)

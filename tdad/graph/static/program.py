"""The static graph of a whole program: the links of all files and tests, with numbers for nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from posixpath import dirname, split

from tdad.graph.static.links import FileLinks
from tdad.graph.static.nodes import How, Link, held, imported, loader, looked_up, mentioned

_HELD, _LOOKED_UP = held("")[0], looked_up("")[0]
_FAMILY = 2
"""So many unmentioned members with the same first word are found by a computed name: then their whole family is."""


@dataclass(slots=True)
class Program:
    """Nodes by number; links by source and by target."""

    names: list[str] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    out: list[list[tuple[int, int]]] = field(default_factory=list)
    """Source → (target, guard); a guard of -1 is none."""
    into: list[list[tuple[int, int, How]]] = field(default_factory=list)
    """Target → (source, guard, how)."""

    def number(self, name: str) -> int:
        """The number of a node; a new one if there was none."""
        found = self.numbers.get(name)
        if found is None:
            found = self.numbers[name] = len(self.names)
            self.names.append(name)
            self.out.append([])
            self.into.append([])
        return found

    def add(self, link: Link) -> None:
        """Take in one link."""
        source, target = self.number(link.source), self.number(link.target)
        guard = self.number(link.guard) if link.guard else -1
        self.out[source].append((target, guard))
        self.into[target].append((source, guard, link.how))


def make_program(files: Sequence[FileLinks]) -> Program:
    """Join the links of files, and those that depend on what other files mention."""
    program = Program()
    loaded = tuple(_by_layout(files))
    modules, names = _held(files, loaded)
    for link in loaded:
        program.add(link)
    for each in files:
        for link in each.links:
            if link.guard[:1] == _HELD and link.guard not in modules:
                continue
            if link.target[0] == _LOOKED_UP and link.target not in names:
                continue
            program.add(link)
    uses = frozenset[str]().union(*(each.uses for each in files))
    members = frozenset[str]().union(*(each.members for each in files))
    found = _families(files, uses)
    for each in files:
        for name, link in each.unused:
            if name not in uses or (
                name in each.members and (each.path, _first_word(name)) in found
            ):
                program.add(link)
        for name, link in each.unowned:
            if name not in members:
                program.add(link)
    for link in list(_loaded(files, program)):
        program.add(link)
    return program


def _held(files: Sequence[FileLinks], loaded: Iterable[Link]) -> tuple[set[str], set[str]]:
    """Modules that somebody has in hand, and the names of what they hold: all others are not asked for."""
    links = [*loaded, *(link for each in files for link in each.links)]
    modules = {link.target for link in links if link.target[0] == _HELD}
    return modules, {link.source for link in links if link.guard in modules}


def _loaded(files: Sequence[FileLinks], program: Program) -> Iterator[Link]:
    """Modules of packages that no file imports are found by a computed name, if at all."""
    paths = {each.path for each in files}
    for each in files:
        number = program.numbers.get(imported(each.path))
        lonely = number is None or not program.into[number]
        packaged = f"{dirname(each.path)}/__init__.py".lstrip("/") in paths
        if lonely and packaged:
            yield Link(loader(each.path), imported(each.path), How.LOADED)


def _by_layout(files: Iterable[FileLinks]) -> Iterator[Link]:
    """Modules that who imports by a computed name may get: plug-ins, by how they lie and what they have in common.

    ``backends/*/base.py`` or ``commands/*.py``, with a class or function of one name in each.
    """
    families: dict[tuple[str, str, str], list[str]] = {}
    for each in files:
        folder, file = split(each.path)
        for name in _offered(each):
            families.setdefault((folder, "", name), []).append(each.path)
            families.setdefault((dirname(folder), file, name), []).append(each.path)
    paths = {path for family in families.values() if len(family) >= _FAMILY for path in family}
    for path in sorted(paths):
        yield Link(loader(path), held(path), How.FOUND)
        yield Link(loader(path), imported(path), How.LOADED)


def _offered(file: FileLinks) -> frozenset[str]:
    """Names of the classes and functions at the top level of a file that may be asked of it as a module."""
    here, offered = held(file.path), mentioned("")[0]
    return frozenset(
        link.source[1:] for link in file.links if link.guard == here and link.target[0] == offered
    )


def _first_word(name: str) -> str:
    """``visit_`` of ``visit_Name``; empty when there is no such word."""
    word, underscore, _ = name.partition("_")
    return word + underscore if word and underscore else ""


def _families(files: Iterable[FileLinks], uses: frozenset[str]) -> frozenset[tuple[str, str]]:
    """(file, first word) of members that are found by a computed name, judged by those that nobody mentions."""
    counted: dict[tuple[str, str], set[str]] = {}
    for each in files:
        for name, _ in each.unused:
            if name in each.members and name not in uses and (word := _first_word(name)):
                counted.setdefault((each.path, word), set()).add(name)
    return frozenset(key for key, names in counted.items() if len(names) >= _FAMILY)

"""The class hierarchy: bases, method resolution order, subclasses, overrides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tdad.facts import DERIVING, DefinitionKind, Reference, ReferenceKind
from tdad.graph.resolve.chains import last_name, split
from tdad.graph.resolve.scopes import Files, FileScope

BaseOf = Callable[[FileScope, Reference], Sequence[str]]
NamesOf = Callable[[str], Sequence[str]]


class Hierarchy:
    """Classes by ``path::qualname``; a class outside the project is the dotted text it is written as."""

    def __init__(self, files: Files, base_of: BaseOf, names_of: NamesOf) -> None:
        """Take what resolves a BASE reference, and what tells the names a class is known by."""
        self._files = files
        self._base_of = base_of
        self._names_of = names_of
        self._bases: dict[str, tuple[str, ...]] = {}
        self._mro: dict[str, tuple[str, ...]] = {}
        self._direct: dict[str, tuple[str, ...]] = {}
        self._all: dict[str, tuple[str, ...]] = {}

    def bases(self, cls: str) -> tuple[str, ...]:
        """Bases as written, in order: ``path::qualname``, or the dotted text of what is outside the project."""
        if cls not in self._bases:
            self._bases[cls] = ()  # a class that names itself among its bases ends here
            self._bases[cls] = self._find_bases(cls)
        return self._bases[cls]

    def _find_bases(self, cls: str) -> tuple[str, ...]:
        found = self._files.find(cls)
        if found is None:
            return ()
        scope, indexes = found
        bases: list[str] = []
        for index in indexes:
            for reference in scope.references.get(index, ()):
                if reference.kind is ReferenceKind.BASE:
                    bases.extend(self._base_of(scope, reference))
        return tuple(base for base in dict.fromkeys(bases) if base != cls)

    def mro(self, cls: str) -> tuple[str, ...]:
        """Method resolution order, ``cls`` first; bases outside the project are leaves.

        Where C3 fails (the program would raise TypeError, or two branches define the class), depth first.
        """
        if cls not in self._mro:
            self._mro[cls] = (cls,)  # circular inheritance ends here
            bases = self.bases(cls)
            lists = [list(self.mro(base)) for base in bases]
            merged = _c3([*lists, list(bases)])
            tail = merged if merged is not None else [name for each in lists for name in each]
            self._mro[cls] = tuple(dict.fromkeys((cls, *tail)))
        return self._mro[cls]

    def fits(self, cls: str) -> bool:
        """Tell whether the bases of ``cls`` have one consistent order, as its class statement demands."""
        bases = self.bases(cls)
        return _c3([*(list(self.mro(base)) for base in bases), list(bases)]) is not None

    def is_open(self, cls: str) -> bool:
        """Tell whether some class in the method resolution order is outside the project."""
        return any("::" not in base for base in self.mro(cls))

    def member(self, cls: str, name: str) -> str | None:
        """``name`` as defined (or imported) directly in the class body, or ``None``."""
        found = self._files.find(cls)
        if found is None:
            return None
        scope, indexes = found
        for index in indexes:
            if name in scope.children.get(index, {}) or name in scope.imports.get(index, {}):
                return f"{cls}.{name}"
        return None

    def mro_lookup(self, cls: str, name: str, after: str = "") -> str | None:
        """Definition that ``name`` is on class ``cls``; ``after``: the search starts behind that class (super)."""
        order = self.mro(cls)
        if after in order:
            order = order[order.index(after) + 1 :]
        return next(filter(None, (self.member(each, name) for each in order)), None)

    def subclasses(self, cls: str, *, transitive: bool = True) -> tuple[str, ...]:
        """Classes that derive from ``cls``, sorted."""
        if not transitive:
            return self._direct_subclasses(cls)
        if cls not in self._all:
            seen = {cls}
            queue = [cls]
            while queue:
                for sub in self._direct_subclasses(queue.pop()):
                    if sub not in seen:
                        seen.add(sub)
                        queue.append(sub)
            self._all[cls] = tuple(sorted(seen - {cls}))
        return self._all[cls]

    def _direct_subclasses(self, cls: str) -> tuple[str, ...]:
        if cls not in self._direct:
            found: set[str] = set()
            for name in self._names_of(cls):
                for path in self._files.mentioning(DERIVING + name):
                    found.update(self._deriving(path, name, cls))
            self._direct[cls] = tuple(sorted(found))
        return self._direct[cls]

    def _deriving(self, path: str, name: str, cls: str) -> Iterable[str]:
        scope = self._files.scope(path)
        for reference in scope.by_token.get(name, ()) if scope else ():
            if scope is not None and reference.kind is ReferenceKind.BASE:
                sub = scope.name_of(reference.source)
                if cls in self.bases(sub):
                    yield sub

    def overrides(self, method: str) -> tuple[str, ...]:
        """Definitions in subclasses that hide ``method`` (or class attribute), sorted."""
        owner = self._files.owner_class(method)
        if owner is None:
            return ()
        members = (self.member(sub, last_name(method)) for sub in self.subclasses(owner))
        return tuple(sorted(filter(None, members)))

    def overridden(self, method: str) -> tuple[str, ...]:
        """Definitions in base classes that ``method`` hides, in resolution order."""
        owner = self._files.owner_class(method)
        if owner is None:
            return ()
        found = (self.member(base, last_name(method)) for base in self.mro(owner)[1:])
        return tuple(filter(None, found))

    def next_in_line(self, cls: str, name: str) -> tuple[str, ...]:
        """What ``super().name`` in ``cls`` may be: behind ``cls`` in its own order, then in its subclasses' orders."""
        found = [self.mro_lookup(each, name, after=cls) for each in (cls, *self.subclasses(cls))]
        return tuple(dict.fromkeys(filter(None, found)))

    def is_class(self, definition: str) -> bool:
        """Tell whether ``definition`` is a class of the project."""
        return bool(split(definition)[1]) and self._files.kind(definition) is DefinitionKind.CLASS


def _c3(lists: list[list[str]]) -> list[str] | None:
    """C3 merge (Barrett et al. 1996, as in Python 2.3), or ``None`` when there is no consistent order."""
    merged: list[str] = []
    lists = [each for each in lists if each]
    while lists:
        tails = {name for each in lists for name in each[1:]}
        head = next((each[0] for each in lists if each[0] not in tails), None)
        if head is None:
            return None
        merged.append(head)
        lists = [rest for each in lists if (rest := [n for n in each if n != head])]
    return merged

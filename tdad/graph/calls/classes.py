"""Classes: their bases, method resolution orders, and the attributes that a lookup finds."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tdad.facts_flow import UNKNOWN
from tdad.graph.calls.importing import Importing
from tdad.graph.calls.values import Class, External

_MOST_CLASSES_OF_A_BASE = 3
"""A base that may be any of more classes (made by a function) is taken to be one of the first that were found."""


@dataclass(slots=True)
class ClassInfo:
    """What is known of one class object."""

    bases: tuple[int, ...]
    """Nodes."""
    known: bool = False
    parents: tuple[int, ...] = ()
    order: tuple[int, ...] = ()
    waiting: list[Callable[[], object]] = field(default_factory=list)
    subclasses: dict[int, None] = field(default_factory=dict)
    metaclass: int = UNKNOWN
    """Node."""
    synthetic: str = ""
    """``dataclass`` or ``NamedTuple``: the constructor is made from the annotated names."""


@dataclass(slots=True)
class Member:
    """What looking ``name`` up in a class (or after one in a receiver's order) finds, before it is bound."""

    node: int
    found: bool = False
    """A project class binds it."""


class Classes(Importing, ABC):
    """Inheritance rules."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self.classes: dict[int, ClassInfo] = {}
        self._members: dict[tuple[int, int, str], Member] = {}
        self._absent: dict[tuple[int, str], list[int]] = {}

    def add_class(self, cls: int, bases: tuple[int, ...], metaclass: int) -> None:
        """A class statement ran."""
        if cls in self.classes:
            return
        info = self.classes[cls] = ClassInfo(
            tuple(base for base in bases if base != UNKNOWN), metaclass=metaclass
        )
        for base in info.bases:
            self.engine.watch(base, lambda _item: self._try(cls, force=False))
            self.engine.if_empty(base, lambda: self._try(cls, force=True))
        self._try(cls, force=False)

    def _try(self, cls: int, *, force: bool) -> None:
        info = self.classes[cls]
        parents: list[int] = []
        for base in info.bases:
            held = sorted(self.engine.held[base])
            if not held and not force:
                return
            classes = [item for item in held if isinstance(self.values[item], (Class, External))]
            parents += classes[:_MOST_CLASSES_OF_A_BASE]
        parents = [parent for parent in dict.fromkeys(parents) if parent != cls]
        if info.known and tuple(parents) == info.parents:
            return
        info.parents = tuple(parents)
        for parent in parents:
            base_info = self.classes.get(parent)
            if base_info is not None:
                base_info.subclasses[cls] = None
                if not base_info.known:
                    base_info.waiting.append(lambda: self._try(cls, force=force))
                    return
        info.order = tuple(self._linearize(cls, parents))
        info.known = True
        waiting, info.waiting = info.waiting, []
        for action in waiting:
            action()

    def _linearize(self, cls: int, parents: list[int]) -> list[int]:
        """C3 (Python 2.3 method resolution order); depth first where it has no answer."""
        orders = [list(self.linearized(parent)) for parent in parents]
        pending = [order for order in [*orders, list(parents)] if order]
        result = [cls]
        while pending:
            head = next(
                (
                    order[0]
                    for order in pending
                    if not any(order[0] in other[1:] for other in pending)
                ),
                pending[0][0],
            )
            if head not in result:
                result.append(head)
            pending = [
                rest for order in pending if (rest := [item for item in order if item != head])
            ]
        return result

    def linearized(self, cls: int) -> Sequence[int]:
        """The method resolution order of ``cls``, external classes included."""
        info = self.classes.get(cls)
        return info.order if info is not None and info.known else (cls,)

    def when_known(self, cls: int, action: Callable[[], object]) -> None:
        """Do ``action`` when the bases of ``cls`` are known."""
        info = self.classes.get(cls)
        if info is None or info.known:
            action()
        else:
            info.waiting.append(action)

    def binds(self, cls: int, name: str) -> bool:
        """Tell whether the body of ``cls`` itself binds ``name``."""
        value = self.values[cls]
        return isinstance(value, Class) and name in self.scopes[value.scope].binds

    def defines(self, cls: int, name: str) -> bool:
        """Tell whether ``cls`` or one of its project bases binds ``name``."""
        return any(self.binds(item, name) for item in self.linearized(cls))

    def external_bases(self, cls: int) -> list[str]:
        """Dotted names of the bases from outside the project."""
        bases = (self.values[item] for item in self.linearized(cls))
        return [base.name for base in bases if isinstance(base, External)]

    def member(self, cls: int, name: str, after: int = -1) -> Member:
        """What ``name`` is in ``cls``; ``after``: only in the classes that follow that one in its order."""
        member = self._members.get((cls, after, name))
        if member is None:
            member = self._members[cls, after, name] = Member(self.engine.node())
            found = member
            self.when_known(cls, lambda: self._search(cls, name, after, found))
        return member

    def _search(self, cls: int, name: str, after: int, member: Member) -> None:
        order = list(self.linearized(cls))
        if after in order:
            order = order[order.index(after) + 1 :]
        for item in order:
            value = self.values[item]
            if isinstance(value, External):
                self.give(member.node, External(f"{value.name}.{name}"))
                continue
            if self.has_attribute(item, name) or self.binds(item, name):
                self.engine.edge(self.attribute(item, name), member.node)
            if self.binds(item, name):
                member.found = True
                return
            self._absent.setdefault((item, name), []).append(member.node)

    def store_in_class(self, cls: int, name: str) -> int:
        """Node to store ``cls.name = …`` in; lookups that passed by see it too."""
        node = self.attribute(cls, name)
        for member in self._absent.pop((cls, name), ()):
            self.engine.edge(node, member)
        return node

    def subclasses(self, cls: int) -> list[int]:
        """All project classes below ``cls``, itself first."""
        found = {cls: None}
        pending = [cls]
        while pending:
            info = self.classes.get(pending.pop())
            for item in info.subclasses if info is not None else ():
                if item not in found:
                    found[item] = None
                    pending.append(item)
        return list(found)

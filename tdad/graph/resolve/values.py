"""What an expression may be, as far as it is known without running it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class Form(StrEnum):
    """How to read ``Value.what``. Strings, because values are looked up all the time and those hash fastest."""

    OBJECT = "object"
    """The definition ``path::qualname`` itself: a module, class or function."""
    INSTANCE = "instance"
    """An instance of the class ``path::qualname``."""
    SUPER = "super"
    """``super()`` in the class ``path::qualname``."""
    NAMESPACE = "namespace"
    """The namespace package with that dotted name."""
    EXTERNAL = "external"
    """Something outside the project, by dotted name."""
    FOREIGN = "foreign"
    """An instance of, or something computed by, something outside the project."""
    HOLDER = "holder"
    """A container, or a generator: ``place`` says where its elements are bound."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Value:
    """One thing that an expression may be."""

    form: Form
    what: str = ""
    place: tuple[str, int, str] = ("", 0, "")
    """HOLDER only: path, index of the owning definition, and the target or (``what`` is ``annotation``) the text."""


UNKNOWN = Value(Form.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Hit:
    """A definition that a mention may mean. ``weight`` is as in ``Edge``."""

    definition: str
    weight: float = 1.0
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class Lookup:
    """The answer to one look-up: what it may be, and which definitions were mentioned on the way."""

    values: tuple[Value, ...] = ()
    hits: tuple[Hit, ...] = ()

    @property
    def is_known(self) -> bool:
        """Tell whether every value is known."""
        return bool(self.values) and UNKNOWN not in self.values


NOTHING = Lookup((UNKNOWN,))


_STEPS = 1000
"""Bindings looked at for one value before it counts as unknown: functions that return what others return, all of one
another, would take for ever. What the functions return that were looked into then is unknown from there on."""


class TooManySteps(Exception):
    """A value takes too long to find out."""


@dataclass(slots=True)
class Cuts:
    """How often an evaluation was cut short (a circle, too deep).

    What was found meanwhile depends on where it began, so it is remembered only where nothing was cut: answers must not
    depend on what was asked before.
    """

    count: int = 0
    deep: int = 0
    """How many of them because it was too deep: then it depends on the depth alone where it began."""
    circles: int = 0
    """How often a function's result was asked for while it was looked for: no cut, but it depends on where it began."""

    steps: int = 0
    """Bindings followed since the evaluation began that is under way."""

    def step(self, depth: int) -> None:
        """Count one binding, followed at that depth.

        Raises:
            TooManySteps: there were enough.
        """
        self.steps = self.steps + 1 if depth else 0
        if self.steps > _STEPS:
            raise TooManySteps

    def cut_deep(self) -> None:
        """Count one that was too deep."""
        self.count += 1
        self.deep += 1


def merge(lookups: Iterable[Lookup]) -> Lookup:
    """All values and all hits, without doubles, in order."""
    parts = list(lookups)
    if len(parts) == 1:
        return parts[0]
    values: dict[Value, None] = {}
    hits: dict[Hit, None] = {}
    for part in parts:
        values.update(dict.fromkeys(part.values))
        hits.update(dict.fromkeys(part.hits))
    return Lookup(tuple(values), tuple(hits))

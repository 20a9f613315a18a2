"""The abstract objects that values are made of. Numbers in their fields are other objects or frames."""

from __future__ import annotations

from dataclasses import dataclass

from tdad.facts_flow import Kind

Key = str | int | tuple[int] | None
"""Key of an element: a constant, another object (in a tuple), or ``None``: not known which."""


@dataclass(frozen=True, slots=True)
class Function:
    """What a ``def`` or ``lambda`` makes: its scope, closed over the frame that ran it."""

    scope: int
    frame: int


@dataclass(frozen=True, slots=True)
class Class:
    """What a ``class`` statement makes."""

    scope: int
    frame: int


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a project class. ``site`` and ``frame`` say where it is made; -1: anywhere."""

    cls: int
    site: int = -1
    frame: int = -1


@dataclass(frozen=True, slots=True)
class Bound:
    """A method with its receiver."""

    function: int
    receiver: int


@dataclass(frozen=True, slots=True)
class Generator:
    """What calling a generator function gives."""

    frame: int


@dataclass(frozen=True, slots=True)
class Coroutine:
    """What calling an ``async def`` gives."""

    frame: int


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the project."""

    name: str


@dataclass(frozen=True, slots=True)
class External:
    """Something outside the project, by dotted name; builtins are ``builtins.x``."""

    name: str


@dataclass(frozen=True, slots=True)
class Container:
    """A container made at ``site`` in ``frame``; ``length`` is -1 when it is not known."""

    kind: Kind
    site: int
    frame: int
    length: int = -1
    of: int = -1
    """The container it was copied from, if any."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A string or number."""

    value: str | int


@dataclass(frozen=True, slots=True)
class Text:
    """A string of which only the ends are known."""

    prefix: str
    suffix: str


@dataclass(frozen=True, slots=True)
class Method:
    """A builtin method of ``receiver``."""

    receiver: int
    name: str


@dataclass(frozen=True, slots=True)
class Partial:
    """``functools.partial`` made at ``site`` in ``frame``."""

    function: int
    site: int
    frame: int


@dataclass(frozen=True, slots=True)
class Field:
    """``dataclasses.field(default=…, default_factory=…)``; both are nodes, -1: not given."""

    default: int
    factory: int


@dataclass(frozen=True, slots=True)
class SuperView:
    """``super(cls, receiver)``."""

    cls: int
    receiver: int


@dataclass(frozen=True, slots=True)
class Property:
    """A ``property`` with the functions that it holds; 0: none."""

    getter: int
    setter: int = -1
    deleter: int = -1


@dataclass(frozen=True, slots=True)
class Wrapped:
    """``staticmethod(function)`` or ``classmethod(function)``."""

    how: str
    function: int


@dataclass(frozen=True, slots=True)
class Namespace:
    """``vars(of)``, ``of.__dict__``, ``globals()``."""

    of: int


@dataclass(frozen=True, slots=True)
class Cells:
    """What holds the cells of one frame of a function."""

    frame: int


Value = (
    Function
    | Class
    | Instance
    | Bound
    | Generator
    | Coroutine
    | Module
    | External
    | Container
    | Constant
    | Text
    | Method
    | Partial
    | Field
    | SuperView
    | Property
    | Wrapped
    | Namespace
    | Cells
)

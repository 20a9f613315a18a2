"""What one scope does with values, one dataclass per operation."""

from __future__ import annotations

from dataclasses import dataclass

from tdad.facts_flow.words import UNKNOWN, Kind, Passing


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call. ``keyword`` is empty for positional and starred ones."""

    slot: int
    passing: Passing = Passing.PLAIN
    keyword: str = ""


@dataclass(frozen=True, slots=True)
class Copy:
    """``target`` may be what ``source`` is."""

    source: int
    target: int


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant that can select an element or an attribute."""

    target: int
    value: str | int


@dataclass(frozen=True, slots=True)
class Affixes:
    """A text that is put together: only how it starts and ends is known (``f"visit_{kind}"``)."""

    target: int
    prefix: str
    suffix: str


@dataclass(frozen=True, slots=True)
class MakeFunction:
    """A ``def`` or ``lambda``; ``scope`` indexes ``FlowFacts.scopes``."""

    target: int
    scope: int


@dataclass(frozen=True, slots=True)
class MakeClass:
    """A ``class`` statement, which also runs the body ``scope``."""

    target: int
    scope: int
    bases: tuple[int, ...]
    keywords: tuple[Argument, ...] = ()
    site: int = 0


@dataclass(frozen=True, slots=True)
class MakeContainer:
    """A display, or a comprehension (whose elements have the key ``None``: position not known).

    ``items`` are (key, slot); ``spreads`` are slots whose elements are added (``[*a]``, ``{**d}``). ``length`` is -1
    when it is not known.
    """

    target: int
    kind: Kind
    items: tuple[tuple[str | int | None, int], ...]
    spreads: tuple[int, ...] = ()
    length: int = -1


@dataclass(frozen=True, slots=True)
class LoadName:
    """Read the cell of ``name`` in the scope ``up`` levels out; ``builtin``: it may also be a builtin."""

    target: int
    up: int
    name: str
    builtin: bool = False


@dataclass(frozen=True, slots=True)
class StoreName:
    """Write the cell of ``name`` in the scope ``up`` levels out."""

    up: int
    name: str
    source: int


@dataclass(frozen=True, slots=True)
class LoadAttribute:
    """``target = base.name``."""

    target: int
    base: int
    name: str
    site: int


@dataclass(frozen=True, slots=True)
class StoreAttribute:
    """``base.name = source``."""

    base: int
    name: str
    source: int
    site: int


@dataclass(frozen=True, slots=True)
class LoadItem:
    """``target = base[key]``."""

    target: int
    base: int
    key: int
    site: int


@dataclass(frozen=True, slots=True)
class LoadSlice:
    """``target = base[start:stop]``.

    ``start`` is ``None`` when one of the two is not a literal or there is a step; ``stop`` is ``None`` up to the end.
    """

    target: int
    base: int
    start: int | None
    stop: int | None
    site: int


@dataclass(frozen=True, slots=True)
class StoreItem:
    """``base[key] = source``."""

    base: int
    key: int
    source: int
    site: int


@dataclass(frozen=True, slots=True)
class Unpack:
    """``target`` is element ``index`` of ``base``.

    A negative index counts from the end. ``rest``: it is the list of what is left from ``index`` on.
    """

    target: int
    base: int
    index: int
    site: int
    rest: bool = False


@dataclass(frozen=True, slots=True)
class Iterate:
    """``target`` is any element that iterating over ``base`` gives."""

    target: int
    base: int
    site: int


@dataclass(frozen=True, slots=True)
class Call:
    """``target = function(arguments)``; ``decorator``: it is the application of one."""

    target: int
    function: int
    arguments: tuple[Argument, ...]
    site: int
    decorator: bool = False


@dataclass(frozen=True, slots=True)
class Super:
    """``target = super()`` in a method of the class whose body is ``up`` levels out.

    ``receiver`` is its first parameter.
    """

    target: int
    up: int
    receiver: int


@dataclass(frozen=True, slots=True)
class Import:
    """``import module``: ``target`` is ``bound``, the first component of its name, or the module itself (``as``)."""

    target: int
    module: str
    bound: str


@dataclass(frozen=True, slots=True)
class ImportFrom:
    """``from module import name``."""

    target: int
    module: str
    name: str


@dataclass(frozen=True, slots=True)
class ImportStar:
    """``from module import *``; ``certain``: wherever the module runs to its end."""

    module: str
    certain: bool = False


@dataclass(frozen=True, slots=True)
class Delegate:
    """``target = yield from source`` or ``target = await source``."""

    target: int
    source: int
    site: int
    awaited: bool


@dataclass(frozen=True, slots=True)
class Enter:
    """``with manager as target``."""

    target: int
    manager: int
    site: int


@dataclass(frozen=True, slots=True)
class Implicit:
    """The interpreter calls the first of ``methods`` that the type of ``base`` has, with ``arguments``."""

    target: int
    base: int
    methods: tuple[str, ...]
    arguments: tuple[int, ...]
    site: int


@dataclass(frozen=True, slots=True)
class Binary:
    """``target = left <operator> right``: ``methods`` on the left, else ``reflected`` on the right."""

    target: int
    left: int
    right: int
    methods: tuple[str, ...]
    reflected: str
    site: int


@dataclass(frozen=True, slots=True)
class Raise:
    """``raise source``: a class is called without arguments."""

    source: int
    site: int


@dataclass(frozen=True, slots=True)
class Catch:
    """``except source as target``."""

    target: int
    source: int


@dataclass(frozen=True, slots=True)
class Annotate:
    """``target: annotation``; with a ``name``, that attribute of instances of the class whose body this is."""

    annotation: int
    target: int = UNKNOWN
    name: str = ""


Operation = (
    Copy
    | Literal
    | Affixes
    | MakeFunction
    | MakeClass
    | MakeContainer
    | LoadName
    | StoreName
    | LoadAttribute
    | StoreAttribute
    | LoadItem
    | LoadSlice
    | StoreItem
    | Unpack
    | Iterate
    | Call
    | Super
    | Import
    | ImportFrom
    | ImportStar
    | Delegate
    | Enter
    | Implicit
    | Binary
    | Raise
    | Catch
    | Annotate
)

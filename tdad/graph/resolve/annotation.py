"""Annotations in normal form, taken apart: ``dict[str,Cart]|Order`` → its members and their arguments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

HOLDERS = frozenset(
    {
        "AbstractSet",
        "AsyncGenerator",
        "AsyncIterable",
        "AsyncIterator",
        "ChainMap",
        "Collection",
        "Container",
        "Counter",
        "DefaultDict",
        "Deque",
        "Dict",
        "FrozenSet",
        "Generator",
        "ItemsView",
        "Iterable",
        "Iterator",
        "KeysView",
        "List",
        "Mapping",
        "MutableMapping",
        "MutableSequence",
        "MutableSet",
        "OrderedDict",
        "Reversible",
        "Sequence",
        "Set",
        "Tuple",
        "ValuesView",
        "defaultdict",
        "deque",
        "dict",
        "frozenset",
        "list",
        "set",
        "tuple",
    }
)
"""Last names of generic types whose elements are their arguments."""
BUILTIN_HOLDERS = {
    name: f"builtins.{name.lower()}"
    for name in (
        *("dict", "frozenset", "list", "set", "tuple"),
        *("Dict", "FrozenSet", "List", "Set", "Tuple"),
    )
}
"""Those of them that are builtin types: no class of the project answers for their attributes."""
TRANSPARENT = frozenset(
    {"Awaitable", "Coroutine", "AsyncContextManager", "ContextManager", "Self"}
)
"""Last names of generic types that stand for their last argument: what awaiting or entering them gives."""
CLASSES = frozenset({"type", "Type"})


@dataclass(frozen=True, slots=True)
class Annotated:
    """One member of a union: a dotted name and its arguments, each in normal form."""

    name: str
    arguments: tuple[str, ...] = ()

    @property
    def last(self) -> str:
        """Last component of the name."""
        return self.name.rpartition(".")[2]


@lru_cache(maxsize=8192)
def members(text: str) -> tuple[Annotated, ...]:
    """Members of the union that ``text`` is; ``?`` and ``None`` are left out."""
    found = []
    for part in split_outside(text, "|"):
        name, _, rest = part.partition("[")
        if name not in {"?", "None", ""}:
            arguments = split_outside(rest.removesuffix("]"), ",") if rest else ()
            found.append(Annotated(name, tuple(arguments)))
    return tuple(found)


def split_outside(text: str, separator: str) -> list[str]:
    """Split at the separators that are outside of brackets."""
    parts: list[str] = []
    depth = start = 0
    for index, char in enumerate(text):
        depth += (char == "[") - (char == "]")
        if char == separator and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]]

"""Suspicion from what failure messages say: code that they name, and attributes that they miss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tdad.facts import DefinitionKind
from tdad.graph.suspects.ground import Ground
from tdad.graph.suspects.messages import Said

_OFTEN = 0.3
"""Share of the messages that name something that was not executed, for it to become a case."""
_RARE = 3
"""A name of more definitions than this makes no case."""
_MAKER = 0.7
"""Where a class is named its constructor is meant as well, a little less."""
_MAKERS = ("__init__", "__new__", "__post_init__")
_FURTHER = 0.8
"""Factor for each constructor further up: the nearest is likelier to have left something out."""
_CLASS = 0.5
"""For a class that has constructors: its bases may be wrong as well."""
_CODE = frozenset({DefinitionKind.CLASS, DefinitionKind.FUNCTION})


def named(ground: Ground, told: Mapping[str, Said]) -> None:
    """Names in failure messages. The more definitions are called so, the less it says of each.

    What is named and was not executed becomes a case of its own, if the name is rare.
    """
    total = max(1, len(told))
    counts = Counter(name for each in told.values() for name in each.names)
    for name, number in sorted(counts.items()):
        found = meant(ground, name)
        share = number / total / max(1, len(found))
        for definition in found:
            rare = len(found) <= _RARE and share >= _OFTEN
            if definition in ground.cases or (rare and ground.kind(definition) in _CODE):
                _name(ground, definition, share)


def _name(ground: Ground, definition: str, share: float) -> None:
    case = ground.case(definition)
    case.line = case.line or ground.line_of(definition)
    case.named = min(1.0, case.named + share)
    maker = ground.cases.get(f"{definition}.__init__")
    if maker is not None:
        maker.named = max(maker.named, _MAKER * case.named)


def meant(ground: Ground, name: str) -> Sequence[str]:
    """Definitions that a dotted name may mean: those with the longest end of it. Nobody is meant by ``__init__``."""
    *parts, ending = name.split(".")
    found: Sequence[str] = ground.called(ending)
    special = ending.startswith("__")
    for part in reversed(parts):
        ending = f"{part}.{ending}"
        longer = [each for each in found if f".{each.partition('::')[2]}".endswith(f".{ending}")]
        if not longer:
            break
        found, special = longer, False
    return () if special else found


def lacking(ground: Ground, told: Mapping[str, Said]) -> None:
    """``'X' object has no attribute 'a'``: constructors of X should have set it, or X has the wrong bases."""
    total = max(1, len(told))
    counts = Counter(cls for each in told.values() for cls, _ in each.lacking)
    shares: dict[str, float] = {}
    for name, number in sorted(counts.items()):
        classes = [
            each for each in ground.called(name) if ground.kind(each) is DefinitionKind.CLASS
        ]
        for cls in classes:
            for definition, part in _makers(ground, cls):
                share = part * number / total / len(classes)
                shares[definition] = shares.get(definition, 0.0) + share
    for definition, share in shares.items():
        case = ground.case(definition)
        case.lacking = min(1.0, share)
        case.line = case.line or ground.line_of(definition)


def _makers(ground: Ground, cls: str) -> Iterator[tuple[str, float]]:
    """(what makes an object of the class, how likely it is to blame)."""
    part = 1.0
    for each in ground.resolver.mro(cls):
        for maker in _MAKERS:
            if ground.kind(f"{each}.{maker}") is DefinitionKind.FUNCTION:
                yield f"{each}.{maker}", part
                part *= _FURTHER
    yield cls, _CLASS if part < 1.0 else 1.0

"""Sets of parameters by their place: ids that are made of addresses, times or chance are others in every process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from tdad.facts import Status

UNSTABLE = (
    "its parameter ids are others in every process, and it did not end alike every time, so which set of parameters"
    " failed cannot be told; give them ids: pytest.param(…, id=…)"
)
"""Said of a test that is found by its place only, where the places may have changed."""


def spots_of(names: Iterable[str], collected: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Node id with parameters → the how manyth it is among the sets of its function, and how many there are.

    Args:
        names: Those that are asked for; of those that were not collected nothing is said.
        collected: All that one process collected, in that order.
    """
    wanted = {name for name in names if "[" in name}
    if not wanted:
        return {}
    functions = {function_of(name) for name in wanted}
    sets: dict[str, list[str]] = {}
    for name in collected:
        if "[" in name and function_of(name) in functions:
            sets.setdefault(function_of(name), []).append(name)
    return {
        name: (place, len(each))
        for each in sets.values()
        for place, name in enumerate(each)
        if name in wanted
    }


def function_of(name: str) -> str:
    """The node id without parameters."""
    return name.partition("[")[0]


def as_many(before: Mapping[str, Status], collected: Iterable[str]) -> frozenset[str]:
    """Functions with parameters of which head has as many sets as were recorded, if not those that were."""
    recorded = Counter(function_of(name) for name in before if "[" in name)
    there = Counter(function_of(name) for name in collected if "[" in name)
    return frozenset(name for name, number in recorded.items() if there[name] == number)

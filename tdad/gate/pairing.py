"""Which test of the baseline is which test of the head: by name, by body, by what they have in common."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tdad.facts_checks import CheckedFile, CheckedTest

_ALIKE = 0.5
"""Share of statements that a renamed and edited test has in common with the old one, at least."""
_ALIKE_BY_NAME = 0.25
"""The same where the name is the same in another file or class."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """The tests of two versions, side by side."""

    pairs: tuple[tuple[CheckedTest, CheckedTest], ...]
    """Tests and helpers that are in both, moved ones included."""
    moved: tuple[tuple[CheckedTest, CheckedTest], ...]
    """Those of them that have another name or path."""
    gone: tuple[CheckedTest, ...]
    """Tests of the baseline without a partner."""
    come: tuple[CheckedTest, ...] = ()
    """Tests of the head without one."""


def pair_tests(
    old: Mapping[str, CheckedFile], new: Mapping[str, CheckedFile], renamed: Mapping[str, str]
) -> Pairing:
    """Pair the tests of all files; helpers are paired by name only."""
    unreadable = {path for path, file in new.items() if file.error is not None}
    waiting = {
        (renamed.get(test.path, test.path), test.qualname): test
        for file in old.values()
        for test in file.tests
        if renamed.get(test.path, test.path) not in unreadable
    }
    open_ = [test for file in new.values() for test in file.tests]
    pairs: list[tuple[CheckedTest, CheckedTest]] = []
    moved: list[tuple[CheckedTest, CheckedTest]] = []
    come: list[CheckedTest] = []
    names = {(test.path, test.qualname) for test in open_}
    others = {test.body for key, test in waiting.items() if key not in names}
    for now in open_:
        was = waiting.get((now.path, now.qualname))
        if was is None or (was.is_test and not now.is_test) or _is_another(was, now, others):
            come.append(now)
            continue
        del waiting[now.path, now.qualname]
        pairs.append((was, now))
    gone = [test for test in waiting.values() if test.is_test]
    come = [test for test in come if test.is_test]
    for rule in (_same_body, _same_name, _alike):
        found = rule(gone, come, renamed)
        for was, now in found:
            gone.remove(was)
            come.remove(now)
            moved.append((was, now))
    return Pairing((*pairs, *moved), tuple(moved), tuple(gone), tuple(come))


def _is_another(was: CheckedTest, now: CheckedTest, gone: set[str]) -> bool:
    """Tell whether a test is one that was called otherwise, and only took over the name."""
    return now.body != was.body and now.body in gone and alike(was, now) < _ALIKE_BY_NAME


Pairs = list[tuple[CheckedTest, CheckedTest]]


def _same_body(
    gone: Iterable[CheckedTest], come: Iterable[CheckedTest], _renamed: Mapping[str, str]
) -> Pairs:
    waiting: dict[str, list[CheckedTest]] = defaultdict(list)
    for test in gone:
        waiting[test.body].append(test)
    found: Pairs = []
    for now in come:
        same = waiting.get(now.body, [])
        best = next((was for was in same if was.name == now.name), same[0] if same else None)
        if best is not None:
            same.remove(best)
            found.append((best, now))
    return found


def _same_name(
    gone: Iterable[CheckedTest], come: Iterable[CheckedTest], _renamed: Mapping[str, str]
) -> Pairs:
    left = list(come)
    found: Pairs = []
    for was in gone:
        same = [now for now in left if now.name == was.name]
        here = [now for now in same if now.path == was.path]  # in or out of a class
        named = [now for now in same if alike(was, now) >= _ALIKE_BY_NAME] or here
        if named:
            best = max(named, key=lambda now: alike(was, now))
            left.remove(best)
            found.append((was, best))
    return found


def _alike(
    gone: Iterable[CheckedTest], come: Iterable[CheckedTest], renamed: Mapping[str, str]
) -> Pairs:
    """Pair tests of one file that have most in common, the likest first."""
    places: dict[str, list[CheckedTest]] = defaultdict(list)
    for now in come:
        places[now.path].append(now)
    scored = sorted(
        (
            (-score, was.definition, now.definition, was, now)
            for was in gone
            for now in places[renamed.get(was.path, was.path)]
            if (score := alike(was, now)) >= _ALIKE
        ),
        key=lambda each: each[:3],
    )
    used: set[str] = set()
    found: Pairs = []
    for _score, left, right, was, now in scored:
        if f"- {left}" not in used and f"+ {right}" not in used:
            used |= {f"- {left}", f"+ {right}"}
            found.append((was, now))
    return found


def alike(was: CheckedTest, now: CheckedTest) -> float:
    """Return the share of statements, or of checks, that two tests have in common; 0 to 1."""
    return max(
        _share(Counter(was.statements), Counter(now.statements)),
        _share(Counter(was.expanded), Counter(now.expanded)),
    )


def _share(left: Counter[str], right: Counter[str]) -> float:
    total = sum((left | right).values())
    return sum((left & right).values()) / total if total else 0.0

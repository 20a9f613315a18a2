"""Two versions of the test files of a change → what they demand less, and which tests only moved."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from tdad.facts_checks import CheckedFile, CheckedTest, PassKind, Weakening
from tdad.facts_gate import PolicyKind
from tdad.gate.excuses import (
    compare_excuses,
    compare_mocks,
    compare_parameters,
    file_excuses,
    stops,
)
from tdad.gate.pairing import Pairing, pair_tests
from tdad.gate.weaken import Elsewhere, compare_checks

_WORD = re.compile(r"[A-Za-z_]\w*")

Files = Mapping[str, CheckedFile]
"""Path → what one version of the file demands."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What became of the tests of a change."""

    weakenings: tuple[Weakening, ...] = ()
    moved: Mapping[str, str] = field(default_factory=dict)
    """``path::qualname`` of a test that is no longer there → where it is now; empty: its checks are in other tests."""
    edited: frozenset[str] = frozenset()
    """``path::qualname`` of the tests that are in both versions and are not the same."""
    support: frozenset[str] = frozenset()
    """Paths of the baseline in which a fixture or another function that is no test is not the same."""


@dataclass(frozen=True, slots=True)
class Code:
    """What is known about the code under test, to tell its mocks from others."""

    changed: frozenset[str] = frozenset()
    """Dotted names of changed definitions: ``shop.cart.Cart.total``."""
    removed: frozenset[str] = frozenset()
    """Last names of the definitions that the change removed, and that are nowhere else."""
    packages: frozenset[str] = frozenset()
    """Top-level names of the project's own modules."""


def compare_tests(
    old: Files, new: Files, renamed: Mapping[str, str] | None = None, code: Code | None = None
) -> Compared:
    """Compare the tests of all files that a change touches.

    Args:
        old: Of the baseline; a file that was added is not in it.
        new: Of the head; a file that was deleted is not in it.
        renamed: Old path → new path.
        code: The code under test.
    """
    pairing = pair_tests(old, new, renamed or {})
    elsewhere = Elsewhere(_come(pairing))
    found: list[Weakening] = []
    for was, now in pairing.pairs:
        found += _compare_pair(was, now, elsewhere, code or Code())
    moved = {was.definition: now.definition for was, now in pairing.moved}
    lost = []
    for test in pairing.gone:
        keys = Counter(test.expanded)
        if keys and all(elsewhere.keys[key] >= number for key, number in keys.items()):
            elsewhere.keys.subtract(keys)
            moved[test.definition] = ""
        else:
            lost.append(test)
    found += _deleted(lost, new, renamed or {})
    for path, file in new.items():
        before = old.get(next((o for o, n in (renamed or {}).items() if n == path), path))
        if before is not None and file.error is None:
            found += file_excuses(before, file)
    tests = {test.definition: test for file in old.values() for test in file.tests}
    found = [_with_code(each, tests, (code or Code()).removed) for each in found]
    support = {was.path for was, now in pairing.pairs if not was.is_test and was.body != now.body}
    return Compared(_without_repeats(found), moved, _edited(pairing), frozenset(support))


def _with_code(
    each: Weakening, tests: Mapping[str, CheckedTest], removed: frozenset[str]
) -> Weakening:
    """What went away together with the code that it tested is no more than worth a look."""
    if each.kind not in {PolicyKind.WEAKENED_TEST, PolicyKind.REMOVED_TEST} or not removed:
        return each
    words = set(_WORD.findall(each.old))
    if each.kind is PolicyKind.REMOVED_TEST and (test := tests.get(each.test)) is not None:
        words = {*test.calls, *(word for key in test.expanded for word in _WORD.findall(key))}
    gone = sorted(words & removed)
    if not gone:
        return each
    return replace(
        each, certain=False, message=f"{each.message}; {gone[0]} is no longer there, either"
    )


def _compare_pair(
    was: CheckedTest, now: CheckedTest, elsewhere: Elsewhere, code: Code
) -> Iterator[Weakening]:
    if not (now.is_test or now.is_fixture or now.checks):
        return  # a helper that checks nothing: who called it says what is gone
    if not stops(was, now):  # then what follows is not looked at
        yield from compare_checks(was, now, elsewhere)
    if now.is_test:
        yield from compare_excuses(was, now)
        yield from compare_parameters(was, now)
    yield from compare_mocks(was, now, code.changed, code.packages)


def _come(pairing: Pairing) -> Counter[str]:
    """Count the checks that tests of the head make and their versions in the baseline did not."""
    found: Counter[str] = Counter()
    for was, now in pairing.pairs:
        if now.is_test and not _is_excused(now):
            found += Counter(now.expanded) - Counter(was.expanded)
    for test in pairing.come:
        if not _is_excused(test):
            found.update(test.expanded)
    return found


def _is_excused(test: CheckedTest) -> bool:
    """It never runs, or may fail: what moved there is not checked any more."""
    return any(
        each.kind is not PassKind.RETRY and not each.condition and not each.inside
        for each in test.passes
    )


def _deleted(
    lost: Iterable[CheckedTest], new: Files, renamed: Mapping[str, str]
) -> Iterator[Weakening]:
    """Yield one finding for each deleted test, and one for all tests of a deleted file."""
    whole: dict[str, int] = Counter(
        test.path for test in lost if renamed.get(test.path, test.path) not in new
    )
    for path, number in whole.items():
        tests = "1 test" if number == 1 else f"{number} tests"
        yield Weakening(PolicyKind.REMOVED_TEST, path, 0, "", f"the file is deleted, with {tests}")
    for test in lost:
        path = renamed.get(test.path, test.path)
        if path not in new or new[path].error is not None:
            continue
        hidden = next(
            (t for t in new[path].tests if not t.is_test and t.body == test.body and t.checks),
            None,
        )
        kind, what = PolicyKind.REMOVED_TEST, "the test is deleted"
        if hidden is not None:
            kind = PolicyKind.SKIPPED_TEST
            what = f"the test is now called {hidden.qualname}, which pytest does not collect"
        line = hidden.span.first if hidden is not None else 0
        yield Weakening(kind, path, line, test.definition, what)


def _edited(pairing: Pairing) -> frozenset[str]:
    return frozenset(
        was.definition
        for was, now in pairing.pairs
        if was.is_test
        and (
            was.body != now.body
            or was.expanded != now.expanded
            or was.parameters != now.parameters
            or was.passes != now.passes
        )
    )


def _without_repeats(found: Iterable[Weakening]) -> tuple[Weakening, ...]:
    """Keep one of findings about one and the same line: a helper that many tests call, a mark of a class."""
    first: dict[tuple[object, ...], Weakening] = {}
    for each in found:
        alone = not each.line or not (each.old or each.new)
        test = each.test if alone else ""
        key = (each.kind, each.path, each.line, each.message, each.old, each.new, test)
        first.setdefault(key, each)
    return tuple(sorted(first.values()))

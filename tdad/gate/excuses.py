"""Two versions of one test → new reasons not to pass, fewer parameters, more mocks."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from tdad.facts_checks import CheckedFile, CheckedTest, Parametrization, Pass, PassKind, Weakening
from tdad.facts_gate import PolicyKind

_KINDS = {
    PassKind.SKIP: PolicyKind.SKIPPED_TEST,
    PassKind.XFAIL: PolicyKind.EXCUSED_TEST,
    PassKind.RETRY: PolicyKind.WEAKENED_TEST,
}
_WORDS = {
    PassKind.SKIP: "the test is skipped",
    PassKind.XFAIL: "the test is expected to fail",
    PassKind.RETRY: "the test is run again until it passes",
}


def compare_excuses(was: CheckedTest, now: CheckedTest) -> Iterator[Weakening]:
    """Yield the reasons not to pass that a test did not have before."""
    for excuse, why in _new_excuses(was.passes, now.passes):
        yield _excused(excuse, why, now.path, now.definition)


def stops(was: CheckedTest, now: CheckedTest) -> bool:
    """Tell whether a test now always ends with ``pytest.skip()`` or the like."""
    before = {excuse.key for excuse in was.passes}
    return any(e.inside and not e.condition and e.key not in before for e in now.passes)


def file_excuses(was: CheckedFile, now: CheckedFile) -> Iterator[Weakening]:
    """Yield the reasons that a whole file did not have before."""
    for excuse, why in _new_excuses(was.passes, now.passes):
        found = _excused(
            excuse, why.replace("the test is", "all tests of the file are"), now.path, ""
        )
        yield found


def _excused(excuse: Pass, why: str, path: str, test: str) -> Weakening:
    return Weakening(
        _KINDS[excuse.kind],
        path,
        excuse.line,
        test,
        why,
        certain=not excuse.condition,
        new=excuse.text,
    )


def _new_excuses(before: tuple[Pass, ...], after: tuple[Pass, ...]) -> Iterator[tuple[Pass, str]]:
    """Yield new excuses, and those that excuse more than they did, with a sentence."""
    left = list(before)
    come = []
    for excuse in after:
        same = next((each for each in left if each.key == excuse.key), None)
        if same is None:
            come.append(excuse)
            continue
        left.remove(same)
        if same.strict and not excuse.strict and excuse.kind is PassKind.XFAIL:
            yield (
                excuse,
                "the test may now pass although it is expected to fail (no longer strict)",
            )
        elif same.raises and not excuse.raises:
            yield excuse, "the test is expected to fail with any exception"
    for excuse in come:
        was = next((each for each in left if each.kind is excuse.kind), None)
        if was is not None and was.condition and not excuse.condition:
            left.remove(was)
            yield excuse, f"{_WORDS[excuse.kind]} always, not only under a condition"
        elif was is not None:
            left.remove(was)  # another condition, or the same one written otherwise
        else:
            where = " under a condition" if excuse.condition else ""
            yield excuse, f"{_WORDS[excuse.kind]}{where}"


def compare_parameters(was: CheckedTest, now: CheckedTest) -> Iterator[Weakening]:
    """Yield the rows of parameters that are gone, and those that are excused now."""
    left = list(now.parameters)
    for before in was.parameters:
        after = next((p for p in left if p.names == before.names), None)
        if after is None:
            yield from _without(was, now, before)
            continue
        left.remove(after)
        if before.sets is not None and after.sets is not None:
            yield from _rows(now, before, after)


def _rows(
    test: CheckedTest, before: Parametrization, after: Parametrization
) -> Iterator[Weakening]:
    assert before.sets is not None
    assert after.sets is not None
    now = Counter(row.values for row in after.sets)
    gone = [row for row in before.sets if not _take(now, row.values)]
    number = len(before.sets) - len(after.sets)
    if gone and number > 0:
        rows = "one row" if number == 1 else f"{number} rows"
        yield Weakening(
            PolicyKind.WEAKENED_TEST,
            test.path,
            after.line,
            test.definition,
            f"{rows} fewer of parameters: {len(before.sets)} became {len(after.sets)}",
            old=", ".join(row.text for row in gone[:3]) + (", …" if len(gone) > 3 else ""),
        )
    elif gone:
        come = Counter(row.values for row in before.sets)
        others = [row for row in after.sets if not _take(come, row.values)]
        yield Weakening(
            PolicyKind.EXPECTED_VALUE,
            test.path,
            others[0].line or after.line,
            test.definition,
            "a row of parameters is another"
            if len(gone) == 1
            else f"{len(gone)} rows of parameters are others",
            old=gone[0].text,
            new=others[0].text,
        )
    known = {(row.values, e.key) for row in before.sets for e in row.excused}
    for row in after.sets:
        for excuse in row.excused:
            if (row.values, excuse.key) not in known and any(
                row.values == each.values for each in before.sets
            ):
                why = _WORDS[excuse.kind].replace("the test is", "a row of parameters is")
                yield _excused(excuse, why, test.path, test.definition)


def _take(rows: Counter[tuple[str, ...]], row: tuple[str, ...]) -> bool:
    if rows[row] <= 0:
        return False
    rows[row] -= 1
    return True


def _without(was: CheckedTest, now: CheckedTest, before: Parametrization) -> Iterator[Weakening]:
    """A mark is gone: nothing is lost when what it gave is in the checks, or another mark gives as much."""
    missing = Counter(was.expanded) - Counter(now.expanded)
    count = len(before.sets or ())
    made = math.prod(len(p.sets or (1,)) for p in now.parameters)
    had = math.prod(len(p.sets or (1,)) for p in was.parameters)
    if missing and count > 1 and made < had:
        yield Weakening(
            PolicyKind.WEAKENED_TEST,
            now.path,
            now.span.first,
            now.definition,
            f"the test is no longer run with {count} rows of parameters",
            certain=len(was.checks) == len(now.checks),
            old=before.text,
        )


def compare_mocks(
    was: CheckedTest, now: CheckedTest, changed: frozenset[str], packages: frozenset[str]
) -> Iterator[Weakening]:
    """Yield the code of the project that the test replaces and did not replace before."""
    before = {mock.target for mock in was.mocks}
    for mock in now.mocks:
        if mock.target in before:
            continue
        hit = any(_touches(mock.target, name) for name in changed)
        if hit or mock.target.partition(".")[0] in packages:
            what = "code that this change edits" if hit else "code of the project"
            yield Weakening(
                PolicyKind.MOCKED_CODE,
                now.path,
                mock.line or now.span.first,
                now.definition,
                f"the test replaces {what}: {mock.target}",
                certain=hit,
                new=mock.text,
            )


def _touches(target: str, changed: str) -> bool:
    """Tell whether replacing ``target`` replaces the definition ``changed``, which may have a folder before it."""
    return f".{changed}".endswith(f".{target}") or f".{target}." in f".{changed}."

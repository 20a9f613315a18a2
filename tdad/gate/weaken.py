"""Two versions of one test → the checks that demand less than before."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tdad.facts_checks import (
    Check,
    CheckedTest,
    CheckKind,
    Guard,
    GuardKind,
    Strength,
    Weakening,
)
from tdad.facts_gate import PolicyKind
from tdad.gate.differences import difference

_WEAKER = PolicyKind.WEAKENED_TEST
_HELPER = re.compile(
    r"_*(?:check|verify|expect|ensure|validate|should|run|test|compare)\w*", re.IGNORECASE
)

_ABOUT_ERRORS = re.compile(r"exc|err|warn|raised|caught", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Checks of the head that no test of the baseline made: where moved ones may be."""

    keys: Counter[str]

    def takes(self, key: str) -> bool:
        """Tell whether one is left for ``key``; it is then used up."""
        if self.keys[key] <= 0:
            return False
        self.keys[key] -= 1
        return True


def compare_checks(
    old: CheckedTest, new: CheckedTest, elsewhere: Elsewhere
) -> Iterator[Weakening]:
    """Yield what the new version of a test demands less than the old one."""
    same, left, come = _exact_pairs(old.checks, new.checks)
    left = _not_unrolled(old, new, left)
    pairs, left, come = _by_subject(left, come)
    for was, now in same:
        yield from _guarded(new, was, now, come)
    for was, now in pairs:
        elsewhere.takes(now.key)  # it stands for this one, and for no other
        yield from _compared(new, was, now)
        yield from _guarded(new, was, now, come)
    left, come = _prepared_otherwise(left, come)
    left = [check for check in left if check.kind is not CheckKind.NOTHING]
    left = [check for check in left if not _is_covered(check, old, new)]
    left = [check for check in left if not elsewhere.takes(check.key)]
    left, come, viewed = _viewed(left, come)
    for was, now, certain in viewed:
        what = "a check looks at a part or a view of the value only"
        yield Weakening(
            _WEAKER, now.path, now.line, new.definition, what, certain, was.text, now.text
        )
    left = _rewritten(left, come)
    yield from _removed(old, new, left, come)
    if _makes_fewer(old, new):
        what = "the checks are made for fewer values"
        yield Weakening(_WEAKER, new.path, new.span.first, new.definition, what)


_LOSSY = re.compile(
    r"(?:sorted|set|frozenset|len|round|int|bool|type|max|min|any|all)\((?P<inside>.*)\)"
    r"|(?P<text>.*)\.(?:lower|upper|casefold|strip|lstrip|rstrip|keys|values)\(\)"
)


def _viewed(
    old: Sequence[Check], new: Sequence[Check]
) -> tuple[list[Check], list[Check], list[tuple[Check, Check, bool]]]:
    """Pair checks for one value with those for a view of it; several parts may be all there are."""
    come, left = list(new), []
    pairs: list[tuple[Check, Check, bool]] = []
    for was in old:
        views = [now for now in come if _is_view(now, was)] if was.kind is CheckKind.EXACT else []
        if not views:
            left.append(was)
            continue
        lossy = len(views) == 1 and _LOSSY.fullmatch(views[0].subject) is not None
        pairs.append((was, views[0], lossy))
        for now in views:
            come.remove(now)
    return left, come, pairs


def _is_view(now: Check, was: Check) -> bool:
    """Tell whether a check looks at something that is made of the value that another one looks at."""
    if not was.subject or now.kind in {CheckKind.RAISES, CheckKind.WARNS, CheckKind.HELPER}:
        return False
    found = _LOSSY.fullmatch(now.subject)
    if found is not None and was.subject in found.groups():
        return True
    return now.subject != was.subject and _is_part(now.subject, was.subject)


def _makes_fewer(old: CheckedTest, new: CheckedTest) -> bool:
    """Tell whether as many checks are made for fewer rows of a loop; rows of parameters are another finding."""
    return (
        len(new.expanded) < len(old.expanded)
        and len(new.checks) >= len(old.checks)
        and _number_of_sets(new) >= _number_of_sets(old)
        and bool(Counter(old.expanded) - Counter(new.expanded))
    )


def _number_of_sets(test: CheckedTest) -> int:
    return math.prod(len(p.sets or (1,)) for p in test.parameters)


# ------------------------------------------------------------------------------------------------ pairing


def _exact_pairs(
    old: Sequence[Check], new: Sequence[Check]
) -> tuple[list[tuple[Check, Check]], list[Check], list[Check]]:
    """Pair checks that demand the same; among several first those with the same guards."""
    come = list(new)
    pairs: list[tuple[Check, Check]] = []
    left: list[Check] = []
    for strict in (True, False):
        for was in old if strict else list(left):
            found = next(
                (n for n in come if _same(was, n) and (not strict or was.guards == n.guards)), None
            )
            if found is not None:
                come.remove(found)
                pairs.append((was, found))
                if not strict:
                    left.remove(was)
            elif strict:
                left.append(was)
    return pairs, left, come


def _same(was: Check, now: Check) -> bool:
    return was.key == now.key or (
        was.kind is now.kind is CheckKind.EXACT
        and (was.subject, was.expected) == (now.expected, now.subject)
    )


def _not_unrolled(old: CheckedTest, new: CheckedTest, left: list[Check]) -> list[Check]:
    """Drop checks that the new version makes with parameters or in a loop, value by value."""
    if not left:
        return left
    made = Counter(new.expanded)
    made.subtract(Counter(check.key for check in old.checks if check not in left))
    if len(old.checks) == len(old.expanded):
        return [check for check in left if not _take(made, check.key)]
    missing = Counter(old.expanded) - Counter(new.expanded)
    return left if missing else []


def _take(made: Counter[str], key: str) -> bool:
    if made[key] <= 0:
        return False
    made[key] -= 1
    return True


def _by_subject(
    old: Sequence[Check], new: Sequence[Check]
) -> tuple[list[tuple[Check, Check]], list[Check], list[Check]]:
    """Pair checks of the same value, the closest in strength and kind first."""
    come = list(new)
    pairs, left = [], []
    for was in old:
        candidates = [now for now in come if _related(was, now)]
        if not candidates:
            left.append(was)
            continue
        best = max(
            candidates,
            key=lambda now: (now.kind is was.kind, now.expected == was.expected, now.strength),
        )
        come.remove(best)
        pairs.append((was, best))
    return pairs, left, come


def _related(was: Check, now: Check) -> bool:
    if was.kind in {CheckKind.RAISES, CheckKind.WARNS}:
        return now.kind is was.kind
    if now.kind in {CheckKind.RAISES, CheckKind.WARNS, CheckKind.NOTHING, CheckKind.UNREACHED}:
        return False
    if was.kind is CheckKind.UNREACHED:
        return False
    if was.subject.startswith("all(") and now.subject == f"any{was.subject[3:]}":
        return True
    if now.kind is CheckKind.ALTERNATIVE and was.key in now.parts:
        return True
    return was.subject == now.subject or (
        was.kind is CheckKind.SIZE and now.subject == f"len({was.subject})"
    )


def _prepared_otherwise(
    old: Sequence[Check], new: Sequence[Check]
) -> tuple[list[Check], list[Check]]:
    """Take away checks that are written alike, of variables that are made otherwise now."""
    come, left = list(new), []
    for was in old:
        same = (now for now in come if now.kind is was.kind and set(now.plain) == set(was.plain))
        found = next(same, None) if any(was.plain) else None
        if found is None:
            left.append(was)
        else:
            come.remove(found)
    return left, come


def _is_covered(was: Check, old: CheckedTest, new: CheckedTest) -> bool:
    """Tell whether a check for one value says all that ``was`` said of it, or of a part of it."""
    if was.strength >= Strength.EXACT or not was.subject:
        return False
    if any(
        now.kind is CheckKind.EXACT and not now.guards and was.plain[0] in now.plain
        for now in new.checks
        if was.plain[0]
    ):
        return True
    known = {check.key for check in old.checks}
    return any(
        now.strength is Strength.EXACT
        and now.key not in known
        and (_is_part(now.subject, was.subject) or _is_part(was.subject, now.subject))
        for now in new.checks
    )


def _is_part(long: str, short: str) -> bool:
    return long == short or (
        bool(short) and long.startswith((f"{short}.", f"{short}[", f"Subscript({short},"))
    )


def _rewritten(left: list[Check], come: list[Check]) -> list[Check]:
    """Take away as many as were put in their place: checks of something else that demand at least as much."""
    rest = []
    raising = [n for n in come if n.kind in {CheckKind.RAISES, CheckKind.WARNS} and n.expected]
    for was in left:
        if raising and _ABOUT_ERRORS.search(was.subject):
            continue  # pytest.raises(X, match=…) says what kind and what message
        found = next(
            (now for now in come if now.expected == was.expected and now.strength >= was.strength),
            None,
        ) or next(
            (now for now in come if now.strength >= was.strength or now.kind is CheckKind.HELPER),
            None,
        )
        if found is None:
            rest.append(was)
        else:
            come.remove(found)
    return rest


# ------------------------------------------------------------------------------------------------ findings


def _removed(
    old: CheckedTest, new: CheckedTest, left: Sequence[Check], come: Sequence[Check]
) -> Iterator[Weakening]:
    """Yield one finding for each check that is gone without anything in its place."""
    known = {check.key for check in old.checks}
    helpers = any(c.kind is CheckKind.HELPER and c.key not in known for c in new.checks) or any(
        _HELPER.fullmatch(call) for call in new.calls if call not in old.calls
    )
    instead = list(come)
    for was in left:
        now = instead.pop(0) if instead else None
        if now is not None and now.kind is CheckKind.NOTHING:
            what = "a check became one that cannot fail"
        elif now is not None:
            what = "a check became a weaker one of something else"
        else:
            what = "a check is gone"
        yield Weakening(
            _WEAKER,
            new.path,
            now.line if now is not None and now.path == new.path else new.span.first,
            new.definition,
            what,
            certain=not helpers
            and (now is None or now.kind is CheckKind.NOTHING)
            and _strong(new) < _strong(old),
            old=was.text,
            new=now.text if now is not None else "",
        )


def _strong(test: CheckedTest) -> int:
    """Count the checks that can fail, one for each row of parameters."""
    return sum(not key.startswith(CheckKind.NOTHING) for key in test.expanded)


def _compared(test: CheckedTest, was: Check, now: Check) -> Iterator[Weakening]:
    """Yield what a check of the same value demands less."""
    found = difference(was, now)
    if found is not None:
        kind, what, certain = found
        yield Weakening(
            kind, now.path, now.line, test.definition, what, certain, old=was.text, new=now.text
        )


def _guarded(
    test: CheckedTest, was: Check, now: Check, come: Sequence[Check]
) -> Iterator[Weakening]:
    """Yield the conditions that a check is made under and was not before.

    What another check that has come (``come``) says of a thread or a task may be that it did not fail.
    """
    told = any(GuardKind.UNHEARD not in {guard.kind for guard in each.guards} for each in come)
    kinds = {guard.kind for guard in was.guards}
    for guard in now.guards:
        if guard in was.guards or (guard.kind in kinds and guard.kind not in _LOST):
            continue
        yield Weakening(
            _WEAKER,
            now.path,
            now.line,
            test.definition,
            _GUARDED[guard.kind].format(_short(guard)),
            certain=guard.kind is not GuardKind.LOOP
            and not guard.environment
            and not (told and guard.kind is GuardKind.UNHEARD),
            old=was.text,
            new=now.text,
        )
        return


_LOST = frozenset({GuardKind.SWALLOWED, GuardKind.UNHEARD})
_GUARDED = {
    GuardKind.IF: "a check is made only if {}",
    GuardKind.LOOP: "a check is made only for what is in {}",
    GuardKind.SWALLOWED: "the failure of a check is dropped by {}",
    GuardKind.UNHEARD: "a check is made where nobody hears of its failure, in {}",
    GuardKind.HANDLER: "a check is made only in {}",
}


def _short(guard: Guard) -> str:
    text = guard.text or guard.what
    return f"`{text if len(text) <= 60 else text[:59] + '…'}`"

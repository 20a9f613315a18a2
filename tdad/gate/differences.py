"""Two versions of one check, of the same value → what it demands less, or otherwise."""

from __future__ import annotations

import builtins

from tdad.facts_checks import Check, CheckKind, Tolerance
from tdad.facts_gate import PolicyKind

_WEAKER, _OTHER = PolicyKind.WEAKENED_TEST, PolicyKind.EXPECTED_VALUE
_CALLED = (
    "assert_called_once_with",
    "assert_awaited_once_with",
    "assert_called_with",
    "assert_awaited_with",
    "assert_has_calls",
    "assert_any_call",
    "assert_not_called",
    "assert_called_once",
    "assert_called",
)
"""The more a method demands the earlier it is here."""

Difference = tuple[PolicyKind, str, bool]


def difference(was: Check, now: Check) -> Difference | None:  # noqa: PLR0911 - one for each sort of difference
    """Return the sort of finding, what to say, and whether it is certain; ``None``: it demands as much."""
    if was.kind in {CheckKind.RAISES, CheckKind.WARNS}:
        return _raised(was, now)
    if was.kind is now.kind is CheckKind.CALLED:
        return _called(was, now)
    if now.kind is CheckKind.ALTERNATIVE and was.key in now.parts:
        return _WEAKER, "a check became one of several that will do", True
    if was.kind is now.kind is CheckKind.ALTERNATIVE:
        if set(was.parts) < set(now.parts):
            return _WEAKER, "one more alternative will do", True
        return None
    if now.strength < was.strength:
        empty = was.kind is CheckKind.EXACT and was.expected in _EMPTY and now.expected == "not"
        size = was.kind is CheckKind.SIZE and was.expected == "0" and now.expected == "not"
        what = f"a check demands less of the same value ({_words(was)} became {_words(now)})"
        return _WEAKER, what, not (empty or size)
    if now.strength > was.strength:
        return None
    if (many := _many(was, now)) is not None:
        return _WEAKER, many, True
    if was.kind is now.kind is CheckKind.APPROXIMATE and was.tolerance != now.tolerance:
        wider = _wider(was.tolerance, now.tolerance)
        if wider is not None:
            return _WEAKER, "the tolerance is wider", wider
    if was.kind is now.kind and was.expected != now.expected and was.subject == now.subject:
        return _expected(was, now)
    return None


def _many(was: Check, now: Check) -> str | None:
    """What is said where one of many will do that did not before."""
    if was.kind is CheckKind.SIZE and now.kind in {CheckKind.ORDER, CheckKind.MEMBER}:
        return "any of many sizes will do"
    if was.subject.startswith("all(") and now.subject == f"any{was.subject[3:]}":
        return "one that fits is enough, instead of all"
    return None


_EMPTY = frozenset({"List()", "Dict()", "Tuple()", "''", "0"})


def _words(check: Check) -> str:
    words = {CheckKind.EXACT: "equality", CheckKind.TRUTH: "truth", CheckKind.MEMBER: "a part"}
    return words.get(check.kind, str(check.kind))


def _expected(was: Check, now: Check) -> Difference | None:
    if was.kind is CheckKind.ORDER:
        return _bound(was, now)
    if now.kind in _EQUAL and now.expected == now.subject:
        return _WEAKER, "a value is compared with itself", True
    if was.kind is CheckKind.HELPER:
        return None
    if was.kind is CheckKind.MEMBER and _is_shorter(was.expected, now.expected):
        return _WEAKER, "a smaller part of the value is asked for", True
    return _OTHER, "another value is expected", True


_EQUAL = frozenset({CheckKind.EXACT, CheckKind.UNORDERED, CheckKind.APPROXIMATE})


def _is_shorter(was: str, now: str) -> bool:
    left, right = was.partition(" "), now.partition(" ")
    if left[0] != right[0] or left[0] == "one":
        return False
    return right[2].strip("'\"") in left[2]


def _bound(was: Check, now: Check) -> Difference | None:
    """``x < 5`` became ``x < 50``."""
    (sign, _, first), (other, _, second) = was.expected.partition(" "), now.expected.partition(" ")
    try:
        before, after = float(first), float(second)
    except ValueError:
        return _OTHER, "another bound is expected", True
    if sign[0] == other[0]:
        looser = after > before if sign[0] == "<" else after < before
        if looser or (after == before and len(other) > len(sign)):
            return _WEAKER, "the bound is wider", True
        return None
    return _OTHER, "another bound is expected", True


def _wider(was: Tolerance, now: Tolerance) -> bool | None:
    """Whether ``now`` allows more; ``False`` when that cannot be told, ``None`` when it does not."""
    verdicts: list[bool | None] = []
    for before, after, sign in (
        (was.relative, now.relative, 1),
        (was.absolute, now.absolute, 1),
        (was.places, now.places, -1),
    ):
        if before == after:
            continue
        if isinstance(before, str) or isinstance(after, str):
            verdicts.append(False)
        elif before is None or after is None:
            default = 1e-6 if before is None else 0.0
            verdicts.append(True if (after or 0.0) * sign > default else None)
        else:
            verdicts.append(True if (after - before) * sign > 0 else None)
    if True in verdicts:
        return True
    return False if False in verdicts else None


def _called(was: Check, now: Check) -> Difference | None:
    before, after = was.expected.partition("(")[0], now.expected.partition("(")[0]
    if before in _CALLED and after in _CALLED and _CALLED.index(after) > _CALLED.index(before):
        return _WEAKER, "less is demanded of how a mock was called", True
    if before == after and was.expected != now.expected:
        return _OTHER, "a mock is expected to be called with something else", True
    return None


def _raised(was: Check, now: Check) -> Difference | None:
    before, after = was.subject.split("|"), now.subject.split("|")
    if set(before) < set(after) or any(_is_broader(a, b) for a in after for b in before):
        return _WEAKER, "a broader exception is expected", True
    if was.expected and not now.expected and set(after) <= set(before):
        return _WEAKER, "the message of the exception is no longer looked at", True
    narrower = set(after) < set(before) or all(
        any(_is_broader(b, a) for b in before) for a in after
    )
    if before != after and not narrower:
        return _OTHER, "another exception is expected", True
    if was.expected and now.expected and was.expected != now.expected:
        return _OTHER, "another message is expected", True
    return None


def _is_broader(wide: str, narrow: str) -> bool:
    """Tell whether exception ``wide`` is a base of ``narrow``; of those that are no builtins the names tell nothing."""
    if wide in {"Exception", "BaseException"} and narrow not in {"Exception", "BaseException", ""}:
        return True
    kinds = getattr(builtins, wide, None), getattr(builtins, narrow, None)
    if not all(isinstance(kind, type) and issubclass(kind, BaseException) for kind in kinds):
        return False
    return kinds[0] is not kinds[1] and issubclass(kinds[1], kinds[0])  # type: ignore[arg-type]  # both are classes

"""Calls that check: of unittest, pytest, numpy and mocks → the checks they make."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import libcst as cst

from tdad.facts_checks import Check, CheckKind, Tolerance
from tdad.source.checks.demands import (
    Reading,
    call_text,
    close,
    compared,
    demands,
    different,
    exact,
    member,
    number,
)
from tdad.source.checks.normal import Names, keyword, last_name, plain_arguments

Given = list[cst.BaseExpression]
Rule = Callable[[cst.Call, Given, Reading], Check]

_NAMED_LIKE_A_CHECK = re.compile(
    r"_*(?:assert|check|verify|expect|ensure|validate|should)(?:[A-Z_0-9]\w*)?"
)
_MOCKED = re.compile(
    r"assert_(?:(?:any_|has_)?calls?|(?:not_)?called|called_\w+|(?:not_)?awaited|awaited_\w+|any_await|has_awaits)"
)
_RAISING = {
    "raises": CheckKind.RAISES,
    "assertRaises": CheckKind.RAISES,
    "assertRaisesRegex": CheckKind.RAISES,
    "assertRaisesRegexp": CheckKind.RAISES,
    "assertRaisesMessage": CheckKind.RAISES,
    "assert_raises": CheckKind.RAISES,
    "assert_raises_regex": CheckKind.RAISES,
    "warns": CheckKind.WARNS,
    "assertWarns": CheckKind.WARNS,
    "assertWarnsRegex": CheckKind.WARNS,
    "assertWarnsMessage": CheckKind.WARNS,
    "assert_warns": CheckKind.WARNS,
    "deprecated_call": CheckKind.WARNS,
    "assertLogs": CheckKind.WARNS,
}


def check_of_call(call: cst.Call, names: Names) -> Iterator[Check]:
    """Yield the checks that a call makes when it stands as a statement; none for calls that check nothing."""
    name, given, read = last_name(call.func), plain_arguments(call), Reading(names)
    owner = last_name(call.func.value) if isinstance(call.func, cst.Attribute) else ""
    if name in {"assertTrue", "assertFalse", "failUnless", "failIf", "assert_"} and given:
        yield from demands(given[0], names, negated=name in {"assertFalse", "failIf"})
    elif name == "fail" and owner in {"pytest", "self", "cls", "testcase", "case", "test"}:
        yield Check(CheckKind.UNREACHED, "")
    elif name in _RAISING:
        yield raising(call, names)
    elif name in _RULES and len(given) >= _ARGUMENTS.get(name, 2):
        yield _RULES[name](call, given, read)
    elif _MOCKED.fullmatch(name) and isinstance(call.func, cst.Attribute):
        yield Check(CheckKind.CALLED, read.of(call.func.value), f"{name}({call_text(call, read)})")
    elif _NAMED_LIKE_A_CHECK.fullmatch(name):
        yield Check(CheckKind.HELPER, name, call_text(call, read))


def raising(call: cst.Call, names: Names) -> Check:
    """``pytest.raises(…)``, ``assertRaises(…)`` and relatives, as call or as context."""
    read = Reading(names)
    name, given = last_name(call.func), plain_arguments(call)
    expected = given[0] if given else keyword(call, "expected_exception")
    match = keyword(call, "match") or keyword(call, "expected_regex")
    if (
        match is None
        and len(given) > 1
        and ("Regex" in name or name.endswith(("regex", "Message")))
    ):
        match = given[1]
    if expected is None:
        found = "DeprecationWarning" if name == "deprecated_call" else ""
    elif isinstance(expected, cst.Tuple):
        found = "|".join(sorted(read.of(element.value) for element in expected.elements))
    else:
        found = read.of(expected)
    told = "" if match is None else read.of(match)
    return Check(_RAISING[name], found, "" if told == "None" else told)


def is_raising(node: cst.BaseExpression) -> bool:
    """Tell whether an expression is a call of ``pytest.raises`` or one of its relatives."""
    return isinstance(node, cst.Call) and last_name(node.func) in _RAISING


def is_context(node: cst.BaseExpression) -> bool:
    """Tell whether an expression is one of those that does nothing until ``with`` is made of it."""
    if not isinstance(node, cst.Call) or not is_raising(node):
        return False
    told = 2 if last_name(node.func).endswith(("Regex", "Regexp", "Message", "regex")) else 1
    return len(node.args) <= told or all(arg.keyword is not None for arg in node.args[told:])


def _order(order: type[cst.BaseCompOp]) -> Rule:
    return lambda _call, given, read: compared(given[0], order(), given[1], read, negated=False)


def _member(*, inside: bool) -> Rule:
    return lambda _call, given, read: member(given[0], given[1], read, inside=inside)


def _exact(_call: cst.Call, given: Given, read: Reading) -> Check:
    return exact(given[0], given[1], read)


def _unordered(_call: cst.Call, given: Given, read: Reading) -> Check:
    return replace(exact(given[0], given[1], read), kind=CheckKind.UNORDERED)


def _different(_call: cst.Call, given: Given, read: Reading) -> Check:
    return different(given[0], given[1], read)


def _none(_call: cst.Call, given: Given, read: Reading) -> Check:
    return Check(CheckKind.EXACT, read.of(given[0]), "None")


def _not_none(_call: cst.Call, given: Given, read: Reading) -> Check:
    return Check(CheckKind.DIFFERENT, read.of(given[0]), "None")


def _type(_call: cst.Call, given: Given, read: Reading) -> Check:
    return Check(CheckKind.TYPE, read.of(given[0]), read.of(given[1]))


def _places(default: float) -> Rule:
    def rule(call: cst.Call, given: Given, read: Reading) -> Check:
        places = keyword(call, "places", 2) or keyword(call, "decimal", 2)
        delta = keyword(call, "delta", 4)
        wide = Tolerance(places=default if places is None else number(places, read))
        if delta is not None:
            wide = Tolerance(absolute=number(delta, read))
        return replace(close(call, given, read, (), ()), tolerance=wide)

    return rule


def _close(call: cst.Call, given: Given, read: Reading) -> Check:
    return close(call, given, read, ("rtol",), ("atol",))


def _regex(_call: cst.Call, given: Given, read: Reading) -> Check:
    return Check(CheckKind.MEMBER, read.of(given[0]), f"search {read.of(given[1])}")


_EXACTS = (
    "assertEqual assertEquals failUnlessEqual assertIs assertListEqual assertDictEqual assertSetEqual assertTupleEqual"
    " assertSequenceEqual assertMultiLineEqual assert_equal assert_array_equal assert_string_equal assertQuerySetEqual"
    " assertQuerysetEqual assertHTMLEqual assertXMLEqual assertJSONEqual"
)
_RULES: Mapping[str, Rule] = {
    **dict.fromkeys(_EXACTS.split(), _exact),
    "assertCountEqual": _unordered,
    "assertItemsEqual": _unordered,
    "assertNotEqual": _different,
    "assertNotEquals": _different,
    "assertIsNot": _different,
    "assertIsNone": _none,
    "assertIsNotNone": _not_none,
    "assertIn": _member(inside=True),
    "assertNotIn": _member(inside=False),
    "assertIsInstance": _type,
    "assertLess": _order(cst.LessThan),
    "assertLessEqual": _order(cst.LessThanEqual),
    "assertGreater": _order(cst.GreaterThan),
    "assertGreaterEqual": _order(cst.GreaterThanEqual),
    "assertRegex": _regex,
    "assertRegexpMatches": _regex,
    "assertAlmostEqual": _places(7),
    "assertAlmostEquals": _places(7),
    "assert_almost_equal": _places(7),
    "assert_array_almost_equal": _places(6),
    "assert_allclose": _close,
}
_ARGUMENTS = {"assertIsNone": 1, "assertIsNotNone": 1}

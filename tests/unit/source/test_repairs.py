"""Template repairs: the exact text of each, and that what was broken on purpose can be repaired."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent

import pytest

from tdad.facts_fix import Template
from tdad.source.mutations import break_file, faults_of, fits
from tdad.source.repairs import Ranked, repair_file, repairs_of, units


def of(source: str, template: Template, words: Sequence[str] = ()) -> set[str]:
    """The repaired line of each repair by that template."""
    data = dedent(source).encode()
    found = set()
    for ranked in repairs_of("a.py", data, words=words):
        if ranked.repair.template is template:
            text = repair_file(data, ranked.repair)
            assert text is not None, ranked
            before, after = data.decode().splitlines(), text.decode().splitlines()
            changed = [line.strip() for line in after if line not in before]
            found.add("|".join(changed))
    return found


CASES = [
    ("def f(a, b):\n    return a - b\n", Template.OPERATOR, "return a + b"),
    ("def f(a, b):\n    return a + b\n", Template.OPERATOR, "return a * b"),
    ("def f(a, b):\n    return a or b\n", Template.OPERATOR, "return a and b"),
    ("def f(a, b):\n    return a != b\n", Template.OPERATOR, "return a == b"),
    ("def f(a):\n    a -= 2\n", Template.OPERATOR, "a += 2"),
    ("def f(a):\n    if not (a == 1):\n        return a\n", Template.CONDITION, "if a == 1:"),
    ("def f(a):\n    if a == 1:\n        return a\n", Template.CONDITION, "if not (a == 1):"),
    ("def f(a, b):\n    if a and b:\n        return a\n", Template.CONDITION, "if a:"),
    (
        "def f(a, b):\n    return a > 1 and b.c()\n",
        Template.CONDITION,
        "return a > 1 and not b.c()",
    ),
    ("def f(a, b):\n    return a or not b\n", Template.CONDITION, "return a or b"),
    ("def f(a):\n    return a < 1\n", Template.OFF_BY_ONE, "return a <= 1"),
    ("def f(a, n):\n    return a[:n + 1]\n", Template.OFF_BY_ONE, "return a[:n]"),
    ("def f(a, n):\n    return a[:n]\n", Template.OFF_BY_ONE, "return a[:n - 1]"),
    ("def f(n):\n    return range(n)\n", Template.OFF_BY_ONE, "return range(n + 1)"),
    ("def f(a, b):\n    return g(b, a)\n", Template.ARGUMENTS, "return g(a, b)"),
    ("def f(a, b):\n    return g(a)\n", Template.NAME, "return g(b)"),
    (
        "class A:\n    def f(self):\n        self.max_size = 1\n        return self.size\n",
        Template.NAME,
        "return self.max_size",
    ),
    ("X = 11\n", Template.CONSTANT, "X = 10"),
    ("X = 0\n", Template.CONSTANT, "X = 1"),
    ("X = False\n", Template.CONSTANT, "X = True"),
    ('X = "utf8-x"\nY = "utf8"\n', Template.CONSTANT, 'X = "utf8"|Y = "utf8"'),
    ("def f(a=None):\n    return a + 7\n", Template.CONSTANT, "def f(a=7):"),
    ("def f(a):\n    b = a\n    return None\n", Template.RETURN, "return b"),
    ("def f(a):\n    return not a\n", Template.RETURN, "return a"),
    (
        "class A(B):\n    def f(self, x, *, y=1):\n        pass\n",
        Template.SUPER,
        "super().f(x, y=y)",
    ),
    (
        "class A:\n    def b(self):\n        return 1\n",
        Template.DECORATOR,
        "@property",
    ),
    ("async def f(g):\n    return g()\n", Template.AWAIT, "return await g()"),
    (
        "def f(g):\n    try:\n        g()\n    except ():\n        raise\n",
        Template.EXCEPT,
        "except (KeyError):",
    ),
    ("class A: ...\nclass B(object): ...\n", Template.BASE, "class B(A): ..."),
    ("def f(a):\n    return a.b\n", Template.NONE_CHECK, "if a is None:|return None"),
    ('def f(a=b"x"):\n    return a\n', Template.CONSTANT, 'def f(a=b""):'),
    ("X = b'ab1'\nY = b'ab'\n", Template.CONSTANT, "X = b'ab'"),
]


@pytest.mark.parametrize(
    ("source", "template", "expected"), CASES, ids=[str(c[1]) + ":" + c[2] for c in CASES]
)
def test_a_template_offers_that_text(source: str, template: Template, expected: str) -> None:
    found = of(source, template)
    wanted = {expected, *expected.split("|")[:1]}
    assert found & wanted, found


ELSEWHERE = """\
def h(x): ...
def k(x, full=False): ...
def f(b, a):
    b = h(b)
    if b > 1:
        return k(a, full=True)
    other = b
    return h(other)

"""


@pytest.mark.parametrize(
    ("after", "template", "expected"),
    [
        ("def g(b, a):\n    pass\n", Template.STATEMENT, "b = h(b)"),
        ("def g(b, a):\n    return b\n", Template.STATEMENT, "b = h(b)\n    return b"),
        ("def g(a):\n    return k(a)\n", Template.CALL, "k(a, full=True)"),
        ("def g(b):\n    if True:\n        k(b)\n", Template.CONDITION, "b > 1"),
        ("def g(b, a):\n    return None\n", Template.RETURN, "k(a, full=True)"),
    ],
)
def test_what_stands_elsewhere_is_offered_where_all_that_it_reads_is_known(
    after: str, template: Template, expected: str
) -> None:
    def offered(source: str) -> set[str]:
        found = [each.repair for each in repairs_of("a.py", source.encode())]
        g = ELSEWHERE.count("\n")
        return {each.replacement for each in found if each.template is template and each.first > g}

    assert expected in offered(ELSEWHERE + after)
    unknown = after.replace("b", "c").replace("a", "d").replace("pdss", "pass")
    assert not offered(ELSEWHERE + unknown) & {expected, expected.replace("return b", "return c")}


def test_strings_come_from_what_failing_tests_said() -> None:
    assert 'X = "colour"' in of('X = "color"\n', Template.CONSTANT, words=["colour", "weight"])
    assert not any(
        "weight" in text for text in of('X = "color"\n', Template.CONSTANT, words=["weight"])
    )


def test_a_condition_keeps_parentheses_that_it_needs() -> None:
    source = "def f(a):\n    if not (a or (b := 1)):\n        return 1\n"
    assert "if a or (b := 1):" in of(source, Template.CONDITION)
    walrus = "def f(a):\n    if not (b := a):\n        return 1\n"
    assert "if (b := a):" in of(walrus, Template.CONDITION)


SHOP = '''\
"""A shop."""
import math

LIMIT = 10
NAMES = ["apple", "pear"]


class Base:
    kind = "base"

    def __init__(self, name, price=1):
        self.name = name
        self.price = price


class Item(Base):
    def __init__(self, name, price=1):
        super().__init__(name, price)

    @property
    def total(self):
        if self.price > LIMIT and self.name:
            return self.price - 1
        return None

    def cut(self, items, count):
        found = items[:count]
        try:
            return max(found) + math.floor(self.price)
        except ValueError:
            return 0
'''


def test_every_repair_parses_or_is_refused_and_says_where_it_is() -> None:
    data = SHOP.encode()
    found = repairs_of("shop.py", data)
    assert len(found) > 60
    lines = data.decode().splitlines()
    for ranked in found:
        repair = ranked.repair
        text = repair_file(data, repair)
        if text is not None:
            ast.parse(text)
            assert text != data
        assert 1 <= repair.first <= repair.last <= len(lines)
        line = data.count(b"\n", 0, repair.start) + 1
        assert repair.first <= line <= max(repair.last, line)
        assert 0 < ranked.prior <= 1


def test_the_inverse_of_an_operator_is_among_the_repairs() -> None:
    """Of the faults that the audit seeds most can be undone: not those that throw text away."""
    data = SHOP.encode()
    faults = [fault for fault in faults_of("shop.py", data) if fits(data, fault)]
    kinds: dict[str, list[bool]] = {}
    for fault in faults:
        broken = break_file(data, fault)
        tree = ast.dump(ast.parse(data))
        undone = any(
            (text := repair_file(broken, ranked.repair)) is not None
            and ast.dump(ast.parse(text)) == tree
            for ranked in repairs_of("shop.py", broken)
        )
        kinds.setdefault(str(fault.kind), []).append(undone)
    for kind in (
        "negate condition",
        "off by one",
        "operator",
        "swap arguments",
        "remove super()",
        "remove except",
    ):
        assert all(kinds[kind]), (kind, kinds[kind])
    assert any(kinds["remove decorator"])
    assert any(kinds["constant"])


def test_what_runs_at_import_is_marked() -> None:
    found: dict[str, list[Ranked]] = {}
    for ranked in repairs_of("shop.py", SHOP.encode()):
        found.setdefault(ranked.repair.qualname, []).append(ranked)
    assert all(each.repair.at_import for each in found[""])
    assert any(each.repair.at_import for each in found["Base.__init__"]), "the default"
    inside = SHOP[: SHOP.index("found = ")].count("\n") + 1
    cut = [each.repair for each in found["Item.cut"] if each.repair.first >= inside]
    assert cut
    assert not any(repair.at_import for repair in cut)


@pytest.mark.parametrize("data", [b"def (:\n", b"\xff\xfe", b"", b"# only\n"])
def test_what_cannot_be_read_has_no_repairs(data: bytes) -> None:
    assert repairs_of("a.py", data) == ()


def test_a_byte_order_mark_stays() -> None:
    data = b"\xef\xbb\xbfX = False\n"
    texts = [repair_file(data, ranked.repair) for ranked in repairs_of("a.py", data)]
    assert b"\xef\xbb\xbfX = True\n" in texts


def test_only_what_has_a_wanted_line_is_looked_at_and_nothing_of_it_is_lost() -> None:
    text = Path(units.__file__).read_bytes()
    every = repairs_of("units.py", text)
    assert repairs_of("units.py", text, lines=range(1, text.count(b"\n") + 2)) == every
    for line in range(1, text.count(b"\n") + 1, 7):
        here = {one for one in every if one.repair.first <= line <= one.repair.last}
        found = set(repairs_of("units.py", text, lines={line}))
        assert here <= found
        assert len(found) < len(every) / 2

from __future__ import annotations

import pytest

from tdad.facts_gate import PolicyKind
from tdad.gate.tests_changed import Code
from tests.unit.gate.edits import compared

TEST = "def test_it():\n    assert cart.total() == 9\n"
CLASS = "class TestCart:\n    def test_it(self):\n        assert cart.total() == 9\n"
CASE = "class CartTest(TestCase):\n    def test_it(self):\n        self.assertEqual(cart.total(), 9)\n"
ROWS = "@pytest.mark.parametrize('x, y', [(1, 1), (2, 4), (3, 9)])\ndef test_it(x, y):\n    assert cart.get(x) == y\n"
SKIP, XFAIL, WEAK, GONE = (
    PolicyKind.SKIPPED_TEST,
    PolicyKind.EXCUSED_TEST,
    PolicyKind.WEAKENED_TEST,
    PolicyKind.REMOVED_TEST,
)

EXCUSED = {
    "skip": (TEST, f"@pytest.mark.skip\n{TEST}", SKIP, True),
    "skip with a reason": (TEST, f"@pytest.mark.skip(reason='slow')\n{TEST}", SKIP, True),
    "skipif True": (TEST, f"@pytest.mark.skipif(True, reason='x')\n{TEST}", SKIP, True),
    "skipif": (TEST, f"@pytest.mark.skipif(WINDOWS, reason='x')\n{TEST}", SKIP, False),
    "by an alias": (TEST, f"later = pytest.mark.skip(reason='x')\n@later\n{TEST}", SKIP, True),
    "of a class": (CLASS, f"@pytest.mark.skip\n{CLASS}", SKIP, True),
    "of a class, pytestmark": (
        CLASS,
        CLASS.replace("TestCart:\n", "TestCart:\n    pytestmark = pytest.mark.skip\n"),
        SKIP,
        True,
    ),
    "of a file": (TEST, f"pytestmark = [pytest.mark.skip(reason='x')]\n{TEST}", SKIP, True),
    "of a file, by a call": (
        TEST,
        f"pytest.skip('x', allow_module_level=True)\n{TEST}",
        SKIP,
        True,
    ),
    "unittest": (CASE, CASE.replace("    def", "    @unittest.skip('x')\n    def"), SKIP, True),
    "unittest fails": (
        CASE,
        CASE.replace("    def", "    @unittest.expectedFailure\n    def"),
        XFAIL,
        True,
    ),
    "in the body": (
        TEST,
        TEST.replace("    assert", "    pytest.skip('x')\n    assert"),
        SKIP,
        True,
    ),
    "skipTest": (
        CASE,
        CASE.replace("        self", "        self.skipTest('x')\n        self"),
        SKIP,
        True,
    ),
    "raise SkipTest": (
        CASE,
        CASE.replace("        self", "        raise unittest.SkipTest('x')\n        self"),
        SKIP,
        True,
    ),
    "in the body, if": (
        TEST,
        TEST.replace("    assert", "    if cart.slow:\n        pytest.skip('x')\n    assert"),
        SKIP,
        False,
    ),
    "xfail": (TEST, f"@pytest.mark.xfail\n{TEST}", XFAIL, True),
    "xfail in the body": (
        TEST,
        TEST.replace("    assert", "    pytest.xfail('x')\n    assert"),
        XFAIL,
        True,
    ),
    "no longer strict": (
        f"@pytest.mark.xfail(strict=True)\n{TEST}",
        f"@pytest.mark.xfail\n{TEST}",
        XFAIL,
        True,
    ),
    "always, not if": (
        f"@pytest.mark.skipif(WINDOWS, reason='x')\n{TEST}",
        f"@pytest.mark.skip(reason='x')\n{TEST}",
        SKIP,
        True,
    ),
    "flaky": (TEST, f"@pytest.mark.flaky(reruns=3)\n{TEST}", WEAK, True),
    "a row": (ROWS, ROWS.replace("(2, 4), ", ""), WEAK, True),
    "a default instead of a second mark": (
        (
            "@pytest.mark.parametrize('x', [1, 2])\n@pytest.mark.parametrize('y', [1, 2])\ndef test_it(x, y):\n"
            "    assert cart.get(x) == y\n"
        ),
        "@pytest.mark.parametrize('x', [1, 2])\ndef test_it(x, y=1):\n    assert cart.get(x) == y\n",
        WEAK,
        True,
    ),
    "another row": (ROWS, ROWS.replace("(2, 4)", "(2, 5)"), PolicyKind.EXPECTED_VALUE, True),
    "a skipped row": (
        ROWS,
        ROWS.replace("(2, 4)", "pytest.param(2, 4, marks=pytest.mark.skip)"),
        SKIP,
        True,
    ),
    "no parameters": (
        ROWS,
        "def test_it():\n    assert cart.get(1) == 1\n",
        WEAK,
        True,
    ),
    "deleted": (TEST + CLASS, CLASS, GONE, True),
    "no longer collected": (TEST, TEST.replace("test_it", "_test_it"), SKIP, True),
    "hidden by another": (
        TEST + "def test_other():\n    assert cart.name == 'a'\n",
        TEST + "def test_it():\n    assert cart.name == 'a'\n",
        None,
        True,
    ),
    "no class of tests": (CLASS, CLASS.replace("TestCart", "Cart"), SKIP, True),
    "__test__": (
        CLASS,
        CLASS.replace("TestCart:\n", "TestCart:\n    __test__ = False\n"),
        SKIP,
        True,
    ),
}


@pytest.mark.parametrize("name", EXCUSED)
def test_excused_or_gone(name):
    old, new, kind, certain = EXCUSED[name]
    found = compared(old, new).weakenings
    if kind is None:
        assert found
    else:
        assert [(f.kind, f.certain) for f in found] == [(kind, certain)]


HELPER = "def check(c, total, name):\n    assert c.total() == total\n    assert c.name == name\n"
METHOD = (
    "    def check(self, value):\n        self.assertEqual(cart.total(), value)\n    def test_it"
)
NOTHING = {
    "renamed": (TEST, TEST.replace("test_it", "test_total")),
    "into a class": (TEST, CLASS),
    "renamed and edited": (
        "def test_it():\n    cart.add(9)\n    cart.add(1)\n    assert cart.total() == 10\n",
        "def test_total():\n    cart.add(9)\n    cart.add(1)\n    assert cart.total() == 10\n    assert cart.name\n",
    ),
    "two made one": (
        "".join(f"def test_{n}():\n    assert cart.get({n}) == {n * n}\n" for n in (1, 2, 3)),
        ROWS,
    ),
    "one made two": (
        "def test_it():\n    assert cart.total() == 9\n    assert cart.name == 'a'\n",
        "def test_it():\n    assert cart.total() == 9\ndef test_name():\n    assert cart.name == 'a'\n",
    ),
    "rows in another order": (ROWS, ROWS.replace("(1, 1), (2, 4)", "(2, 4), (1, 1)")),
    "another row": (ROWS, ROWS.replace("(3, 9)", "(3, 9), (4, 16)")),
    "a helper": (
        "def test_it():\n    assert cart.total() == 9\n    assert cart.name == 'a'\n",
        HELPER + "def test_it():\n    check(cart, 9, 'a')\n",
    ),
    "a method that helps": (
        CASE,
        CASE.replace("    def test_it", METHOD).replace(
            "self.assertEqual(cart.total(), 9)", "self.check(9)"
        ),
    ),
    "a helper inside": (
        TEST,
        "def test_it():\n    def check(n):\n        assert cart.total() == n\n    check(9)\n",
    ),
    "no skip any more": (f"@pytest.mark.skip\n{TEST}", TEST),
    "strict now": (f"@pytest.mark.xfail\n{TEST}", f"@pytest.mark.xfail(strict=True)\n{TEST}"),
    "parameters instead of a loop": (
        "def test_it():\n    for x, y in [(1, 1), (2, 4), (3, 9)]:\n        assert cart.get(x) == y\n",
        ROWS,
    ),
    "other marks": (TEST, f"@pytest.mark.usefixtures('db')\n@pytest.mark.slow\n{TEST}"),
}


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_to_say(name):
    old, new = NOTHING[name]
    assert compared(old, new).weakenings == ()


def test_a_test_that_moved_to_another_file_is_not_deleted():
    found = compared(
        {"test_a.py": TEST + CLASS, "test_b.py": ""}, {"test_a.py": CLASS, "test_b.py": TEST}
    )
    assert found.weakenings == ()
    assert found.moved == {"test_a.py::test_it": "test_b.py::test_it"}


def test_a_helper_that_moved_to_another_file_is_read_there():
    helper = "def check(c, total):\n    assert c.total() == total\n"
    found = compared(
        {"tests/test_a.py": TEST},
        {
            "tests/test_a.py": "from tests.tools import check\ndef test_it():\n    check(cart, 9)\n",
            "tests/tools.py": helper,
        },
    )
    assert found.weakenings == ()


def test_a_weaker_helper_is_one_finding_for_all_who_call_it():
    helper = "def check(c, total):\n    assert c.total() == total\n"
    tests = "".join(f"def test_{n}():\n    check(cart, {n})\n" for n in range(3))
    found = compared(helper + tests, helper.replace(" == total", "") + tests).weakenings
    assert [(f.kind, f.line) for f in found] == [(WEAK, 5)]


def test_a_deleted_file_is_one_finding():
    found = compared({"test_a.py": TEST + CLASS, "test_b.py": TEST}, {"test_b.py": TEST})
    assert [(f.kind, f.message) for f in found.weakenings] == [
        (GONE, "the file is deleted, with 2 tests")
    ]


def test_a_renamed_file_is_none():
    old, new = {"test_a.py": TEST + CLASS}, {"test_b.py": TEST + CLASS}
    assert compared(old, new, renamed={"test_a.py": "test_b.py"}).weakenings == ()
    assert compared(old, new).weakenings == ()


def test_what_does_not_parse_is_no_deletion():
    assert compared(TEST, "def test_it(:\n").weakenings == ()


MOCKED = {
    "patch": "@mock.patch('shop.cart.total', return_value=9)\n" + TEST.replace("()", "(_m)", 1),
    "patch.object": TEST.replace(
        "    assert", "    mock.patch.object(cart, 'total').start()\n    assert"
    ),
    "monkeypatch": TEST.replace("()", "(monkeypatch)", 1).replace(
        "    assert", "    monkeypatch.setattr(cart, 'total', lambda: 9)\n    assert"
    ),
    "monkeypatch by name": TEST.replace("()", "(monkeypatch)", 1).replace(
        "    assert", "    monkeypatch.setattr('shop.cart.total', lambda: 9)\n    assert"
    ),
}


@pytest.mark.parametrize("name", MOCKED)
def test_code_that_is_replaced(name):
    changed = Code(frozenset({"src.shop.cart.total"}), packages=frozenset({"shop"}))
    found = compared(TEST, MOCKED[name], changed).weakenings
    assert [(f.kind, f.certain) for f in found] == [(PolicyKind.MOCKED_CODE, True)]
    other = compared(TEST, MOCKED[name], Code(packages=frozenset({"shop"}))).weakenings
    assert [(f.kind, f.certain) for f in other] == [(PolicyKind.MOCKED_CODE, False)]
    assert compared(TEST, MOCKED[name], Code(frozenset({"os.path"}))).weakenings == ()
    assert compared(MOCKED[name], MOCKED[name], changed).weakenings == ()


def test_a_test_that_goes_with_its_code_is_never_more_than_a_warning():
    gone = Code(removed=frozenset({"total"}))
    assert [(f.kind, f.certain) for f in compared(TEST, "", gone).weakenings] == [(GONE, False)]
    assert [
        f.certain for f in compared(TEST, "", Code(removed=frozenset({"name"}))).weakenings
    ] == [True]

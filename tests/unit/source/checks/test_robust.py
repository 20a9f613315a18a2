from __future__ import annotations

import pytest

from tdad.source.checks import read_checks, same_code

TEXTS = {
    "empty": b"",
    "no python": b"def (",
    "nul": b"a = '\0'",
    "not utf-8": b"a = '\xff'",
    "latin-1": "# coding: latin-1\ndef test_a():\n    assert f() == 'ä'\n".encode("latin-1"),
    "deep": b"def test_a():\n    assert " + b"(" * 300 + b"1" + b")" * 300,
    "loops in loops": b"def test_a():\n"
    + b"".join(b" " * (4 + n) + b"for x%d in [1, 2, 3]:\n" % n for n in range(12))
    + b" " * 20
    + b"assert f(x0, x11)\n",
    "helpers that call each other": b"""
def check(a):
    other(a)
    assert a
def other(a):
    check(a)
    check(a)
    assert a
def test_a():
    check(1)
    other(2)
""",
    "a name of names": b"def test_a():\n    x = f()\n"
    + b"    x = x + x\n" * 200
    + b"    assert x == 1\n",
    "many parameters": b"import pytest\n"
    + b"".join(b"@pytest.mark.parametrize('a%d', [1, 2, 3, 4])\n" % n for n in range(10))
    + b"def test_a():\n    assert f() == 1\n",
    "match": b"""
def test_a():
    match f():
        case [1, *x] if x:
            assert x == [2]
        case _:
            raise AssertionError
""",
    "bases in a circle": b"""
class TestA(TestB):
    def test_a(self):
        self.check()
class TestB(TestA):
    def test_b(self):
        super().check()
""",
    "everything": b"""
async def test_a():
    async with f() as (a, b):
        async for x in a:
            assert await x
    with suppress(E), pytest.raises(X) as e: f()
    try: f()
    except* (A, B): pass
    assert not (yield)
    assert (y := g()) == 1 < 2 != [*y]
    assert {**y} == {1: 2}, f'{y!r}'
    del y
    assert lambda q: q
""",
}


@pytest.mark.parametrize("name", TEXTS)
def test_whatever_is_in_a_file_it_is_read(name):
    found = read_checks({"test_a.py": TEXTS[name]})["test_a.py"]
    assert (found.error is not None) == (name in {"no python", "nul", "not utf-8", "deep"})


def test_a_file_that_is_not_asked_for_is_only_read_for_its_helpers():
    files = {
        "test_a.py": b"from tools import check\ndef test_a():\n    check(f())\n",
        "tools.py": b"def check(x):\n    assert x == 3\n",
    }
    found = read_checks(files, ["test_a.py"])
    assert list(found) == ["test_a.py"]
    assert [(c.key, c.path, c.line) for t in found["test_a.py"].tests for c in t.checks] == [
        ("exact f() 3", "tools.py", 2)
    ]


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (b"a = 1", b"a = (  # one\n    1)\n", True),
        (b"a = 'x' 'y'", b'a = "xy"', True),
        (b"a = 1", b"a = 2", False),
        (b"a = (", b"a = (", False),
        (b"a = '\0'", b"a = '\0'", False),
    ],
)
def test_only_layout_differs(old, new, same):
    assert same_code(old, new) == same

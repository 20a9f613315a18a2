from __future__ import annotations

import pytest

from tdad.source.checks import read_checks

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
    "helpers that call each other": b"def check(a):\n    other(a)\n    assert a\ndef other(a):\n    check(a)\n    check(a)\n"
    b"    assert a\ndef test_a():\n    check(1)\n    other(2)\n",
    "a name of names": b"def test_a():\n    x = f()\n"
    + b"    x = x + x\n" * 200
    + b"    assert x == 1\n",
    "many parameters": b"import pytest\n"
    + b"".join(b"@pytest.mark.parametrize('a%d', [1, 2, 3, 4])\n" % n for n in range(10))
    + b"def test_a():\n    assert f() == 1\n",
    "match": b"def test_a():\n    match f():\n        case [1, *x] if x:\n            assert x == [2]\n        case _:\n"
    b"            raise AssertionError\n",
    "bases in a circle": b"class TestA(TestB):\n    def test_a(self):\n        self.check()\n"
    b"class TestB(TestA):\n    def test_b(self):\n        super().check()\n",
    "everything": b"async def test_a():\n    async with f() as (a, b):\n        async for x in a:\n            assert await x\n"
    b"    with suppress(E), pytest.raises(X) as e: f()\n    try: f()\n    except* (A, B): pass\n    assert not (yield)\n"
    b"    assert (y := g()) == 1 < 2 != [*y]\n    assert {**y} == {1: 2}, f'{y!r}'\n    del y\n    assert lambda q: q\n",
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

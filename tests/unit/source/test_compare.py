"""What is a change and what is not: old text, new text, expected changes."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tdad.facts import Change
from tdad.source import compare_all, index
from tdad.source.compare import compare


def facts(text: str, path: str = "m.py"):
    return index(path, dedent(text).lstrip("\n").encode())


def changes(old: str, new: str) -> tuple[Change, ...]:
    return compare(facts(old), facts(new))


def summary(found: tuple[Change, ...]) -> list[str]:
    """One line per change: qualname kind part old→new @around binds."""
    return [
        " ".join(
            filter(
                None,
                [
                    change.qualname or "-",
                    str(change.kind),
                    str(change.part),
                    ",".join(f"{s.first}-{s.last}" for s in change.old),
                    "→" + ",".join(f"{s.first}-{s.last}" for s in change.new),
                    "@" + ",".join(f"{s.first}-{s.last}" for s in change.around)
                    if change.around
                    else "",
                    "binds=" + ",".join(change.binds) if change.binds else "",
                    "was=" + change.old_qualname if change.old_qualname else "",
                ],
            )
        )
        for change in found
    ]


FUNCTION = """
    def f(a, b=1):
        x = a + b
        if x:
            y = 1
        else:
            y = 2
        return y
"""

NO_CHANGE = {
    "identical": (FUNCTION, FUNCTION),
    "comment": ("x = 1\n", "# why\n\nx = 1  # because\n"),
    "blank lines in a body": (
        FUNCTION,
        FUNCTION.replace("return", "\n        # note\n        return"),
    ),
    "spaces": ("x = f(a,b)\n", "x = f( a, b )\n"),
    "trailing comma": (
        "x = f(a, b)\ny = [1, 2]\n",
        "x = f(\n    a,\n    b,\n)\ny = [\n    1,\n    2,\n]\n",
    ),
    "quotes": ("x = 'a'\n", 'x = "a"\n'),
    "escaped quotes": ("x = 'it\\'s'\n", 'x = "it\'s"\n'),
    "string prefix case": ("x = B'a'\ny = U'b'\n", "x = b'a'\ny = 'b'\n"),
    "raw string": ("x = r'a.b'\n", "x = 'a.b'\n"),
    "parentheses": ("x = a + b\n", "x = (a + b)\n"),
    "parenthesised with": (
        "def f():\n    with (a as b, c): pass\n",
        "def f():\n    with a as b, c: pass\n",
    ),
    "line continuation": ("x = a + b\n", "x = a + \\\n    b\n"),
    "implicit concatenation": ("x = 'ab' 'c'\n", "x = ('a'\n     'bc')\n"),
    "implicit concatenation of f-strings": ("x = f'a{b}' 'c' 'd'\n", "x = f'a{b}' 'cd'\n"),
    "number spelling": ("x = 1_000\ny = 0XFF\n", "x = 1000\ny = 0xff\n"),
    "tuple parentheses": ("x = 1, 2\n", "x = (1, 2)\n"),
    "one-line suite": ("def f():\n    if a: b()\n", "def f():\n    if a:\n        b()\n"),
    "semicolons": ("a = 1; b = 2\n", "a = 1\nb = 2\n"),
    "pass next to code": ("def f():\n    pass\n    return 1\n", "def f():\n    return 1\n"),
    "ellipsis for pass": ("def f(): ...\n", "def f():\n    pass\n"),
    "moved function": (
        "def f(): return 1\ndef g(): return 2\n",
        "def g(): return 2\ndef f(): return 1\n",
    ),
    "moved method": (
        "class C:\n    def f(self): return 1\n    def g(self): return 2\n",
        "class C:\n    def g(self): return 2\n    def f(self): return 1\n",
    ),
    "reordered constants": ("A = 1\nB = 2\n", "B = 2\nA = 1\n"),
    "reordered imports": ("import os\nimport sys\n", "import sys\nimport os\n"),
    "split import": ("from a import b, c\n", "from a import c\nfrom a import b\n"),
    "function moved past a constant": ("A = 1\ndef f(): return A\n", "def f(): return A\nA = 1\n"),
    "CRLF": ("x = '''a\nb'''\n", "x = '''a\r\nb'''\r\n"),
    "byte order mark": ("x = 1\n", "\ufeffx = 1\n"),
}


@pytest.mark.parametrize("name", NO_CHANGE)
def test_no_change(name: str) -> None:
    old, new = NO_CHANGE[name]
    assert summary(changes(old, new)) == []
    assert summary(changes(new, old)) == []


SEMANTIC = {
    "precedence": ("x = (a + b) * c\n", "x = a + b * c\n"),
    "chained comparison": ("x = a < b < c\n", "x = (a < b) < c\n"),
    "power and sign": ("x = (-a) ** 2\n", "x = -a ** 2\n"),
    "one-tuple": ("x = (a)\n", "x = (a,)\n"),
    "subscript by a tuple": ("x = a[1]\n", "x = a[1,]\n"),
    "bytes": ("x = b'a'\n", "x = 'a'\n"),
    "raw escapes": ("x = r'\\n'\n", "x = '\\n'\n"),
    "keyword": ("x = f(a)\n", "x = f(a=a)\n"),
    "star": ("x = f(a)\n", "x = f(*a)\n"),
    "double star": ("x = f(*a)\n", "x = f(**a)\n"),
    "slice": ("x = a[1:]\n", "x = a[:1]\n"),
    "set for list": ("x = {a, b}\n", "x = [a, b]\n"),
    "dict for set": ("x = {a: b}\n", "x = {a, b}\n"),
    "generator for list": ("x = [a for a in b]\n", "x = (a for a in b)\n"),
    "condition of a comprehension": ("x = [a for a in b]\n", "x = [a for a in b if a]\n"),
    "f-string conversion": ("x = f'{a}'\n", "x = f'{a!r}'\n"),
    "f-string spec": ("x = f'{a:>3}'\n", "x = f'{a:>4}'\n"),
    "f-string self-documenting": ("x = f'{a=}'\n", "x = f'{a = }'\n"),
    "f-string or not": ("x = f'{a}'\n", "x = '{a}'\n"),
    "lambda default": ("x = lambda a=1: a\n", "x = lambda a=2: a\n"),
    "lambda kind of parameter": ("x = lambda a: a\n", "x = lambda *a: a\n"),
    "not in": ("x = a in b\n", "x = a not in b\n"),
    "operator": ("x = a and b\n", "x = a or b\n"),
    "augmented": ("x = 1\nx += 1\n", "x = 1\nx -= 1\n"),
    "annotation": ("x: int = 1\n", "x: str = 1\n"),
    "conditional expression": ("x = a if b else c\n", "x = c if b else a\n"),
    "starred": ("x = [*a]\n", "x = [a]\n"),
    "number": ("x = 1\n", "x = 1.0\n"),
    "import alias": ("import a as b\n", "import c as b\n"),
    "relative import": ("from . import x\n", "from .. import x\n"),
}


@pytest.mark.parametrize("name", SEMANTIC)
def test_one_binding_changes(name: str) -> None:
    old, new = SEMANTIC[name]
    found = changes(old, new)
    assert [str(c.part) for c in found] == ["value"]
    assert str(found[0].kind) == "edited"


TABLE = {
    "edited statement": (
        FUNCTION,
        FUNCTION.replace("a + b", "a - b"),
        ["f edited body 2-2 →2-2"],
    ),
    "edited statement in a branch": (
        FUNCTION,
        FUNCTION.replace("y = 2", "y = 3"),
        ["f edited body 6-6 →6-6"],
    ),
    "edited condition": (
        FUNCTION,
        FUNCTION.replace("if x", "if not x"),
        ["f edited body 3-3 →3-3"],
    ),
    "edited return": (
        FUNCTION,
        FUNCTION.replace("return y", "return -y"),
        ["f edited body 7-7 →7-7"],
    ),
    "insertion in the body": (
        FUNCTION,
        FUNCTION.replace("        return", "        print(y)\n        return"),
        ["f edited body →7-7 @2-7"],
    ),
    "insertion in a branch": (
        FUNCTION,
        FUNCTION.replace("y = 1\n", "y = 1\n            print(y)\n"),
        ["f edited body →5-5 @4-4"],
    ),
    "insertion in an else": (
        FUNCTION,
        FUNCTION.replace("y = 2\n", "y = 2\n            print(y)\n"),
        ["f edited body →7-7 @6-6"],
    ),
    "deletion": (
        FUNCTION.replace("        return", "        print(y)\n        return"),
        FUNCTION,
        ["f edited body 7-7 →"],
    ),
    "removed else": (
        FUNCTION,
        FUNCTION.replace("        else:\n            y = 2\n", ""),
        ["f edited body 5-6 →"],
    ),
    "added else": (
        "def f(a):\n    if a:\n        b()\n    return 1\n",
        "def f(a):\n    if a:\n        b()\n    else:\n        c()\n    return 1\n",
        ["f edited body →4-5 @2-2"],
    ),
    "added elif": (
        "def f(a):\n    if a:\n        b()\n    return 1\n",
        "def f(a):\n    if a:\n        b()\n    elif a.x:\n        c()\n    return 1\n",
        ["f edited body →4-5 @2-2"],
    ),
    "added except": (
        "def f(a):\n    try:\n        b()\n    except A:\n        pass\n",
        "def f(a):\n    try:\n        b()\n    except B:\n        c()\n    except A:\n        pass\n",
        ["f edited body →4-5 @3-3"],
    ),
    "replaced pass": (
        "def f(a):\n    if a:\n        pass\n    return 1\n",
        "def f(a):\n    if a:\n        b()\n    return 1\n",
        ["f edited body →3-3 @2-2"],
    ),
    "wrapped in a condition": (
        "def f(a):\n    b()\n    return 1\n",
        "def f(a):\n    if a:\n        b()\n    return 1\n",
        ["f edited body 2-2 →2-3"],
    ),
    "swapped statements": (
        "def f(a):\n    b()\n    c()\n    d()\n",
        "def f(a):\n    c()\n    b()\n    d()\n",
        ["f edited body 3-3 →2-2 @2-4"],
    ),
    "after a return": (
        "def f(a):\n    return 1\n",
        "def f(a):\n    return 1\n    b()\n",
        ["f edited body →3-3 @2-2"],
    ),
    "with another context": (
        "def f(a):\n    with a:\n        b()\n",
        "def f(a):\n    with c:\n        b()\n",
        ["f edited body 2-2 →2-2"],
    ),
    "became a generator": (
        "def f(a):\n    b()\n    return 1\n",
        "def f(a):\n    b()\n    if a:\n        yield\n    return 1\n",
        ["f edited body 2-3 →2-5"],
    ),
    "became async": (
        "def f(a):\n    return 1\n",
        "async def f(a):\n    return 1\n",
        ["f edited header 1-1 →1-1 binds=f", "f edited body 2-2 →2-2"],
    ),
    "global declared": (
        "def f(a):\n    b()\n    X = 1\n",
        "def f(a):\n    global X\n    b()\n    X = 1\n",
        ["f edited body 2-3 →2-4"],
    ),
    "a global name became local": (
        "def f(a):\n    b(X)\n    if a:\n        c()\n",
        "def f(a):\n    b(X)\n    if a:\n        X = 1\n        c()\n",
        ["f edited body 2-4 →2-5"],
    ),
    "docstring": (
        'def f():\n    "Old."\n    return 1\n',
        'def f():\n    "New."\n    return 1\n',
        ["f edited docstring 2-2 →2-2"],
    ),
    "added docstring": (
        "def f():\n    return 1\n",
        'def f():\n    "New."\n    return 1\n',
        ["f added docstring →2-2"],
    ),
    "module docstring": ('"Old."\nx = 1\n', "x = 1\n", ["- removed docstring 1-1 →"]),
    "default": (
        "def f(a=1): return a\n",
        "def f(a=2): return a\n",
        ["f edited header 1-1 →1-1 binds=f"],
    ),
    "decorator": (
        "def f(a): return a\n",
        "@d\ndef f(a): return a\n",
        ["f edited header 1-1 →1-2 binds=f"],
    ),
    "base": (
        "class C:\n    x = 1\n",
        "class C(D):\n    x = 1\n",
        ["C edited header 1-1 →1-1 binds=C"],
    ),
    "class attribute": (
        "class C:\n    x = 1\n    y = 2\n",
        "class C:\n    x = 3\n    y = 2\n",
        ["C.x edited value 2-2 →2-2 binds=x"],
    ),
    "added attribute": (
        "class C:\n    x = 1\n",
        "class C:\n    x = 1\n    y = 2\n",
        ["C.y added value →3-3 @2-2 binds=y"],
    ),
    "method": (
        "class C:\n    def m(self):\n        return 1\n",
        "class C:\n    def m(self):\n        return 2\n",
        ["C.m edited body 3-3 →3-3"],
    ),
    "added method": (
        "class C:\n    def m(self):\n        return 1\n",
        "class C:\n    def m(self):\n        return 1\n    def n(self): return 2\n",
        ["C.n added whole →4-4 binds=n"],
    ),
    "removed function": (
        "def f(): return 1\ndef g(): return 2\n",
        "def f(): return 1\n",
        ["g removed whole 2-2 → binds=g"],
    ),
    "added class is one change": (
        "x = 1\n",
        "x = 1\nclass C:\n    def m(self): return 1\n",
        ["C added whole →2-3 binds=C"],
    ),
    "renamed function": (
        "def f(a):\n    return a\n",
        "def g(a):\n    return a\n",
        ["g renamed whole 1-2 →1-2 binds=f,g was=f"],
    ),
    "renamed class": (
        "class C:\n    def m(self): return 1\n",
        "class D:\n    def m(self): return 1\n",
        ["D renamed whole 1-2 →1-2 binds=C,D was=C"],
    ),
    "nested function's body": (
        "def f():\n    def g():\n        return 1\n    return g\n",
        "def f():\n    def g():\n        return 2\n    return g\n",
        ["f.g edited body 3-3 →3-3"],
    ),
    "nested function's header": (
        "def f():\n    def g(a=1):\n        return 1\n    return g\n",
        "def f():\n    def g(a=2):\n        return 1\n    return g\n",
        ["f edited body 2-2 →2-2"],
    ),
    "nested function gone": (
        "def f():\n    def g():\n        return 1\n    return h\n",
        "def f():\n    return h\n",
        ["f edited body 2-3 →", "f.g removed whole 2-3 →"],
    ),
    "local class": (
        "def f():\n    class C:\n        x = 1\n    return C\n",
        "def f():\n    class C:\n        x = 2\n    return C\n",
        ["f edited body 3-3 →3-3"],
    ),
    "constant": ("A = 1\nB = 2\n", "A = 1\nB = 3\n", ["B edited value 2-2 →2-2 binds=B"]),
    "added constant": ("A = 1\n", "A = 1\nB = 3\n", ["B added value →2-2 @1-1 binds=B"]),
    "removed constant": ("A = 1\nB = 2\n", "A = 1\n", ["B removed value 2-2 → binds=B"]),
    "effect": ("import a\na.go(1)\n", "import a\na.go(2)\n", ["- edited effect 2-2 →2-2"]),
    "added effect": ("import a\n", "import a\na.go(2)\n", ["- added effect →2-2 @1-1"]),
    "import of another name": (
        "from a import b, c\n",
        "from a import b, d\n",
        ["c removed value 1-1 → binds=c", "d added value →1-1 binds=d"],
    ),
    "import from elsewhere": (
        "from a import b, c\n",
        "from a import c\nfrom e import b\n",
        ["b edited value 1-1 →2-2 binds=b"],
    ),
    "star import": ("import a\n", "import a\nfrom b import *\n", ["- added value →2-2 binds=*"]),
    "conditional import": (
        "try:\n    import a\nexcept ImportError:\n    a = None\n",
        "try:\n    import a\nexcept ImportError:\n    a = 1\n",
        ["a edited value 4-4 →4-4 binds=a"],
    ),
    "conditional header": (
        "if X:\n    a = 1\n    b = 2\n",
        "if Y:\n    a = 1\n    b = 2\n",
        ["a edited value 1-3 →1-3 binds=a,b"],
    ),
    "same name twice, swapped": (
        "A = 1\nA = 2\n",
        "A = 2\nA = 1\n",
        ["A edited value 2-2 →1-1 binds=A"],
    ),
    "read before it is bound": (
        "A = 1\nB = A\n",
        "B = A\nA = 1\n",
        ["B edited value 2-2 →1-1 binds=B"],
    ),
    "effects swapped": (
        "a.go(1)\nb.go(2)\n",
        "b.go(2)\na.go(1)\n",
        ["- edited effect 2-2 →1-1"],
    ),
    "overload added": (
        "@overload\ndef f(a: int): ...\ndef f(a): return a\n",
        "@overload\ndef f(a: int): ...\n@overload\ndef f(a: str): ...\ndef f(a): return a\n",
        [],
    ),
    "setter": (
        "class C:\n    @property\n    def x(self): return 1\n    @x.setter\n    def x(self, v): self.y = v\n",
        "class C:\n    @property\n    def x(self): return 1\n    @x.setter\n    def x(self, v): self.z = v\n",
        ["C.x edited body 5-5 →5-5"],
    ),
    "does not parse any more": ("x = 1\n", "x = (\n", ["- edited whole 1-1 →1-2"]),
}


@pytest.mark.parametrize("name", TABLE)
def test_changes(name: str) -> None:
    old, new, expected = TABLE[name]
    assert summary(changes(old, new)) == expected


def test_a_definition_moved_past_its_use_is_a_change() -> None:
    found = changes("def f(): return 1\nx = f()\n", "x = f()\ndef f(): return 1\n")
    assert len(found) == 1
    assert found[0].detail == "order of names"


@pytest.mark.parametrize(
    ("old", "new", "details"),
    [
        (
            "class A(H): pass\nclass B(H): pass\n",
            "class B(H): pass\nclass A(H): pass\n",
            ["order of classes"],
        ),
        ("class A: pass\nclass B: pass\n", "class B: pass\nclass A: pass\n", []),
        ("e.set(1)\nv = e.get()\n", "v = e.get()\ne.set(1)\n", ["order"]),
        ("e.set(1)\nv = 2\n", "v = 2\ne.set(1)\n", []),
        ("a = 1\nb = a\na = 2\n", "a = 1\na = 2\nb = a\n", ["order"]),
        ("class T: pass\ndef f(x: 'T'): pass\n", "def f(x: 'T'): pass\nclass T: pass\n", []),
    ],
)
def test_what_a_new_order_is_for(old: str, new: str, details: list[str]) -> None:
    assert [change.detail for change in changes(old, new)] == details


def test_files_that_appear_and_vanish() -> None:
    one = facts("x = 1\n")
    assert summary(compare(None, one)) == ["- added whole →1-1"]
    assert summary(compare(one, None)) == ["- removed whole 1-1 →"]
    assert compare(None, None) == ()
    assert compare(one, None)[0].old_digest == one.digest


def test_a_doctest_says_so() -> None:
    found = changes('def f():\n    """>>> f()\n    1"""\n', 'def f():\n    """>>> f()\n    2"""\n')
    assert [c.detail for c in found] == ["doctest"]


def test_old_digest_is_that_of_the_old_version() -> None:
    old, new = facts("x = 1\n"), facts("x = 2\n")
    assert [c.old_digest for c in compare(old, new)] == [old.digest]


BODY = "def f(a):\n    b = a + 1\n    return b\n"


def test_a_moved_file_is_one_rename() -> None:
    found = compare_all([(facts(BODY, "a.py"), None), (None, facts("# moved\n" + BODY, "b.py"))])
    assert [(c.path, c.old_path, str(c.kind), str(c.part)) for c in found] == [
        ("b.py", "a.py", "renamed", "whole")
    ]


def test_a_definition_moved_between_files_is_one_rename() -> None:
    found = compare_all(
        [
            (facts(BODY + "x = 1\n", "a.py"), facts("x = 1\n", "a.py")),
            (facts("y = 1\n", "b.py"), facts("y = 1\n" + BODY, "b.py")),
        ]
    )
    assert [(c.path, c.qualname, c.old_path, c.old_qualname, str(c.kind)) for c in found] == [
        ("b.py", "f", "a.py", "f", "renamed")
    ]


def test_a_copied_definition_is_an_addition() -> None:
    a = facts(BODY, "a.py")
    found = compare_all([(a, a), (facts("y = 1\n", "b.py"), facts("y = 1\n" + BODY, "b.py"))])
    assert [(c.path, str(c.kind)) for c in found] == [("b.py", "added")]


def test_a_renamed_and_edited_file_keeps_its_old_path() -> None:
    found = compare(facts(BODY, "a.py"), facts(BODY.replace("1", "2"), "b.py"))
    assert {(c.qualname, c.path, c.old_path, str(c.kind)) for c in found} == {
        ("", "b.py", "a.py", "renamed"),
        ("f", "b.py", "a.py", "edited"),
    }


def test_huge_repetitive_suites_are_bounded() -> None:
    old = "def f():\n" + "    go()\n" * 1200
    new = "def f():\n" + "    go()\n    stop()\n" * 600
    assert len(changes(old, new)) == 1

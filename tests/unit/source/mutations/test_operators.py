"""Every operator: the exact text of every broken version."""

from __future__ import annotations

import pytest

from tdad.facts_faults import FaultKind, FaultLevel
from tdad.source.mutations import break_file, faults_of, fits


def broken(text: str, kind: FaultKind) -> list[str]:
    data = text.encode("utf-8")
    return [
        break_file(data, fault).decode("utf-8")
        for fault in faults_of("shop.py", data)
        if fault.kind is kind
    ]


def body(*lines: str) -> str:
    return "def f(a, b, c):\n" + "".join(f"    {line}\n" for line in lines)


BODIES = {
    "if": (FaultKind.NEGATE, "if a < b: c()", ["if not (a < b): c()"]),
    "if call": (FaultKind.NEGATE, "if a(b): c()", ["if not a(b): c()"]),
    "if not": (FaultKind.NEGATE, "if not a: c()", ["if a: c()"]),
    "if in parentheses": (FaultKind.NEGATE, "if (a or b): c()", ["if (not (a or b)): c()"]),
    "while": (FaultKind.NEGATE, "while a.b: c()", ["while not a.b: c()"]),
    "while True": (FaultKind.NEGATE, "while True: c()", []),
    "assert": (FaultKind.NEGATE, "assert a, b", ["assert not a, b"]),
    "conditional": (FaultKind.NEGATE, "c = a if b else c", ["c = a if not b else c"]),
    "comprehension": (
        FaultKind.NEGATE,
        "return [x for x in a if x]",
        ["return [x for x in a if not x]"],
    ),
    "integer": (FaultKind.CONSTANT, "a(7)", ["a(8)"]),
    "one": (FaultKind.CONSTANT, "a(1)", ["a(0)"]),
    "float": (FaultKind.CONSTANT, "a(1.5)", ["a(2.5)"]),
    "string": (FaultKind.CONSTANT, 'a("x")', ['a("XXx")']),
    "prefixed string": (FaultKind.CONSTANT, r"a(rb'\d')", [r"a(rb'XX\d')"]),
    "bool": (FaultKind.CONSTANT, "a(True)", ["a(False)"]),
    "None": (FaultKind.CONSTANT, "a(None)", ["a(0)"]),
    "f-string": (FaultKind.CONSTANT, 'a(f"x{b}")', []),
    "annotation": (FaultKind.CONSTANT, 'a: "int" = b', []),
    "log text": (FaultKind.CONSTANT, 'logger.info("done %s", a)', []),
    "other call of that name": (FaultKind.CONSTANT, 'a.info("done")', ['a.info("XXdone")']),
    "drop call": (FaultKind.DROP, "a(b)", ["pass"]),
    "drop assignment": (FaultKind.DROP, "a = b", ["pass"]),
    "drop augmented": (FaultKind.DROP, "a += b", ["pass"]),
    "drop raise": (FaultKind.DROP, "raise a", ["pass"]),
    "drop one of two": (FaultKind.DROP, "a(); b()", ["pass; b()", "a(); pass"]),
    "drop nothing": (FaultKind.DROP, "pass", []),
    "compare": (FaultKind.OFF_BY_ONE, "return a < b", ["return a <= b"]),
    "compare >=": (FaultKind.OFF_BY_ONE, "return a >= b", ["return a > b"]),
    "chained": (
        FaultKind.OFF_BY_ONE,
        "return a < b <= c",
        ["return a <= b <= c", "return a < b < c"],
    ),
    "range": (FaultKind.OFF_BY_ONE, "range(a)", ["range(a + 1)"]),
    "range from to": (FaultKind.OFF_BY_ONE, "range(a, b, c)", ["range(a, b + 1, c)"]),
    "slice": (FaultKind.OFF_BY_ONE, "return a[b:c]", ["return a[b + 1:c]", "return a[b:c + 1]"]),
    "slice of a sum": (FaultKind.OFF_BY_ONE, "return a[b or c:]", ["return a[(b or c) + 1:]"]),
    "swap": (FaultKind.SWAP, "a(b,  c)", ["a(c,  b)"]),
    "swap three": (FaultKind.SWAP, "a(1, b, c)", ["a(b, 1, c)", "a(1, c, b)"]),
    "swap keeps keywords": (FaultKind.SWAP, "a(b, c, x=1)", ["a(c, b, x=1)"]),
    "swap starred": (FaultKind.SWAP, "a(b, *c)", []),
    "swap alike": (FaultKind.SWAP, "a(b, b)", []),
    "swap max": (FaultKind.SWAP, "max(a, b)", []),
    "plus": (FaultKind.OPERATOR, "return a + b", ["return a - b"]),
    "floor": (FaultKind.OPERATOR, "return a // b", ["return a * b"]),
    "and": (FaultKind.OPERATOR, "return a and b", ["return a or b"]),
    "equal": (FaultKind.OPERATOR, "return a == b", ["return a != b"]),
    "is not": (FaultKind.OPERATOR, "return a is not b", ["return a is b"]),
    "not in": (FaultKind.OPERATOR, "return a not in b", ["return a in b"]),
    "minus": (FaultKind.OPERATOR, "return -a", ["return a"]),
    "augmented": (FaultKind.OPERATOR, "a += b", ["a -= b"]),
    "return": (FaultKind.RETURN, "return a", ["return None"]),
    "return None": (FaultKind.RETURN, "return None", []),
    "return nothing": (FaultKind.RETURN, "return", []),
    "return comparison": (
        FaultKind.RETURN,
        "return a == b",
        ["return None", "return not (a == b)"],
    ),
    "return in parentheses": (FaultKind.RETURN, "return (a)", ["return (None)"]),
    "yield outside a fixture": (FaultKind.RETURN, "yield a", []),
    "super statement": (FaultKind.SUPER, "super().__init__(a)", ["pass"]),
    "super value": (FaultKind.SUPER, "return super().f(a)", ["return None"]),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body(name: str) -> None:
    kind, line, expected = BODIES[name]
    assert sorted(broken(body(line), kind)) == sorted(body(text) for text in expected)


TEXTS = {
    "except": (
        FaultKind.EXCEPT,
        "def f():\n    try:\n        g()\n    except (A, B) as e:\n        pass\n",
        ["def f():\n    try:\n        g()\n    except (()) as e:\n        pass\n"],
    ),
    "except one": (
        FaultKind.EXCEPT,
        "def f():\n    try:\n        g()\n    except A:\n        pass\n",
        ["def f():\n    try:\n        g()\n    except ():\n        pass\n"],
    ),
    "await": (
        FaultKind.AWAIT,
        "async def f():\n    return await g()\n",
        ["async def f():\n    return g()\n"],
    ),
    "decorator": (
        FaultKind.DECORATOR,
        "@a\n@b(1)\ndef f(): pass\n",
        ["\n@b(1)\ndef f(): pass\n", "@a\n\ndef f(): pass\n"],
    ),
    "decorator in a class": (
        FaultKind.DECORATOR,
        "class A:\n    @property\n    def f(self): ...\n",
        ["class A:\n    \n    def f(self): ...\n"],
    ),
    "overload": (FaultKind.DECORATOR, "@overload\ndef f(a=1): ...\n", []),
    "default": (FaultKind.DEFAULT, "def f(a, b=1, *, c='x'): ...\n", [
        "def f(a, b=0, *, c='x'): ...\n",
        "def f(a, b=1, *, c='XXx'): ...\n",
    ]),
    "default that is no constant": (
        FaultKind.DEFAULT,
        "def f(a=g()): ...\n",
        ["def f(a=None): ...\n"],
    ),
    "module constant": (FaultKind.MODULE_CONSTANT, "RATE = 2  # %\n", ["RATE = 3  # %\n"]),
    "inside a module-level call": (
        FaultKind.MODULE_CONSTANT,
        "P = re.compile('a+')\n",
        ["P = re.compile('XXa+')\n"],
    ),
    "class attribute": (
        FaultKind.CLASS_ATTRIBUTE,
        "class A:\n    '''Doc.'''\n    x = None\n",
        ["class A:\n    '''Doc.'''\n    x = 0\n"],
    ),
    "base": (FaultKind.BASE_CLASS, "class A(B): ...\n", ["class A(object): ...\n"]),
    "last base": (FaultKind.BASE_CLASS, "class A(B, c.D): ...\n", ["class A(B, object): ...\n"]),
    "formal base": (FaultKind.BASE_CLASS, "class A(t.Protocol): ...\n", []),
    "fixture": (
        FaultKind.FIXTURE,
        "@pytest.fixture\ndef f():\n    yield a\n",
        ["@pytest.fixture\ndef f():\n    yield None\n"],
    ),
    "docstring": (FaultKind.MODULE_CONSTANT, '"""Doc."""\n', []),
    "type checkers": (FaultKind.MODULE_CONSTANT, "if t.TYPE_CHECKING:\n    A = 1\n", []),
    "script": (FaultKind.MODULE_CONSTANT, 'if __name__ == "__main__":\n    A = 1\n', []),
    "type variable": (FaultKind.MODULE_CONSTANT, "T = TypeVar('T')\n", []),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_a_file(name: str) -> None:
    kind, text, expected = TEXTS[name]
    assert broken(text, kind) == expected


@pytest.mark.parametrize("text", [text for _, text, _ in TEXTS.values()])
def test_what_is_broken_still_parses(text: str) -> None:
    data = text.encode("utf-8")
    assert all(fits(data, fault) for fault in faults_of("shop.py", data))


def test_levels_and_names() -> None:
    text = (
        "A = 1\nclass B(C):\n    x = 2\n    def m(self, y=3):\n        def inner():\n"
        "            return 4\n        return inner\n"
    )
    found = {
        (fault.level, fault.qualname, fault.line)
        for fault in faults_of("shop.py", text.encode())
        if fault.kind is not FaultKind.RETURN and fault.kind is not FaultKind.DROP
    }
    assert found == {
        (FaultLevel.MODULE, "", 1),
        (FaultLevel.MODULE, "B", 2),
        (FaultLevel.CLASS, "B", 3),
        (FaultLevel.CLASS, "B.m", 4),
        (FaultLevel.FUNCTION, "B.m.inner", 6),
    }


@pytest.mark.parametrize(
    "data",
    ["a = 'é'; b = 1\n".encode(), b"\xef\xbb\xbfa = 'x'\r\nb = 1\r\n"],
    ids=["two-byte character", "byte order mark and CRLF"],
)
def test_offsets_are_bytes_of_the_file(data: bytes) -> None:
    one = data.replace(b"b = 1", b"b = 0")
    assert one in [break_file(data, fault) for fault in faults_of("shop.py", data)]


@pytest.mark.parametrize("data", [b"# coding: latin-1\na = '\xe9'\n", b"def f(:\n", b"\0"])
def test_what_cannot_be_read_has_no_faults(data: bytes) -> None:
    assert not faults_of("shop.py", data)


def test_another_version_of_the_file_is_refused() -> None:
    (fault, *_) = faults_of("shop.py", b"A = 1\n")
    with pytest.raises(ValueError, match=r"shop\.py"):
        break_file(b"A = 2\n", fault)


def test_json_stays_json() -> None:
    data = b'{\n "rate": 19,\n "name": "vat"\n}\n'
    found = faults_of("data/rates.json", data)
    texts = {break_file(data, fault) for fault in found if fits(data, fault)}
    assert texts == {
        b'{\n "rate": 20,\n "name": "vat"\n}\n',
        b'{\n "rateXX": 19,\n "name": "vat"\n}\n',
        b'{\n "rate": 19,\n "name": "vatXX"\n}\n',
    }


def test_a_line_of_text_is_cut_short_between_characters() -> None:
    data = "ab éé\n".encode()
    texts = [break_file(data, fault) for fault in faults_of("letter.txt", data)]
    assert texts == [b"ab \n"]


def test_binary_files_are_left_alone() -> None:
    assert not faults_of("logo.png", b"\x89PNG\x00\x01")

"""Facts of one file: what is defined, mentioned, imported, bound."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tdad.facts import FileFacts, Span
from tdad.source import digest, index, mentioned_names
from tdad.source.decode import decode
from tdad.source.indexing import _facts, _walk
from tdad.source.spans import fallback_tree, parse


def facts(text: str, path: str = "pkg/m.py") -> FileFacts:
    found = index(path, dedent(text).lstrip("\n").encode())
    assert found.error is None, found.error
    return found


def refs(text: str, *kinds: str) -> list[tuple[str, int, str, str]]:
    found = facts(text)
    return [
        (found.definitions[r.source].qualname, r.line, str(r.kind), r.chain)
        for r in found.references
        if not kinds or r.kind in kinds
    ]


def chains(text: str, *kinds: str) -> list[str]:
    return [chain for _source, _line, _kind, chain in refs(text, *kinds)]


def bindings(text: str) -> list[tuple[str, str, str, str]]:
    found = facts(text)
    return [
        (found.definitions[b.owner].qualname, b.target, str(b.kind), b.chain)
        for b in found.bindings
    ]


def flags(text: str, qualname: str) -> tuple[str, ...]:
    return next(d.flags for d in facts(text).definitions if d.qualname == qualname)


def qualnames(text: str) -> list[str]:
    return [d.qualname for d in facts(text).definitions[1:]]


def test_digest_is_blake2b_128() -> None:
    assert digest(b"") == "cae66941d9efbd404e4d88758ea67670"


def test_spans_start_at_the_first_decorator() -> None:
    found = facts("@a\n@b(\n  1)\ndef f(\n    x,\n):\n    # note\n    return x\n")
    definition, header = found.definitions[1], found.statements[0]
    assert (definition.span.first, definition.span.last) == (1, 8)
    assert definition.body == Span(8, 8)
    assert (header.span.first, header.span.last, header.suite.last) == (1, 7, 8)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a = b = 1", ["a", "b"]),
        ("a, (b, *c) = x", ["a", "b", "c"]),
        ("a: int", ["a"]),
        ("a += 1", ["a"]),
        ("print(a := 1)", ["a"]),
        ("print([y for x in z if (y := x)])", ["y"]),
        ("for a, b in x: c = 1", ["a", "b", "c"]),
        ("with x as a, y as (b, c): pass", ["a", "b", "c"]),
        ("import a.b, c as d", ["a", "d"]),
        ("from x import a, b as c", ["a", "c"]),
        ("try: pass\nexcept E as a: pass", ["a"]),
        (
            "match x:\n case [a, *b]: pass\n case {'k': c, **d}: pass\n case P(q=g) as e: pass",
            list("abcdge"),
        ),
        ("def f():\n global a\n a = 1", ["f", "a"]),
        ("class C:\n a = 1\n def m(self): b = 1", ["C", "C.a", "C.m"]),
        ("def f():\n def g(): pass\n class D:\n  x = 1", ["f", "f.g", "f.D", "f.D.x"]),
        ("if a:\n def f(): pass\nelse:\n def f(): pass", ["f", "f"]),
        ("x = [i for i in y]", ["x"]),
    ],
)
def test_definitions(text: str, names: list[str]) -> None:
    assert qualnames(text) == names


def test_a_variable_spans_its_first_binding() -> None:
    found = facts("x = (\n  1)\nx = 2\n")
    assert [(d.span.first, d.span.last) for d in found.definitions[1:]] == [(1, 2)]


@pytest.mark.parametrize(
    ("text", "qualname", "expected"),
    [
        ("async def f(): pass", "f", ("async",)),
        ("def f(): yield 1", "f", ("generator",)),
        ("def f(): return [(yield)]", "f", ("generator",)),
        ("def f():\n def g(): yield", "f", ()),
        ("@functools.lru_cache(maxsize=1)\ndef f(): pass", "f", ("cached",)),
        ("class C:\n @property\n def x(self): pass", "C.x", ("property",)),
        ("class C:\n @cached_property\n def x(self): pass", "C.x", ("cached", "property")),
        ("class C:\n @staticmethod\n def x(): pass", "C.x", ("static",)),
        (
            "class C:\n @classmethod\n @abc.abstractmethod\n def x(c): pass",
            "C.x",
            ("abstract", "classmethod"),
        ),
        ("@typing.overload\ndef f(): ...", "f", ("overload",)),
        ("def test_a(): pass", "test_a", ("test",)),
        ("if x:\n def f(): pass", "f", ("conditional",)),
        ("def f(): return lambda: 1", "f", ("lambda-holder",)),
        ("C = {}\ndef f(k):\n if k not in C: C[k] = 1", "f", ("global-writer",)),
        ("C = {}\ndef f(k):\n C[k] = 1", "f", ()),
        ("C = {}\ndef f(k):\n C.setdefault(k, 1)", "f", ("global-writer",)),
        ("def f():\n global x\n x = x or 1", "f", ("global-writer",)),
        ("def f():\n global x\n x = 1", "f", ()),
        ("import sys\ndef f():\n old = sys.x\n sys.x = 1", "f", ()),
        (
            "class C:\n @classmethod\n def f(cls):\n  cls.x = cls.x or 1",
            "C.f",
            ("classmethod", "global-writer"),
        ),
        ("def f(k):\n c = {}\n c[k] = 1", "f", ()),
        ("def f(k, c={}):\n if k in c: return c[k]\n c[k] = 1", "f", ("global-writer",)),
        ("def f(k, c=None):\n c[k] = 1", "f", ()),
        ("def f(k):\n if k not in f.c: f.c[k] = 1", "f", ("global-writer",)),
        ("class C:\n k = {}\n def f(self): self.k[1] = 2", "C.f", ("global-writer",)),
        ("class C:\n k = {}\n def f(self): self.k.update(x)", "C.f", ("global-writer",)),
        ("class C:\n k = {}\n def f(self): self.k = {}; self.k[1] = 2", "C.f", ()),
        ("class C:\n def f(self): self.k[1] = 2", "C.f", ()),
        ("class C:\n def f(self): self.__class__.k = cls.k or 2", "C.f", ("global-writer",)),
        ("class C:\n def f(self): type(self).k = 2", "C.f", ("global-writer",)),
        ("class C:\n def f(self): C.k = C.k or 2", "C.f", ("global-writer",)),
        ("def f():\n x = None\n def g():\n  nonlocal x\n  x = x or 1", "f.g", ("global-writer",)),
        ("@functools.cache\ndef f(): pass", "f", ("cached",)),
        ("@memoize_when_activated\ndef f(): pass", "f", ("cached",)),
        ("@cachetools.cached(cache={})\ndef f(): pass", "f", ("cached",)),
        ("@never_cache\ndef f(): pass", "f", ()),
        ("@memoryview\ndef f(): pass", "f", ()),
        ("def f(): pass\ng = lru_cache(f)", "f", ("cached",)),
        ("def f(): pass\ng = functools.lru_cache(maxsize=1)(f)", "f", ("cached",)),
        ("class C:\n def f(self): pass\n g = cached_property(f)", "C.f", ("cached",)),
        ("def f(): pass\ng = partial(f)\nh = make().wrap(f)", "f", ()),
        ("class C:\n __test__ = False", "C", ("not-collected",)),
        ("class C:\n __test__ = True", "C", ()),
        ("def f(k):\n c = {}\n def g():\n  c[k] = 1", "f.g", ()),
        ("class C:\n def f(self):\n  self.x = 1", "C.f", ()),
    ],
)
def test_flags(text: str, qualname: str, expected: tuple[str, ...]) -> None:
    assert flags(text, qualname) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b.c", ["a.b.c"]),
        ("a().b", ["a", "a().b"]),
        ("a.b().c.d()", ["a.b", "a.b().c.d"]),
        ("a[i].b", ["i", "a[].b"]),
        ("(a or b).c", ["a", "b", "?.c"]),
        ("'x'.join(a)", ["a", "str().join"]),
        ("(await a.b()).c", ["a.b", "a.b().c"]),
        ("super().m()", ["super", "super().m"]),
        ("f'{a.b} {c!r:>{w}}'", ["a.b", "c", "w"]),
        ("[x.a for x in b if c(x)]", ["b", "c", "x.a"]),
        ("lambda x, y=z: x.a + y + w", ["z", "?.a", "w"]),
        ("getattr(a.b, 'm')()", ["getattr", "m", "a.b", "a.b.m", "a.b.m"]),
        ("x[a:b, c]", ["a", "b", "c", "x[]"]),
        ("a < b.c", ["a", "b.c"]),
        ("{**a, b: c}", ["a", "b", "c"]),
        ("print(*a, **b)", ["a", "b", "print"]),
        ("None", []),
    ],
)
def test_chains(text: str, expected: list[str]) -> None:
    assert sorted(chains(f"({text})")) == sorted(expected)


def test_plain_reads_of_locals_are_no_references() -> None:
    text = """
        def f(p, *a, **k):
            v = p
            p.x
            p()
            for i in G: print(i, v, a, k)
            def g(): return v, i, H
    """
    assert refs(text, "read") == [
        ("f", 3, "read", "p.x"),
        ("f", 5, "read", "G"),
        ("f.g", 6, "read", "H"),
    ]
    assert "p" in chains(text, "call")


def test_global_and_nonlocal_names_are_not_local() -> None:
    text = "def f():\n global x\n x = 1\n print(x)\n def g():\n  nonlocal y\n  y = 1\n"
    assert ("f", 3, "write", "x") in refs(text)
    assert ("f", 4, "read", "x") in refs(text)


def test_class_level_reads_belong_to_what_they_bind() -> None:
    text = "class C:\n a, b = f(), G\n h(a)\nX = C.a\nprint(X)\n"
    assert refs(text) == [
        ("C.a", 2, "call", "f"),
        ("C.a", 2, "read", "G"),
        ("C.b", 2, "call", "f"),
        ("C.b", 2, "read", "G"),
        ("C", 3, "call", "h"),
        ("C", 3, "read", "a"),
        ("X", 4, "read", "C.a"),
        ("", 5, "call", "print"),
        ("", 5, "read", "X"),
    ]


def test_headers() -> None:
    text = """
        @app.route("/x", k=K)
        def f(a: "Cart | None" = D, *, b: list[shop.Item] = d()) -> Optional["Cart"]:
            pass
        class C(Base[T], metaclass=M, x=k()):
            pass
    """
    assert set(refs(text)) == {
        ("f", 1, "decorator", "app.route()"),
        ("f", 1, "decorator", "K"),
        ("f", 2, "quoted", "Cart"),
        ("f", 2, "default", "D"),
        ("f", 2, "annotation", "list"),
        ("f", 2, "annotation", "shop.Item"),
        ("f", 2, "default", "d()"),
        ("f", 2, "annotation", "Optional"),
        ("C", 4, "base", "Base[]"),
        ("C", 4, "read", "T"),
        ("C", 4, "call", "M"),
        ("C", 4, "call", "k"),
    }


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("Cart", "Cart"),
        ("shop.Cart", "shop.Cart"),
        ("'Cart'", "Cart"),
        ("Optional[Cart]", "Cart"),
        ("typing.Union[Cart, None, 'Item']", "Cart|Item"),
        ("Cart | None", "Cart"),
        ("'Cart | Item | None'", "Cart|Item"),
        ("list[Cart]", "list[Cart]"),
        ("dict[str, list['Cart | None']]", "dict[str,list[Cart]]"),
        ("Final[Cart]", "Cart"),
        ("Annotated[Cart, Meta(1)]", "Cart"),
        ("type[Cart]", "type[Cart]"),
        ("None", "None"),
        ("Callable[[Cart], Item]", "Callable[?,Item]"),
        ("tuple[Cart, ...]", "tuple[Cart,?]"),
    ],
)
def test_annotation_chains(written: str, normal: str) -> None:
    assert ("f", "a", "annotation", normal) in bindings(f"def f(a: {written}): pass")
    assert ("f", "", "return-annotation", normal) in bindings(f"def f() -> {written}: pass")


def test_literal_annotations_mention_nothing() -> None:
    assert chains("x: Literal['a.b', 'Cart']", "annotation") == ["Literal"]
    assert bindings("x: Literal['a']") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = Cart()", ("", "x", "assign", "Cart()")),
        ("x = y = a.b", ("", "y", "assign", "a.b")),
        ("x = a if c else b()", ("", "x", "assign", "b()")),
        ("x = a or b()", ("", "x", "assign", "a")),
        ("x, y = a, b()", ("", "y", "assign", "b()")),
        ("x, y = a()", ("", "y", "item", "a()")),
        ("x = {'k': f}", ("", "x[]", "assign", "f")),
        ("x = [f, g]", ("", "x[]", "assign", "g")),
        ("x[k] = f", ("", "x[]", "assign", "f")),
        ("x.append(f)", ("", "x[]", "assign", "f")),
        ("x = []", ("", "x", "assign", "list()")),
        ("for x in a.items: pass", ("", "x", "item", "a.items")),
        ("for k, x in a.items(): pass", ("", "x", "item", "a.items()[]")),
        ("with a.open() as x: pass", ("", "x", "context", "a.open()")),
        ("def f(self):\n self.x = Cart()", ("f", "self.x", "assign", "Cart()")),
        ("def f(self):\n self.x: Cart = a", ("f", "self.x", "annotation", "Cart")),
        ("def f():\n return Cart()", ("f", "", "return", "Cart()")),
        ("def f():\n yield Cart()", ("f", "[]", "return", "Cart()")),
        ("async def f():\n x = await g()", ("f", "x", "assign", "g()")),
        ("def f():\n return [x for x in G]", ("f", "x", "item", "G")),
        ("(x := Cart())", ("", "x", "assign", "Cart()")),
        ("try: pass\nexcept E as x: pass", ("", "x", "assign", "E()")),
    ],
)
def test_bindings(text: str, expected: tuple[str, str, str, str]) -> None:
    assert expected in bindings(text)


def imports(text: str, path: str = "pkg/sub/m.py") -> list[tuple[str, str, str, bool]]:
    return [(i.module, i.name, i.alias, i.conditional) for i in facts(text, path).imports]


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("import a.b", "m.py", ("a.b", "", "a", False)),
        ("import a.b as c", "m.py", ("a.b", "", "c", False)),
        ("from a import b as c", "m.py", ("a", "b", "c", False)),
        ("from a import *", "m.py", ("a", "*", "", False)),
        ("from . import x", "pkg/sub/m.py", ("pkg.sub", "x", "x", False)),
        ("from .. import x", "pkg/sub/m.py", ("pkg", "x", "x", False)),
        ("from ..a import x", "pkg/sub/m.py", ("pkg.a", "x", "x", False)),
        ("from .a import x", "pkg/__init__.py", ("pkg.a", "x", "x", False)),
        ("from ...a import x", "pkg/m.py", ("...a", "x", "x", False)),
        ("if TYPE_CHECKING:\n import a", "m.py", ("a", "", "a", True)),
        ("try:\n import a\nexcept E:\n pass", "m.py", ("a", "", "a", True)),
        ("importlib.import_module('a.b')", "m.py", ("a.b", "", "", False)),
        ("import_module('.b', 'pkg')", "m.py", ("pkg.b", "", "", False)),
        ("import_module('.b', __package__)", "pkg/m.py", ("pkg.b", "", "", False)),
        ("__import__('a')", "m.py", ("a", "", "", False)),
        ("pytest.importorskip('numpy')", "m.py", ("numpy", "", "", False)),
    ],
)
def test_imports(text: str, path: str, expected: tuple[str, str, str, bool]) -> None:
    assert expected in imports(text, path)


def test_lazy_imports_belong_to_the_function() -> None:
    found = facts("def f():\n if x:\n  import a\n")
    assert [(i.owner, i.line, i.conditional) for i in found.imports] == [(1, 3, True)]


@pytest.mark.parametrize(
    ("text", "exports"),
    [
        ("__all__ = ['a', 'b']", ("a", "b")),
        ("__all__ = ('a',) + ('b',)", ("a", "b")),
        ("__all__ = ['a']\n__all__ += ['b']", ("a", "b")),
        ("__all__ = ['a']\n__all__.extend(['b'])\n__all__.append('c')", ("a", "b", "c")),
        ("__all__ = names()", ("*",)),
        ("__all__ = ['a', *sub.__all__] + more", ("a", "*", "*")),
        ("__all__ = []\ndef public(f):\n    __all__.append(f.__name__)", ("*",)),
        ("x = 1", None),
    ],
)
def test_exports(text: str, exports: tuple[str, ...] | None) -> None:
    assert facts(text).exports == exports


def test_plugins() -> None:
    assert facts("pytest_plugins = ['a.b', 'c']").plugins == ("a.b", "c")
    assert facts("pytest_plugins = 'a'").plugins == ("a",)


def requested(text: str, qualname: str) -> list[str]:
    return [chain for source, _l, _k, chain in refs(text, "fixture") if source == qualname]


@pytest.mark.parametrize(
    ("text", "qualname", "expected"),
    [
        ("def test_a(x, y=1, *, z): pass", "test_a", ["x", "z"]),
        ("class TestA:\n def test_a(self, x): pass", "TestA.test_a", ["x"]),
        ("class TestA:\n @staticmethod\n def test_a(x): pass", "TestA.test_a", ["x"]),
        ("@pytest.fixture\ndef f(x): pass", "f", ["x"]),
        ("@pytest.mark.usefixtures('u', 'v')\ndef test_a(x): pass", "test_a", ["x", "u", "v"]),
        ("@pytest.mark.usefixtures('u')\nclass TestA: pass", "TestA", ["u"]),
        ("pytestmark = [pytest.mark.usefixtures('u'), pytest.mark.slow]", "pytestmark", ["u"]),
        ("@pytest.mark.parametrize('a, b', [])\ndef test_a(a, b, x): pass", "test_a", ["x"]),
        ("@pytest.mark.parametrize(['a'], [])\ndef test_a(a, x): pass", "test_a", ["x"]),
        ("@pytest.mark.parametrize('a', [], indirect=True)\ndef test_a(a): pass", "test_a", ["a"]),
        (
            "@pytest.mark.parametrize('a,b', [], indirect=['b'])\ndef test_a(a, b): pass",
            "test_a",
            ["b"],
        ),
        (
            "@pytest.mark.parametrize('a', [])\nclass TestA:\n def test_a(self, a, x): pass",
            "TestA.test_a",
            ["x"],
        ),
        ("@mock.patch('a.b')\ndef test_a(m, x): pass", "test_a", ["x"]),
        ("@mock.patch('a.b', 1)\ndef test_a(x): pass", "test_a", ["x"]),
        ("def test_a(request):\n request.getfixturevalue('x')", "test_a", ["request", "x"]),
        ("def pytest_generate_tests(metafunc): pass", "pytest_generate_tests", []),
        ("def helper(x): pass", "helper", []),
    ],
)
def test_fixture_requests(text: str, qualname: str, expected: list[str]) -> None:
    assert requested(text, qualname) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@pytest.fixture\ndef f(x): pass", ("f", ("x",), False, "function")),
        (
            "@fixture(name='g', scope='module', autouse=True)\ndef f(): pass",
            ("g", (), True, "module"),
        ),
        ("@pytest.fixture(autouse=False)\ndef f(): pass", ("f", (), False, "function")),
        ("@pytest_asyncio.fixture\nasync def f(): pass", ("f", (), False, "function")),
        ("@pytest.yield_fixture\ndef f(): yield", ("f", (), False, "function")),
        ("def make(x): pass\nf = pytest.fixture(make)", ("f", ("x",), False, "function")),
        (
            "def make(x): pass\nf = pytest.fixture(scope='module')(make)",
            ("f", ("x",), False, "module"),
        ),
    ],
)
def test_fixtures(text: str, expected: tuple[str, tuple[str, ...], bool, str]) -> None:
    found = facts(text).fixtures
    assert [(f.name, f.requests, f.autouse, f.scope) for f in found] == [expected]


@pytest.mark.parametrize(
    ("text", "kind", "chain"),
    [
        ("mock.patch('a.b.c')", "patch", "a.b.c"),
        ("mocker.patch('a.b.c')", "patch", "a.b.c"),
        ("patch.object(Cart, 'total')", "write", "Cart.total"),
        ("patch.multiple('a.b', c=1, d=2)", "patch", "a.b.d"),
        ("patch.dict('os.environ', {})", "patch", "os.environ"),
        ("monkeypatch.setattr('a.b.c', 1)", "patch", "a.b.c"),
        ("monkeypatch.setattr(shop, 'total', 1)", "write", "shop.total"),
        ("monkeypatch.delattr('a.b.c')", "patch", "a.b.c"),
        ("setattr(shop, 'total', 1)", "write", "shop.total"),
        ("x = 'pkg.mod:main'", "string", "pkg.mod:main"),
        ("x = 'pkg.mod.Class'", "string", "pkg.mod.Class"),
    ],
)
def test_string_targets(text: str, kind: str, chain: str) -> None:
    assert chain in chains(text, kind)


def test_prose_is_no_string_reference() -> None:
    assert chains("x = 'Not a name. At all.'\ny = '3.14'\nz = 'http://a.b/c'", "string") == []


def test_statements_know_their_suite_and_what_they_bind() -> None:
    found = facts("def f():\n  if a:\n    x = 1\n  else:\n    for y in z: pass\n")
    shape = [
        (
            s.fingerprint.partition(":")[0],
            s.span.first,
            s.span.last,
            s.suite.last,
            s.parent,
            s.binds,
        )
        for s in found.statements
    ]
    assert shape == [
        ("def", 1, 1, 5, -1, ("f",)),
        ("if", 2, 2, 5, -1, ("x", "y")),
        ("assign", 3, 3, 3, 1, ("x",)),
        ("else", 4, 4, 5, 1, ("y",)),
        ("for", 5, 5, 5, 3, ("y",)),
        ("pass", 5, 5, 5, 4, ()),
    ]


def test_fingerprints_do_not_depend_on_place_or_neighbours() -> None:
    body = "def f(a):\n    '''Doc.'''\n    return a\n"
    one = facts(body).definitions[1]
    other = facts("import x\n\n\n# c\n" + body.replace("Doc", "Other")).definitions[2]
    assert (one.fingerprint, one.own) == (other.fingerprint, other.own)
    assert one.docstring != other.docstring


def test_own_leaves_out_nested_bodies() -> None:
    one = facts("class C:\n def m(self): return 1\n")
    other = facts("class C:\n def m(self): return 2\n")
    assert one.definitions[1].own == other.definitions[1].own
    assert one.definitions[1].fingerprint != other.definitions[1].fingerprint


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"x = 1\ny = (\n", 2),
        (b"x = 1\n\0\n", 2),
        (b"# coding: nonsense\n", 1),
        (b"# coding: rot13\n", 1),
        (b"x = 1\ny = '\xff'\n", 2),
        (b"\xef\xbb\xbf# coding: latin-1\n", 1),
        (b"def f():\nreturn 1\n", 2),
    ],
)
def test_what_does_not_parse_is_a_fact(data: bytes, line: int) -> None:
    found = index("m.py", data)
    assert found.error is not None
    assert found.error.startswith(f"line {line}: ")
    assert [d.qualname for d in found.definitions] == [""]
    assert not found.references
    assert not found.statements


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"# only a comment",
        "# coding: latin-1\nä = 'é'\n".encode("latin-1"),
        "ä = 'é'\n".encode("utf-8-sig"),
        b"x = 1\r\ny = 2\r\n",
        b"x = 1\ry = 2\r",
        b"\x0cx = 1\n\x0c\ny = 2\n",
        b"if x:\n\ty = 1\n",
    ],
)
def test_what_python_reads_is_read(data: bytes) -> None:
    assert index("m.py", data).error is None


def test_syntax_that_only_libcst_knows() -> None:
    found = facts(
        "type A[T] = list[T]\n\ndef f[T](x: T) -> T:\n    return f'{x['k']}'\n\nclass C[T]: pass\n"
    )
    assert [(d.qualname, d.span.first, d.span.last) for d in found.definitions[1:]] == [
        ("A", 1, 1),
        ("f", 3, 4),
        ("C", 6, 6),
    ]


def test_both_ways_to_get_lines_agree() -> None:
    """ast when this interpreter knows the syntax, libcst's positions otherwise."""
    for path in sorted(Path(__file__).parents[3].glob("tdad/source/*.py")):
        text = decode(path.read_bytes())
        concrete, abstract = parse(text)
        lines = text.count("\n")
        quick = _facts(_walk("m.py", "m", concrete, abstract, lines), "")
        slow = _facts(_walk("m.py", "m", *fallback_tree(concrete), lines), "")
        assert quick == slow, path


def test_mentioned_names() -> None:
    found = facts("import a.b as c\nfrom d import e\nx = f.g('h.i')\ndef j(k): return k.l\n")
    assert mentioned_names(found) >= set("abcdefghijlx")


def test_flags_are_found_by_pseudo_identifiers() -> None:
    assert "<cached>" in mentioned_names(facts("@cache\ndef f(): pass\n"))
    assert "<global-writer>" in mentioned_names(facts("def f():\n global x\n x = x or 1\n"))
    assert not any(n[0] == "<" for n in mentioned_names(facts("async def f(): yield 1\n")))


def test_docstrings_are_digests() -> None:
    found = facts('def f():\n    """Say it.\n\n    >>> f()\n    """\ndef g(): "It."\n')
    kinds = [d.docstring.partition(":")[::2] for d in found.definitions[1:]]
    assert [kind for kind, _ in kinds] == ["doctest", "docstring"]
    assert all(len(text) == 16 and int(text, 16) for _, text in kinds)


def test_parameters_leave_a_trace() -> None:
    text = "class C:\n def m(self, x, *a, k: K = 1, **kw: V): pass\n"
    assert bindings(text) == [
        ("C.m", "x", "annotation", "?"),
        ("C.m", "a", "annotation", "tuple[?]"),
        ("C.m", "k", "annotation", "K"),
        ("C.m", "kw", "annotation", "dict[str,V]"),
    ]


def test_fixtures_are_trace_enough() -> None:
    assert bindings("def test_a(cart, n=1): pass\n") == [("test_a", "n", "annotation", "?")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = a + b", []),
        ("x = a + b\nx = C()", ["?", "C()"]),
        ("x = None\nx = C()", ["C()"]),
        ("x = C() if a else None", ["C()"]),
        ("x = a < b or C()", ["bool()", "C()"]),
        ("x = -a or C()", ["?", "C()"]),
        ("x = 'a' % b", ["str()"]),
        ("x = C()\nfor x in a + b: pass", ["C()", "?"]),
        ("x = C()\nx, y = a + b", ["C()", "?"]),
        ("x = C()\nwith a + b as x: pass", ["C()", "?"]),
    ],
)
def test_a_partly_known_name_does_not_look_fully_known(text: str, expected: list[str]) -> None:
    assert [chain for _, target, _, chain in bindings(text) if target == "x"] == expected


def test_elements_of_unknown_value() -> None:
    assert {b[1:] for b in bindings("x = [a + b, C()]\ny = [f(i) for i in z]\n")} == {
        ("x", "assign", "list()"),
        ("x[]", "assign", "?"),
        ("x[]", "assign", "C()"),
        ("y", "assign", "list()"),
        ("y[]", "assign", "f()"),
        ("i", "item", "z"),
    }


def test_attributes_of_self_are_known_across_methods() -> None:
    text = (
        "class C:\n def a(self): self.x = D()\n def b(self, y): self.x = y + 1; self.z = y + 1\n"
    )
    assert [b for b in bindings(text) if b[1].startswith("self.")] == [
        ("C.a", "self.x", "assign", "D()"),
        ("C.b", "self.x", "assign", "?"),
    ]


def test_a_file_that_is_too_large_is_not_parsed():
    """A table of two million numbers took eight gigabytes to read."""
    data = b"table = [" + b"1," * 2_000_000 + b"]\n"
    facts = index("table.py", data)
    assert facts.error == "line 1: too large to be read (4,000,011 bytes)"
    assert [definition.qualname for definition in facts.definitions] == [""]

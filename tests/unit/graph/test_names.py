from __future__ import annotations

from tdad.facts import ReferenceKind
from tdad.graph.resolve import Resolver
from tests.unit.graph.text_project import TextFacts, resolver


def sources(r: Resolver, definition: str) -> set[str]:
    """Certain readers, import aliases left out."""
    return {
        edge.source
        for edge in r.readers(definition)
        if not edge.ambiguous and edge.kind is not ReferenceKind.IMPORT
    }


def test_import_as_and_from_import_as_are_followed() -> None:
    r = resolver(
        {
            "a.py": "def f(): pass\n",
            "b.py": "import a as x\nfrom a import f as g\ndef one(): x.f()\ndef two(): g()\n",
        }
    )
    assert sources(r, "a.py::f") == {"b.py::one", "b.py::two"}


def test_re_export_through_a_package_reaches_the_definition_and_the_alias() -> None:
    r = resolver(
        {
            "pkg/__init__.py": "from .a import f as public\n",
            "pkg/a.py": "def f(): pass\n",
            "use.py": "import pkg\nfrom pkg import public as h\ndef g(): pkg.public()\ndef k(): h()\n",
        }
    )
    assert sources(r, "pkg/a.py::f") == {"use.py::g", "use.py::k"}
    assert sources(r, "pkg/__init__.py::public") == {"use.py::g", "use.py::k"}
    imports = [e for e in r.readers("pkg/a.py::f") if e.kind is ReferenceKind.IMPORT]
    assert {e.source for e in imports} == {"pkg/__init__.py::public", "use.py::h"}


def test_star_import_respects_all_and_underscores() -> None:
    r = resolver(
        {
            "a.py": "__all__ = ['f']\ndef f(): pass\ndef g(): pass\n",
            "b.py": "def h(): pass\ndef _i(): pass\n",
            "use.py": "from a import *\nfrom b import *\ndef u(): f(); g(); h(); _i()\n",
        }
    )
    assert sources(r, "a.py::f") == {"use.py::u"}
    assert sources(r, "a.py::g") == set()
    assert sources(r, "b.py::h") == {"use.py::u"}
    assert sources(r, "b.py::_i") == set()


def test_conditional_imports_may_be_any_of_the_branches() -> None:
    r = resolver(
        {
            "a.py": "def f(): pass\n",
            "b.py": "def f(): pass\n",
            "use.py": """
            try:
                from a import f
            except ImportError:
                from b import f
            def u(): f()
            """,
        }
    )
    assert sources(r, "a.py::f") == {"use.py::u"}
    assert sources(r, "b.py::f") == {"use.py::u"}


def test_circular_imports_and_star_circles_end() -> None:
    r = resolver(
        {
            "a.py": "from b import *\nfrom b import x\ndef f(): x(); g()\n",
            "b.py": "from a import *\nfrom a import x\ndef g(): f()\n",
        }
    )
    assert sources(r, "b.py::g") == {"a.py::f"}
    assert sources(r, "a.py::f") == {"b.py::g"}
    assert r.readers("a.py::x") is not None


def test_a_local_variable_hides_the_global_of_that_name() -> None:
    r = resolver(
        {
            "a.py": """
            class T:
                def run(self): pass
            helper = T()
            def uses(): helper.run()
            def hides():
                helper = open("x")
                helper.run()
            def hidden_outside():
                helper = open("x")
                def inner(): helper.run()
            """
        }
    )
    assert sources(r, "a.py::helper") == {"a.py::uses"}


def test_class_scope_is_not_seen_by_methods() -> None:
    r = resolver(
        {
            "a.py": """
            limit = 1
            class C:
                limit = 2
                twice = limit
                def m(self): return limit
            """
        }
    )
    assert "a.py::C.m" in sources(r, "a.py::limit")
    assert sources(r, "a.py::C.limit") == {"a.py::C.twice"}


def test_getattr_with_a_literal_is_a_mention() -> None:
    r = resolver({"a.py": "def f(): pass\n", "b.py": "import a\ndef u(): getattr(a, 'f')()\n"})
    assert sources(r, "a.py::f") == {"b.py::u"}


def test_string_targets_of_patches_and_entry_points() -> None:
    r = resolver(
        {
            "pkg/__init__.py": "",
            "pkg/a.py": "class C:\n    def m(self): pass\ndef f(): pass\n",
            "test_a.py": """
            from unittest import mock
            def test_one(monkeypatch):
                monkeypatch.setattr("pkg.a.f", None)
                with mock.patch("pkg.a.C.m"): pass
            ENTRY = "pkg.a:f"
            """,
        }
    )
    edges = {(e.source, e.kind) for e in r.readers("pkg/a.py::f")}
    assert ("test_a.py::test_one", ReferenceKind.PATCH) in edges
    assert ("test_a.py::ENTRY", ReferenceKind.STRING) in edges
    assert "test_a.py::test_one" in sources(r, "pkg/a.py::C.m")


def test_readers_of_a_deleted_name_are_still_found() -> None:
    r = resolver({"a.py": "", "b.py": "import a\ndef u(): a.gone()\n"})
    assert r.references("a.py::gone") == ()
    assert r.references("nowhere.py::f") == ()
    assert r.readers("nowhere.py::f") == ()


def test_a_point_question_looks_only_at_files_with_the_name() -> None:
    files = {f"m{n}.py": f"def f{n}(): pass\n" for n in range(50)}
    facts = TextFacts({**files, "u.py": "import m7\ndef u(): m7.f7()\n"})
    assert {e.source for e in Resolver(facts).readers("m7.py::f7")} == {"u.py::u"}
    assert facts.asked == {"m7.py", "u.py"}


def test_a_file_that_does_not_parse_has_no_mentions_and_breaks_nothing() -> None:
    r = resolver({"a.py": "def f(): pass\n", "bad.py": "import a\ndef (: a.f()\n"})
    assert r.readers("a.py::f") == ()
    assert r.references("bad.py::") == ()


def test_answers_do_not_depend_on_what_was_asked_before() -> None:
    files = {
        "a.py": "from b import *\ndef f(x=None): return g(x)\n",
        "b.py": "from a import *\ndef g(x): return f(x).h()\nclass K:\n    def h(self): return g(self)\n",
    }
    definitions = ["a.py::f", "b.py::g", "b.py::K.h", "b.py::K"]
    forwards, backwards = resolver(files), resolver(files)
    one = {d: forwards.readers(d) for d in definitions}
    two = {d: backwards.readers(d) for d in reversed(definitions)}
    assert one == two

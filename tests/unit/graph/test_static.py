from __future__ import annotations

from tdad.graph.static import Rules, importing_tests, order, reach
from tests.unit.graph.text_project import resolver


def reached(files: dict[str, str], *starts: str) -> set[str]:
    return set(reach(resolver(files), starts).tests)


def test_callers_of_callers_are_reached_and_the_chain_says_how() -> None:
    files = {
        "a.py": "def f(): ...\ndef g(): f()\n",
        "test_a.py": "from a import g\ndef test_g(): g()\ndef test_no(): ...\n",
    }
    found = reach(resolver(files), ["a.py::f"])
    assert set(found.tests) == {"test_a.py::test_g"}
    (test,) = found.tests.values()
    assert test.distance == 2
    assert [(s.how, s.what) for s in test.chain] == [
        ("changed", "a.py::f"),
        ("called by", "a.py::g"),
        ("called by", "test_a.py::test_g"),
    ]
    assert found.complete


def test_nearer_tests_come_first() -> None:
    files = {
        "a.py": "def f(): ...\ndef g(): f()\n",
        "test_a.py": "from a import f, g\ndef test_far(): g()\ndef test_near(): f()\n",
    }
    found = reach(resolver(files), ["a.py::f"])
    assert order(found) == ["test_a.py::test_near", "test_a.py::test_far"]


def test_dunder_methods_are_reached_by_users_of_the_class_or_an_heir() -> None:
    files = {
        "a.py": "class C:\n    def __add__(self, o): ...\nclass D(C): ...\ndef make(): return D()\n",
        "test_a.py": "from a import make\ndef test_add(): make() + 1\n",
    }
    assert reached(files, "a.py::C.__add__") == {"test_a.py::test_add"}


def test_methods_found_by_a_computed_name() -> None:
    files = {
        "a.py": """
        class V:
            def visit(self, n): return getattr(self, "visit_" + n)()
            def visit_Name(self): ...
        """,
        "test_a.py": "from a import V\ndef test_v(): V().visit('Name')\n",
    }
    assert reached(files, "a.py::V.visit_Name") == {"test_a.py::test_v"}


def test_overrides_are_reached_through_calls_on_the_base() -> None:
    files = {
        "a.py": "class B:\n    def m(self): ...\nclass S(B):\n    def m(self): ...\ndef run(b: B): b.m()\n",
        "test_a.py": "from a import run\ndef test_run(): run(None)\n",
    }
    assert reached(files, "a.py::S.m") == {"test_a.py::test_run"}


def test_a_foreign_base_may_call_the_method() -> None:
    files = {
        "a.py": """
        from json import JSONEncoder
        class E(JSONEncoder):
            def default(self, o): return 1
        def other(x): x.default()
        """,
        "test_a.py": "import json\nfrom a import E\ndef test_e(): json.dumps(1, cls=E)\n",
    }
    assert "test_a.py::test_e" in reached(files, "a.py::E.default")


def test_what_a_decorator_or_a_call_registers_is_reached_through_the_registry() -> None:
    files = {
        "a.py": """
        HANDLERS = []
        OTHERS = []
        def register(f):
            HANDLERS.append(f)
            return f
        @register
        def by_decorator(): ...
        def by_call(): ...
        OTHERS.append(by_call)
        def run():
            for h in HANDLERS: h()
        def run_others():
            for o in OTHERS: o()
        """,
        "test_a.py": "import a\ndef test_run(): a.run()\ndef test_others(): a.run_others()\n",
    }
    assert "test_a.py::test_others" in reached(files, "a.py::by_call")
    assert "test_a.py::test_run" in reached(files, "a.py::by_decorator")


def test_a_module_level_effect_reaches_every_test_that_imports_it() -> None:
    files = {
        "a.py": "",
        "b.py": "import a\n",
        "test_a.py": "import b\ndef test_one(): ...\n",
        "test_b.py": "def test_lazy():\n    import a\ndef test_no(): ...\n",
    }
    assert reached(files, "a.py::") == {"test_a.py::test_one", "test_b.py::test_lazy"}


def test_a_fixture_reaches_its_tests_through_other_fixtures() -> None:
    files = {
        "a.py": "def f(): ...\n",
        "conftest.py": """
        import pytest, a
        @pytest.fixture
        def one(): a.f()
        @pytest.fixture
        def two(one): ...
        """,
        "test_a.py": "def test_two(two): ...\ndef test_no(): ...\n",
    }
    assert reached(files, "a.py::f") == {"test_a.py::test_two"}


def test_constants_are_reached_through_other_constants() -> None:
    files = {
        "a.py": "ONE = 1\nTWO = ONE + 1\ndef f(): return TWO\n",
        "test_a.py": "import a\ndef test_f(): a.f()\ndef test_no(): ...\n",
    }
    assert reached(files, "a.py::ONE") == {"test_a.py::test_f"}


def test_a_changed_test_reaches_itself_only() -> None:
    files = {"test_a.py": "def test_a(): ...\ndef test_b(): test_a()\n"}
    assert "test_a.py::test_a" in reached(files, "test_a.py::test_a")


def test_a_bound_that_is_hit_is_said() -> None:
    files = {"a.py": "".join(f"def f{n}(): f{n - 1}()\n" for n in range(30))}
    found = reach(resolver(files), ["a.py::f0"], Rules(limit=5))
    assert not found.complete
    assert len(found.definitions) == 5


def test_what_is_too_light_to_follow_is_counted() -> None:
    files = {"a.py": "def f(): ...\ndef g(): f()\n"}
    found = reach(resolver(files), ["a.py::f"], Rules(decay=0.5, floor=0.9))
    assert set(found.definitions) == {"a.py::f"}
    assert found.cut == 1


def test_importing_tests_widens_to_the_import_closure() -> None:
    files = {
        "a.py": "",
        "b.py": "import a\n",
        "test_a.py": "import b\ndef test_one(): ...\n",
        "test_b.py": "def test_no(): ...\n",
    }
    assert importing_tests(resolver(files), ["a.py"]) == {"test_a.py::test_one": 2}


def test_same_question_same_answer() -> None:
    files = {
        "a.py": "def f(): ...\n" + "".join(f"def g{n}(): f()\n" for n in range(9)),
        "test_a.py": "import a\n" + "".join(f"def test_{n}(): a.g{n}()\n" for n in range(9)),
    }
    one = reach(resolver(files), ["a.py::f"])
    two = reach(resolver(files), ["a.py::f"])
    assert list(one.tests.items()) == list(two.tests.items())
    assert len(one.tests) == 9

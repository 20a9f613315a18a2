"""What the tests of a project reach in the static graph."""

from __future__ import annotations

from collections.abc import Mapping

from tdad.graph.static.search import Search
from tdad.graph.static.walk import Reach
from tdad.graph.tests_of import Patterns
from tests.unit.graph.text_project import resolver


def reach(files: dict[str, str], definition: str) -> Mapping[str, Reach]:
    search = Search(resolver(files), Patterns())
    return search.reach(search.nodes_of(definition))


def reached(files: dict[str, str], definition: str) -> set[str]:
    return set(reach(files, definition))


def test_callers_of_callers_are_reached_and_the_chain_says_how() -> None:
    files = {
        "a.py": "def f(): ...\ndef g(): f()\n",
        "test_a.py": "from a import g\ndef test_g(): g()\ndef test_no(): ...\n",
    }
    found = reach(files, "a.py::f")
    assert set(found) == {"test_a.py::test_g"}
    (test,) = found.values()
    assert test.distance == 2
    assert [(s.how, s.what) for s in test.chain] == [
        ("changed", "a.py::f"),
        ("called by", "a.py::g"),
        ("called by", "test_a.py::test_g"),
    ]


def test_nearer_tests_come_first() -> None:
    files = {
        "a.py": "def f(): ...\ndef g(): f()\n",
        "test_a.py": "from a import f, g\ndef test_far(): g()\ndef test_near(): f()\n",
    }
    found = reach(files, "a.py::f")
    assert found["test_a.py::test_near"].weight > found["test_a.py::test_far"].weight


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


def test_same_question_same_answer() -> None:
    files = {
        "a.py": "def f(): ...\n" + "".join(f"def g{n}(): f()\n" for n in range(9)),
        "test_a.py": "import a\n" + "".join(f"def test_{n}(): a.g{n}()\n" for n in range(9)),
    }
    one, two = reach(files, "a.py::f"), reach(files, "a.py::f")
    assert list(one.items()) == list(two.items())
    assert len(one) == 9


def test_a_method_is_reached_only_where_its_class_may_have_instances() -> None:
    files = {
        "a.py": """
        class A:
            def m(self): ...
        class B:
            def m(self): ...
        def run(x): x.m()
        """,
        "test_a.py": """
        from a import A, B, run
        def test_a(): run(A())
        def test_b(): run(B())
        """,
    }
    assert reached(files, "a.py::A.m") == {"test_a.py::test_a"}


def test_an_override_that_comes_from_another_base_is_found() -> None:
    files = {
        "a.py": """
        class Base:
            def run(self): self.step()
            def step(self): ...
        class Mixin:
            def step(self): ...
        class Both(Mixin, Base): ...
        """,
        "test_a.py": "from a import Base, Both\ndef test_both(): Both().run()\ndef test_no(): Base().run()\n",
    }
    assert reached(files, "a.py::Mixin.step") == {"test_a.py::test_both"}


def test_an_inherited_test_runs_with_the_class_it_is_collected_from() -> None:
    files = {
        "a.py": "class A:\n    def m(self): ...\nclass B:\n    def m(self): ...\n",
        "test_a.py": """
        import pytest
        from a import A, B
        class TestA:
            @pytest.fixture
            def make(self): return A
            def test_m(self, make): make().m()
        class TestB(TestA):
            @pytest.fixture
            def make(self): return B
        """,
        "test_b.py": "from test_a import TestB\n",
    }
    assert reached(files, "a.py::B.m") == {"test_a.py::TestB::test_m", "test_b.py::TestB::test_m"}
    assert reached(files, "a.py::A.m") == {"test_a.py::TestA::test_m"}


def test_values_of_parameters_are_in_hand() -> None:
    files = {
        "a.py": "class A:\n    def m(self): ...\n",
        "test_a.py": """
        import pytest, a
        @pytest.mark.parametrize("x", [a.A()])
        def test_m(x): x.m()
        def test_no(x): x.m()
        """,
    }
    assert reached(files, "a.py::A.m") == {"test_a.py::test_m"}


def test_a_module_that_nobody_imports_is_reached_by_who_loads_modules() -> None:
    files = {
        "a.py": "from importlib import import_module\ndef load(n): return import_module('b_' + n)\n",
        "b_one.py": "def start(): ...\n",
        "test_a.py": "import a\ndef test_load(): a.load('one').start()\ndef test_no(): ...\n",
    }
    assert reached(files, "b_one.py::start") == {"test_a.py::test_load"}


def test_set_up_and_autouse_fixtures_belong_to_their_tests() -> None:
    files = {
        "a.py": "def f(): ...\ndef g(): ...\n",
        "conftest.py": "import a, pytest\n@pytest.fixture(autouse=True)\ndef all_of_them(): a.g()\n",
        "test_a.py": """
        import a
        class TestA:
            def setup_method(self): a.f()
            def test_in(self): ...
        def test_out(): ...
        """,
    }
    assert reached(files, "a.py::f") == {"test_a.py::TestA::test_in"}
    assert reached(files, "a.py::g") == {"test_a.py::TestA::test_in", "test_a.py::test_out"}

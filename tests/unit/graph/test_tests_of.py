from __future__ import annotations

from tdad.graph import tests_of
from tdad.graph.tests_of import Patterns, all_tests
from tests.unit.graph.text_project import resolver


def ids(files: dict[str, str], path: str, patterns: Patterns | None = None) -> list[str]:
    return [t.node_id for t in tests_of.tests_in(resolver(files), path, patterns)]


def test_functions_classes_and_nested_classes() -> None:
    files = {
        "test_a.py": """
        import pytest
        def test_one(): ...
        def helper(): ...
        @pytest.fixture
        def test_data(): ...
        class TestA:
            def test_two(self): ...
            def check(self): ...
            class TestInner:
                def test_three(self): ...
        class Other:
            def test_no(self): ...
        class TestBuilt:
            def __init__(self): ...
            def test_no(self): ...
        class TestOff:
            __test__ = False
            def test_no(self): ...
        """
    }
    assert ids(files, "test_a.py") == [
        "test_a.py::test_one",
        "test_a.py::TestA::test_two",
        "test_a.py::TestA::TestInner::test_three",
    ]


def test_unittest_classes_go_by_their_base_whatever_their_name() -> None:
    files = {
        "base.py": "import unittest\nclass Case(unittest.TestCase):\n    def test_shared(self): ...\n",
        "test_a.py": "from base import Case as C\nclass Checks(C):\n    def testOne(self): ...\n",
    }
    assert ids(files, "test_a.py") == [
        "test_a.py::C::test_shared",
        "test_a.py::Checks::testOne",
        "test_a.py::Checks::test_shared",
    ]


def test_inherited_tests_keep_the_definition_they_are_written_in() -> None:
    files = {
        "base.py": "class Base:\n    def test_shared(self): ...\n    def test_over(self): ...\n",
        "test_a.py": "import base\nclass TestA(base.Base):\n    def test_over(self): ...\n",
    }
    found = {t.node_id: t.definition for t in tests_of.tests_in(resolver(files), "test_a.py")}
    assert found == {
        "test_a.py::TestA::test_over": "test_a.py::TestA.test_over",
        "test_a.py::TestA::test_shared": "base.py::Base.test_shared",
    }


def test_imported_tests_are_collected_where_they_are_imported() -> None:
    files = {"shared.py": "def test_x(): ...\n", "test_a.py": "from shared import *\n"}
    found = all_tests(resolver(files))
    assert [(t.node_id, t.definition) for t in found] == [
        ("test_a.py::test_x", "shared.py::test_x")
    ]


def test_patterns_are_prefixes_or_globs() -> None:
    files = {
        "check_a.py": "def check_one(): ...\ndef test_no(): ...\nclass ASuite:\n    def check_two(self): ...\n",
        "test_b.py": "def test_no(): ...\n",
    }
    patterns = Patterns(("check_*.py",), ("*Suite",), ("check",))
    assert [t.node_id for t in all_tests(resolver(files), patterns)] == [
        "check_a.py::check_one",
        "check_a.py::ASuite::check_two",
    ]
    assert ids(files, "check_a.py") == []


def test_the_nearest_dunder_test_decides() -> None:
    files = {
        "test_a.py": """
        class TestOff:
            __test__ = False
            def test_a(self): ...
        class TestStillOff(TestOff): ...
        class TestOn(TestOff):
            __test__ = True
        class TestOffAgain(TestOn):
            __test__ = False
        class TestSetOnce:
            __test__ = True
            def test_b(self): ...
        """,
        "test_b.py": "__test__ = False\ndef test_no(): ...\n",
    }
    assert ids(files, "test_a.py") == [
        "test_a.py::TestOn::test_a",
        "test_a.py::TestSetOnce::test_b",
    ]
    assert ids(files, "test_b.py") == []

from __future__ import annotations

from tdad.facts import Answer, Evidence
from tdad.graph.resolve import Resolver
from tdad.graph.static import StaticQuestion, static_answer
from tdad.graph.tests_of import Patterns
from tdad.source.compare import compare
from tests.unit.graph.text_project import TextFacts

FILES = {
    "a.py": "def f(): return 1\ndef g(): return f()\nLIMIT = 3\nprint(LIMIT)\n",
    "test_a.py": "from a import g\ndef test_g(): g()\ndef test_other(): ...\n",
    "test_b.py": "def test_b(): ...\n",
}


def answer(
    files: dict[str, str], path: str, old: str, new: str, patterns: Patterns | None = None
) -> Answer:
    assert old in files[path]
    before, now = TextFacts(files), TextFacts({**files, path: files[path].replace(old, new)})
    changes = compare(before.get(path), now.get(path))
    return static_answer(Resolver(now), Resolver(before), changes, patterns or Patterns())


def selected(*args: object, **options: object) -> set[str]:
    return {impact.node_id for impact in answer(*args, **options).impacts}  # type: ignore[arg-type]  # passed on


def test_an_edited_body_reaches_the_callers_of_its_callers() -> None:
    found = answer(FILES, "a.py", "return 1", "return 2")
    assert [(i.node_id, i.evidence) for i in found.impacts] == [
        ("test_a.py::test_g", Evidence.STATIC)
    ]
    assert found.total_tests == 3
    assert found.impacts[0].because == (
        "a.py::f edited, changed a.py::f, called by a.py::g, called by test_a.py::test_g"
    )
    assert 0 < found.impacts[0].score < 0.55


def test_a_removed_function_is_looked_for_in_the_old_version() -> None:
    files = {**FILES, "test_a.py": "import a\ndef test_g(): a.g()\n"}
    assert selected(files, "a.py", "def g(): return f()\n", "") == {"test_a.py::test_g"}


def test_an_effect_reaches_everybody_who_imports_the_file() -> None:
    assert selected(FILES, "a.py", "print(LIMIT)", "print(2)") == {
        "test_a.py::test_g",
        "test_a.py::test_other",
    }


def test_a_new_test_is_at_risk_for_itself() -> None:
    found = answer(FILES, "test_b.py", "def test_b", "def test_c(): ...\ndef test_b")
    (impact,) = found.impacts
    assert impact.node_id == "test_b.py::test_c"
    assert impact.change in {None, found.changes[0]}
    assert 0.5 < impact.score <= 0.55


def test_what_nothing_reaches_is_said() -> None:
    found = answer({**FILES, "c.py": "def alone(): return 1\n"}, "c.py", "return 1", "return 2")
    assert not found.impacts
    assert found.unreached == ("c.py::alone",)
    assert list(found.safe.values()) == [
        "no test refers to it, directly or through other definitions"
    ]


def test_custom_patterns_decide_what_a_test_is() -> None:
    files = {
        "a.py": "def f(): return 1\n",
        "check_a.py": "from a import f\nclass Suite:\n    def should_work(self): f()\n    def test_no(self): f()\n",
    }
    patterns = Patterns(("check_*.py",), ("Suite",), ("should_*",))
    assert selected(files, "a.py", "return 1", "return 2", patterns) == {
        "check_a.py::Suite::should_work"
    }


def test_an_inherited_test_is_selected_where_it_is_collected() -> None:
    files = {
        "a.py": "def f(): return 1\n",
        "base.py": "from a import f\nclass Base:\n    def test_f(self): f()\n",
        "test_a.py": "from base import Base\nclass TestA(Base): ...\n",
    }
    assert selected(files, "a.py", "return 1", "return 2") == {"test_a.py::TestA::test_f"}


def test_a_script_in_a_string_runs_the_modules_it_imports() -> None:
    files = {
        "a.py": "def f(): return 1\n",
        "b.py": "import a\nprint(vars(a))\n",
        "test_a.py": 'import subprocess, sys\nSCRIPT = b"""\nimport b\n"""\n'
        "def test_child(): subprocess.run([sys.executable, '-c', SCRIPT])\n"
        "def test_other(): ...\n",
    }
    assert "test_a.py::test_child" in selected(files, "a.py", "return 1", "return 2")


def test_a_method_named_in_a_literal() -> None:
    files = {
        "a.py": "class C:\n    def pick_one(self): return 1\nclass D:\n    def call(self): return 1\n",
        "b.py": "import a\ndef make(x): return f'd.call({x})'\ndef pick(c): return run(c, 'pick_one')\n",
        "test_a.py": "import b\ndef test_pick(): b.pick(1)\ndef test_make(): b.make(1)\n",
    }
    assert selected(files, "a.py", "pick_one(self): return 1", "pick_one(self): return 2") == {
        "test_a.py::test_pick"
    }
    assert selected(files, "a.py", "call(self): return 1", "call(self): return 2") == {
        "test_a.py::test_make"
    }


def test_the_same_question_has_the_same_answer() -> None:
    assert answer(FILES, "a.py", "LIMIT = 3", "LIMIT = 4") == answer(
        FILES, "a.py", "LIMIT = 3", "LIMIT = 4"
    )


def test_a_name_in_common_comes_first_among_equal_chains() -> None:
    files = {
        "a.py": "def trim_text(): return 1\n",
        "test_a.py": "import a\ndef test_alpha(): a.trim_text()\ndef test_trim(): a.trim_text()\n",
    }
    found = answer(files, "a.py", "return 1", "return 2")
    assert [i.node_id for i in found.impacts] == ["test_a.py::test_trim", "test_a.py::test_alpha"]


def test_a_call_at_import_may_raise() -> None:
    files = {
        "a.py": "import re\nWORD = re.compile('a')\nTEXT = 'a'\ndef f(): return WORD\n",
        "test_a.py": "import a\ndef test_f(): a.f()\ndef test_other(): ...\n",
        "test_b.py": "def test_b(): ...\n",
    }
    found = answer(files, "a.py", "compile('a')", "compile('(')")
    assert [i.node_id for i in found.impacts] == ["test_a.py::test_f", "test_a.py::test_other"]
    assert selected(files, "a.py", "TEXT = 'a'", "TEXT = 'b'") == set()


def test_a_metaclass_may_refuse_a_class_body() -> None:
    files = {
        "a.py": """
        class Meta(type):
            def __new__(cls, name, bases, body): return super().__new__(cls, name, bases, body)
        class Node(metaclass=Meta):
            fields = ("a",)
        """,
        "test_a.py": "import a\ndef test_other(): ...\n",
        "test_b.py": "def test_b(): ...\n",
    }
    assert selected(files, "a.py", '("a",)', '("b",)') == {"test_a.py::test_other"}


def test_why_a_test_is_safe_is_said() -> None:
    now = Resolver(TextFacts({**FILES, "a.py": FILES["a.py"].replace("return 1", "return 2")}))
    question = StaticQuestion(now, Resolver(TextFacts(FILES)), Patterns())
    changes = compare(TextFacts(FILES).get("a.py"), now.files.scope("a.py").facts)  # type: ignore[union-attr]  # it is there
    (near,), (far,) = (
        question.why_safe(test, changes) for test in ("test_a.py::test_other", "test_b.py::test_b")
    )
    assert near[1].startswith("by the code alone it may run or read")
    assert far[1] == "its file does not import a.py, directly or through other files"

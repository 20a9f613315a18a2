from __future__ import annotations

from dataclasses import replace

import pytest

from tdad.config import GateSettings, levels_of
from tdad.errors import ConfigInvalid, ConfigUnknownKey
from tdad.facts import Answer, Change, ChangeKind, FileVersion, Part, Site, Span, Status
from tdad.facts_checks import Weakening
from tdad.facts_gate import (
    Asked,
    Attempt,
    Judged,
    Level,
    PolicyKind,
    Uncollected,
    Verdict,
)
from tdad.gate.crossing import crossing_plan
from tdad.gate.policy import PolicyQuestion, definition_of, findings, node_id_of
from tdad.gate.tests_changed import Compared
from tdad.gate.unreached import statements_not_run
from tdad.graph.tests_of import Patterns
from tdad.workflows.gate_policies import look_at_tests
from tests.unit.gate.edits import compared

TEST = "tests/test_shop.py::TestCart::test_total[a.b::c]"
DEFINITION = "tests/test_shop.py::TestCart.test_total"
SKIP = Weakening(
    PolicyKind.SKIPPED_TEST, "tests/test_shop.py", 3, DEFINITION, "skipped", certain=False
)
PASSED, SKIPPED, FAILED = (
    Attempt(Status.PASSED),
    Attempt(Status.SKIPPED),
    Attempt(Status.FAILED, message="assert 9 == 10"),
)


def found(**parts) -> list[tuple[PolicyKind, Level]]:
    return [(f.kind, f.level) for f in findings(PolicyQuestion(**parts))]


def test_names_go_both_ways():
    assert definition_of(TEST) == DEFINITION
    assert node_id_of(DEFINITION) == "tests/test_shop.py::TestCart::test_total"


def test_what_may_be_a_refactoring_is_never_more_than_a_warning():
    question = {"compared": Compared((SKIP,))}
    assert found(**question) == [(PolicyKind.SKIPPED_TEST, Level.WARN)]
    assert found(**question, levels={PolicyKind.SKIPPED_TEST: Level.OFF}) == []


def test_unless_the_test_was_really_skipped():
    skipped = Judged(TEST, Verdict.SILENCED, 10, (PASSED,), (SKIPPED,))
    assert found(compared=Compared((SKIP,)), asked=Asked((skipped,))) == [
        (PolicyKind.SKIPPED_TEST, Level.FAIL)
    ]


def test_a_file_that_was_really_skipped():
    skipped = Judged(TEST, Verdict.SILENCED, 10, (PASSED,), (SKIPPED,))
    whole = Compared((replace(SKIP, test=""),))
    assert found(compared=whole, asked=Asked((skipped,))) == [
        (PolicyKind.SKIPPED_TEST, Level.FAIL)
    ]
    elsewhere = replace(skipped, node_id=f"tests/other.py::{TEST.partition('::')[2]}")
    levels = found(compared=whole, asked=Asked((elsewhere,)))
    assert (PolicyKind.SKIPPED_TEST, Level.WARN) in levels


def test_a_skip_that_only_running_shows():
    skipped = Judged(
        TEST, Verdict.SILENCED, 10, (PASSED,), (Attempt(Status.SKIPPED, message="no net"),)
    )
    other = Judged(TEST.replace("a.b", "x"), Verdict.SILENCED, 10, (PASSED,), (SKIPPED,))
    (one,) = findings(PolicyQuestion(asked=Asked((skipped, other))))
    assert (one.kind, one.test, one.detail) == (
        PolicyKind.SKIPPED_TEST,
        node_id_of(DEFINITION),
        "no net",
    )


def test_a_test_that_moved_is_not_removed():
    gone = Judged(TEST, Verdict.REMOVED, 16, (PASSED,))
    assert found(asked=Asked((gone,))) == [(PolicyKind.REMOVED_TEST, Level.WARN)]
    moved = Compared(moved={DEFINITION: "tests/test_b.py::test_total"})
    assert found(asked=Asked((gone,)), compared=moved) == []


def test_a_test_that_is_kept_from_running_is_skipped():
    held = Judged(TEST, Verdict.SILENCED, 30, (PASSED,), note="it is still there")
    (one,) = findings(PolicyQuestion(asked=Asked((held,))))
    assert (one.kind, one.level, one.message) == (
        PolicyKind.SKIPPED_TEST,
        Level.FAIL,
        "it is still there",
    )
    moved = Compared(moved={DEFINITION: ""})
    assert found(asked=Asked((held,)), compared=moved) == []


def test_some_parameter_sets_are_not_the_test():
    gone = Judged(TEST, Verdict.REMOVED, 16, (PASSED,))
    left = Judged(TEST.replace("a.b", "x"), Verdict.UNCHANGED, 1, (), (PASSED,))
    (one,) = findings(PolicyQuestion(asked=Asked((gone, left))))
    assert (one.kind, one.message) == (
        PolicyKind.REMOVED_TEST,
        "sets of parameters of the test are gone",
    )


def test_a_file_that_pytest_finds_no_more_by_itself():
    (one,) = findings(PolicyQuestion(not_found={"tests/test_a.py": 3}))
    assert (one.kind, one.level, one.path) == (
        PolicyKind.SKIPPED_TEST,
        Level.FAIL,
        "tests/test_a.py",
    )


def test_as_many_sets_of_parameters_as_before_are_none_removed():
    gone = Judged(TEST, Verdict.REMOVED, 16, (PASSED,))
    come = Judged(TEST.replace("a.b", "x"), Verdict.NEW_PASSING, 13, (), (PASSED,))
    edited = Compared(edited=frozenset({DEFINITION}))
    assert found(asked=Asked((gone, come)), compared=edited) == []
    assert found(asked=Asked((gone,)), compared=edited) == [(PolicyKind.REMOVED_TEST, Level.WARN)]


def test_expectations_that_changed_with_the_code():
    now = Judged(TEST, Verdict.UNCHANGED, 1, (PASSED,), (PASSED,))
    broken = Judged(TEST, Verdict.REGRESSION, 2, (PASSED,), (FAILED,))
    red = Judged(TEST, Verdict.STILL_FAILING, 5, (FAILED,), (FAILED,))
    crossed = {TEST: FAILED}
    (one,) = findings(PolicyQuestion(asked=Asked((now,), crossed=crossed)))
    assert (one.kind, one.level, one.detail) == (
        PolicyKind.EXPECTATION_CHANGED,
        Level.WARN,
        "assert 9 == 10",
    )
    assert found(asked=Asked((broken,), crossed=crossed)) == []
    assert found(asked=Asked((red,), crossed=crossed)) == []
    assert found(asked=Asked((now,), crossed={TEST: PASSED})) == []


def test_changed_code_that_no_test_reaches():
    edit = Change("shop.py", "Cart.total", ChangeKind.EDITED, Part.BODY, new=(Span(12, 14),))
    gone = Change("shop.py", "Cart.old", ChangeKind.REMOVED, Part.WHOLE)
    answer = Answer((edit, gone), (), 3, (), (edit.definition, gone.definition))
    (one,) = findings(PolicyQuestion(answer=answer))
    assert (one.kind, one.path, one.line) == (PolicyKind.UNREACHED_CODE, "shop.py", 12)
    assert one.message == "Cart.total was edited, and no test reaches it"
    assert found(answer=answer, is_test=lambda path: path == "shop.py") == []


def test_catastrophe():
    new = Uncollected("tests/test_a.py", "ImportError: shop", 4, before=False)
    old = Uncollected("tests/test_b.py", "ImportError: shop", 4, before=True)
    assert found(asked=Asked((), uncollected=(new, old))) == [
        (PolicyKind.CATASTROPHIC, Level.FAIL)
    ]
    assert found(asked=Asked((), catastrophic=True)) == [(PolicyKind.CATASTROPHIC, Level.FAIL)]


PYPROJECT = """[project]
name = "shop"
dependencies = ["click"]
[tool.pytest.ini_options]
addopts = "-q"
[tool.ruff]
a = 1
"""
FILES = {
    ".github/workflows/test.yml": PolicyKind.CI_EDITED,
    "sub/.gitlab-ci.yml": PolicyKind.CI_EDITED,
    "Jenkinsfile": PolicyKind.CI_EDITED,
    "tests/unit/conftest.py": PolicyKind.CONFTEST_EDITED,
    "tox.ini": PolicyKind.SETTINGS_EDITED,
    "uv.lock": PolicyKind.LOCK_FILE_EDITED,
    "requirements/dev.txt": PolicyKind.LOCK_FILE_EDITED,
    "README.md": None,
    "shop/workflows.py": None,
    "docs/github/workflows/test.yml": None,
}


@pytest.mark.parametrize("path", FILES)
def test_files_that_decide_what_is_run(path):
    edited = (FileVersion(path, b"a", b"b"),)
    assert [kind for kind, _ in found(files=edited)] == ([FILES[path]] if FILES[path] else [])
    renamed = (FileVersion("elsewhere", b"a", b"a", path),)
    assert [kind for kind, _ in found(files=renamed)] == ([FILES[path]] if FILES[path] else [])


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("click", "click>=9", PolicyKind.LOCK_FILE_EDITED),
        ("-q", "--deselect x", PolicyKind.SETTINGS_EDITED),
        ("a = 1", "a = 2", None),
        ("name", "[broken", PolicyKind.SETTINGS_EDITED),
        (
            "[tool.ruff]",
            "[tool.tdad.gate]\nskipped-test = 'off'\n[tool.ruff]",
            PolicyKind.SETTINGS_EDITED,
        ),
    ],
)
def test_pyproject_by_table(old, new, kind):
    edited = FileVersion(
        "pyproject.toml", PYPROJECT.encode(), PYPROJECT.replace(old, new).encode()
    )
    kinds = [k for k, _ in found(files=(edited,))]
    assert kind in kinds if kind else not kinds


def test_levels_come_from_defaults_the_table_and_the_command_line():
    settings = GateSettings({PolicyKind.CI_EDITED: Level.FAIL, PolicyKind.REMOVED_TEST: Level.OFF})
    levels = levels_of(settings, ["removed-test=fail"])
    assert levels[PolicyKind.CI_EDITED] is levels[PolicyKind.REMOVED_TEST] is Level.FAIL
    assert levels[PolicyKind.UNREACHED_CODE] is Level.WARN
    with pytest.raises(ConfigUnknownKey, match="removed-tests"):
        levels_of(settings, ["removed-tests=fail"])
    with pytest.raises(ConfigInvalid, match="off, warn or fail"):
        levels_of(settings, ["removed-test=on"])


def test_what_is_run_with_the_code_of_head():
    old = {
        "tests/test_a.py": "def test_it():\n    assert cart.total() == 9\ndef test_same():\n    assert cart\n"
    }
    new = {"tests/test_a.py": old["tests/test_a.py"].replace("9", "10")}
    files = (
        FileVersion("tests/test_a.py", b"old", b"new"),
        FileVersion("tests/conftest.py", None, b"new"),
        FileVersion("tests/data/a.json", b"{}", b"[]"),
        FileVersion("tests/helpers.py", b"h", b"h", "tests/tools.py"),
        FileVersion("shop.py", b"a", b"b"),
    )
    plan = crossing_plan(
        files, compared(old, new), lambda path: path.startswith("tests/") and path.endswith(".py")
    )
    assert plan.tests == ("tests/test_a.py::test_it",)
    assert plan.files == {
        "tests/test_a.py": b"old",
        "tests/conftest.py": None,
        "tests/data/a.json": b"{}",
        "tests/helpers.py": None,
        "tests/tools.py": b"h",
    }
    assert crossing_plan(files, compared(old, old), lambda _path: True).tests == ()
    assert crossing_plan(files[:4], compared(old, new), lambda path: path != "shop.py").tests == ()


@pytest.mark.parametrize(
    ("path", "tests"),
    [
        ("tests/data/a.json", ("other/test_b.py::test_b", "tests/test_a.py::test_it")),
        ("tests/conftest.py", ("tests/test_a.py::test_it",)),
        ("tests/test_a.py", ("tests/test_a.py::test_it",)),
        ("tests/helpers.py", ("other/test_b.py::test_b", "tests/test_a.py::test_it")),
    ],
)
def test_tests_whose_fixtures_helpers_or_data_differ_are_run_as_well(path, tests):
    """A new expectation need not stand in the test."""
    text = "@pytest.fixture\ndef expected():\n    return 9\n"
    old, new = ({path: t} for t in (text, text.replace("9", "10")))
    both = compared(old, new) if path.endswith(".py") else Compared()
    files = (FileVersion(path, b"old", b"new"), FileVersion("shop.py", b"a", b"b"))
    passing = (
        "tests/test_a.py::test_it[1]",
        "tests/test_a.py::test_it[2]",
        "other/test_b.py::test_b",
    )
    plan = crossing_plan(
        files, both, lambda each: each.startswith("tests/") and each.endswith(".py"), passing
    )
    assert plan.tests == tests
    assert plan.files == {path: b"old"}


def test_changed_statements_that_no_test_runs():
    body = Change(
        "shop.py",
        "total",
        ChangeKind.EDITED,
        Part.BODY,
        (Span(7, 8),),
        (Span(9, 9),),
        old_digest="d",
    )
    added = Change(
        "shop.py",
        "name",
        ChangeKind.EDITED,
        Part.BODY,
        (),
        (Span(20, 20),),
        (Span(18, 19),),
        old_digest="d",
    )
    other = Change(
        "shop.py",
        "VAT",
        ChangeKind.EDITED,
        Part.VALUE,
        (Span(1, 1),),
        (Span(1, 1),),
        old_digest="d",
    )

    def not_run(*lines: int):
        known = {("shop.py", "d"): frozenset(lines)}
        found = statements_not_run((body, added, other), lambda *version: known[version])
        return [(site.line, definition) for site, definition in found]

    assert not_run() == []  # no lines were recorded
    assert not_run(3) == [(9, "shop.py::total"), (20, "shop.py::name")]
    assert not_run(3, 8, 18) == []
    (one,) = findings(PolicyQuestion(not_run=((Site("shop.py", 9), "shop.py::total"),)))
    assert (one.kind, one.line) == (PolicyKind.UNREACHED_CODE, 9)
    unreached = Answer((body,), (), 3, (), (body.definition,))
    assert found(answer=unreached, not_run=((Site("shop.py", 9), "shop.py::total"),)) == [
        (PolicyKind.UNREACHED_CODE, Level.WARN)
    ]


def test_the_tests_of_a_runner_are_compared_as_well(tmp_path):
    """What pytest would take for tests is not asked for then: no pattern of names is left."""
    text = "class A(TestCase):\n    def test_it(self):\n        self.assertEqual(total(), 9)\n"
    version = FileVersion("test_a.py", text.encode(), text.replace("total(), 9", "9, 9").encode())
    looked = look_at_tests([version], Patterns(("test*.py",), (), ()), None, tmp_path)
    assert [w.kind for w in looked.compared.weakenings] == [PolicyKind.WEAKENED_TEST]
    assert looked.compared.edited == {"test_a.py::A.test_it"}


@pytest.mark.parametrize(
    "question",
    [
        "if os.environ.get('PYTEST_CURRENT_TEST'): return 9",
        'if "pytest" in sys.modules: return 9',
        "if 'unittest' not in modules: return 9",
        "if sys.modules.get('_pytest'): return 9",
    ],
)
def test_code_that_asks_whether_tests_run_it(question):
    text = f"import os, sys\ndef total():\n    {question}\n"
    file = FileVersion("shop.py", b"import os\n", text.encode())
    (one,) = findings(PolicyQuestion(files=(file,)))
    assert (one.kind, one.level, one.path, one.line) == (
        PolicyKind.TEST_AWARE,
        Level.WARN,
        "shop.py",
        3,
    )
    asked_before = replace(file, old=text.encode() + b"x = 1\n")
    assert found(files=(asked_before,)) == []
    assert found(files=(file,), is_test=lambda path: path == "shop.py") == []
    assert found(files=(replace(file, new=b"# PYTEST_CURRENT_TEST\nimport pytest\n"),)) == []

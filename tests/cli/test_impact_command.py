from __future__ import annotations

import json

import pytest

from tdad.errors import RevisionUnknown
from tdad.workflows.changes import ChangeOptions
from tests.unit.report.answers import EXPLANATION, SAFE, TOTAL, VAT, report


@pytest.fixture
def impacts(workflows, project):
    workflows.answer("impact", ChangeOptions=ChangeOptions, find_impacts=report(TOTAL, VAT))
    return workflows


def test_the_table_goes_to_stdout_and_nothing_to_stderr(tdad, impacts):
    result = tdad("impact")
    assert result.code == 0
    assert result.out.startswith("2 changes, 2 of 1,301 tests at risk\n")
    assert result.err == ""


def test_ids_are_ready_for_pytest_from_a_sub_directory(tdad, impacts, project, monkeypatch):
    assert tdad("impact", "--format", "ids").out.splitlines()[1] == "tests/test_shop.py::test_vat"
    monkeypatch.chdir(project / "tests")
    assert tdad("impact", "--format", "ids").out.splitlines()[1] == "test_shop.py::test_vat"


def test_directory_works_like_git(tdad, impacts, project, monkeypatch, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    out = tdad("-C", str(project / "tests"), "impact", "--format", "ids").out
    assert out.splitlines()[1] == "test_shop.py::test_vat"
    assert elsewhere.samefile(".")


def test_json_is_the_same_wherever_one_stands(tdad, impacts, project, monkeypatch):
    here = tdad("impact", "--json").out
    monkeypatch.chdir(project / "tests")
    assert tdad("impact", "--format", "json").out == here
    assert json.loads(here)["schema"] == "tdad.impact/1"


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ((), ChangeOptions()),
        (("--base", "main"), ChangeOptions(base="main")),
        (("--base", "main", "--exact"), ChangeOptions(base="main", exact=True)),
        (("--patch", "-"), ChangeOptions(patch="-")),
        (("--base", "main", "--patch", "p"), ChangeOptions(base="main", patch="p")),
        (("--uncommitted",), ChangeOptions(uncommitted=True)),
        (("--files", "a.py", "b.py"), ChangeOptions(files=("a.py", "b.py"))),
    ],
)
def test_change_options_reach_the_workflow(tdad, impacts, arguments, options):
    assert tdad("impact", *arguments).code == 0
    ((_, args, _),) = impacts.calls
    assert args[1] == options


@pytest.mark.parametrize(
    "arguments",
    [
        ("--base", "main", "--uncommitted"),
        ("--files", "a.py", "--patch", "p"),
        ("--base", "main", "--patch", "p", "--uncommitted"),
    ],
)
def test_two_different_changes_are_a_usage_error(tdad, impacts, arguments):
    result = tdad("impact", *arguments)
    assert result.code == 2
    assert result.err.endswith("[options-exclude]\n")
    assert result.out == ""


def test_the_limit_comes_from_the_command_line_then_the_configuration(tdad, impacts, project):
    settings = "[tool.tdad]\nlimit = 1\n"
    (project / "pyproject.toml").write_text(settings, encoding="utf-8")
    assert len(tdad("impact", "--format", "ids").out.splitlines()) == 1
    assert len(tdad("impact", "--format", "ids", "--limit", "2").out.splitlines()) == 2
    assert len(tdad("-c", "limit=2", "impact", "--format", "ids").out.splitlines()) == 2


def test_exit_code_is_asked_for(tdad, workflows, project):
    workflows.answer("impact", ChangeOptions=ChangeOptions, find_impacts=report())
    assert tdad("impact").code == 0
    assert tdad("impact", "--exit-code").code == 1


def test_an_error_of_the_user_is_one_sentence(tdad, workflows, project):
    error = RevisionUnknown("mian", ("main",))
    workflows.answer("impact", ChangeOptions=ChangeOptions, find_impacts=error)
    result = tdad("impact", "--base", "mian")
    assert (result.code, result.out) == (3, "")
    assert result.err == f"tdad: {error} [revision-unknown]\n"


def test_explain_takes_what_the_user_typed(tdad, workflows, project, monkeypatch):
    workflows.answer("impact", ChangeOptions=ChangeOptions)
    workflows.answer("explain", explain=EXPLANATION)
    monkeypatch.chdir(project / "tests")
    result = tdad("explain", "test_shop.py::test_total[3 eggs]", "--exit-code")
    assert result.code == 0
    assert result.out.startswith("test_shop.py::test_total[3 eggs] is at risk\n")
    tdad("explain", "tests/test_shop.py::test_total[3 eggs]")
    assert [args[1] for _, args, _ in workflows.calls] == [
        "tests/test_shop.py::test_total[3 eggs]"
    ] * 2


def test_explain_of_a_safe_test(tdad, workflows, project):
    workflows.answer("impact", ChangeOptions=ChangeOptions)
    workflows.answer("explain", explain=SAFE)
    result = tdad("explain", SAFE.node_id, "--exit-code", "--json")
    assert result.code == 1
    assert json.loads(result.out)["selected"] is False

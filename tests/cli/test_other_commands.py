from __future__ import annotations

import json

import pytest

from tdad.answers import IndexSummary, MapEntry
from tests.unit.report.answers import STATS

ENTRY = MapEntry("file", "tests/test_shop.py", {}, {"tests": ("tests/test_shop.py::test_vat",)})


def test_index(tdad, project, workflows):
    workflows.answer("index", build_index=IndexSummary(2, 2, 9, 5, (), 0.1))
    assert tdad("index", "-j", "2").out.startswith("2 files (2 parsed, 0 unchanged)")
    ((_, _, options),) = workflows.calls
    assert options == {"jobs": 2, "progress": None}


def test_stats(tdad, project, workflows):
    workflows.answer("maps", stats=STATS)
    assert "48.2 kB" in tdad("map", "stats").out
    assert json.loads(tdad("map", "stats", "--json").out)["tests"] == 3


def test_show_is_relative_to_where_one_stands(tdad, project, workflows, monkeypatch):
    workflows.answer("maps", show=ENTRY)
    monkeypatch.chdir(project / "tests")
    assert "  test_shop.py::test_vat" in tdad("map", "show", "test_shop.py").out
    ((_, args, _),) = workflows.calls
    assert args[1] == "tests/test_shop.py"


def test_export_writes_the_test_map_to_its_place(tdad, project, workflows):
    workflows.answer("maps", export=None)
    result = tdad("map", "export")
    assert (result.code, result.out) == (0, "")
    assert "test_map.txt" in result.err
    assert (project / ".tdad" / "test_map.txt").exists()


def test_an_export_that_fails_leaves_the_old_one(tdad, project, workflows):
    (project / ".tdad").mkdir()
    (project / ".tdad" / "test_map.txt").write_text("old", encoding="utf-8")
    workflows.answer("maps", export=OSError(28, "No space left on device"))
    assert tdad("map", "export").code == 3
    assert [path.name for path in (project / ".tdad").iterdir()] == ["test_map.txt"]
    assert (project / ".tdad" / "test_map.txt").read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize(
    ("command", "function"), [("merge", "merge"), ("import", "import_coverage")]
)
def test_merge_and_import_end_with_the_stats(tdad, project, workflows, command, function):
    (project / "other").touch()
    workflows.answer("maps", stats=STATS, **{function: None})
    assert "48.2 kB" in tdad("map", command, "other").out
    assert [name for name, _, _ in workflows.calls] == [function, "stats"]


@pytest.mark.parametrize(
    "command", [("map", "merge"), ("map", "merge", "no"), ("map", "import", "no")]
)
def test_files_that_are_not_there(tdad, project, command):
    assert tdad(*command).code == 2


def test_calls(tdad, project, workflows):
    workflows.answer("calls", project_calls={"a.f": ["a.g"], "a.g": []})
    assert json.loads(tdad("graph", "export", "--calls").out) == {"a.f": ["a.g"], "a.g": []}


def test_a_path_is_for_calls_only(tdad, project):
    (project / "README.md").write_text("# no code", encoding="utf-8")
    assert tdad("graph", "export", "README.md").code == 2
    assert tdad("graph", "export", "--calls", "README.md").code == 2


def test_graph(tdad, project, workflows):
    workflows.answer("graph_export", export_graph="digraph {}\n")
    assert tdad("graph", "export", "--format", "dot").out == "digraph {}\n"


def test_skill(tdad, project):
    assert tdad("skill", "--to", "skills/tdad").out.startswith("wrote  skills")
    (project / "skills" / "tdad" / "SKILL.md").write_text("mine", encoding="utf-8")
    result = tdad("skill", "--to", "skills/tdad")
    assert result.code == 3
    assert result.err.endswith("tdad skill --force [skill-edited]\n")
    assert json.loads(tdad("skill", "--to", "skills/tdad", "--force", "--json").out)["files"]

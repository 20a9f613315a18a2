"""The parts of the probe that need no running pytest: naming of files, writing, lines to functions, the audit bus."""

from __future__ import annotations

import errno
import json
import os
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tdad.trace.probe import bus
from tdad.trace.probe.lines import Lines
from tdad.trace.probe.owners import IMPORT, TEST, Buffer, Owners
from tdad.trace.probe.project import Project
from tdad.trace.probe.writer import Writer


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("pkg/a.py", "pkg/a.py"),
        ("./pkg/../pkg/a.py", "pkg/a.py"),
        ("setup", "setup"),
        ("pkg/page.html", None),
        ("venv/lib/a.py", None),
        ("lib/site-packages/a.py", None),
        (".tox/a.py", None),
        ("../beside.py", None),
        ("<string>", None),
    ],
)
def test_which_code_is_the_projects(tmp_path: Path, name: str, path: str | None) -> None:
    root = tmp_path / "root"
    (root / "venv" / "lib").mkdir(parents=True)
    (root / "venv" / "pyvenv.cfg").touch()
    filename = name if name.startswith("<") else f"{root}/{name}"
    assert Project(str(root)).python(filename) == path


def test_code_outside_the_root_is_named_from_the_root(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "shared").mkdir()
    project = Project(str(tmp_path / "root"), ["../shared"])
    assert project.python(str(tmp_path / "shared" / "a.py")) == "../shared/a.py"
    assert project.python(str(tmp_path / "other" / "a.py")) is None


def test_a_symbolic_link_to_the_project_is_the_project(tmp_path: Path) -> None:
    (tmp_path / "root" / "pkg").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "root")
    project = Project(str(tmp_path / "link"))
    assert project.python(str(tmp_path / "link" / "pkg" / "a.py")) == "pkg/a.py"
    assert project.directory(str(tmp_path / "root")) == "."


def test_relative_names_follow_the_current_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    project = Project(str(tmp_path))
    monkeypatch.chdir(tmp_path / "one")
    assert project.relative("data.json") == "one/data.json"
    monkeypatch.chdir(tmp_path / "two")
    assert project.relative("data.json") == "two/data.json"


def records(folder: Path) -> list[dict[str, object]]:
    (file,) = folder.glob("*.jsonl")
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_buffer_is_written_once_and_empty_afterwards(tmp_path: Path) -> None:
    writer = Writer(str(tmp_path), Project(str(tmp_path)))
    buffer = Buffer(TEST, "t.py::t")
    buffer.starts["a.py"] = {9, 1}
    buffer.used.add(("read", "data.json", 0))
    writer.observation(buffer)
    writer.observation(buffer)
    writer.flush()
    writer.flush()
    assert records(tmp_path) == [
        {
            "t": "obs",
            "owner": ["test", "t.py::t"],
            "starts": {"a.py": [1, 9]},
            "used": [["read", "data.json", 0]],
        }
    ]


def test_the_writer_opens_again_what_tests_closed(tmp_path: Path) -> None:
    writer = Writer(str(tmp_path), Project(str(tmp_path)))
    writer.add({"t": "one"})
    writer.flush()
    os.close(writer._fd)
    writer.add({"t": "two"})
    writer.flush()
    assert [record["t"] for record in records(tmp_path)] == ["one", "two"]


def test_a_forked_child_forgets_what_is_the_parents(tmp_path: Path) -> None:
    writer = Writer(str(tmp_path), Project(str(tmp_path)))
    writer.add({"t": "parent"})
    writer.forget()
    writer.add({"t": "child"})
    writer.flush()
    assert [record["t"] for record in records(tmp_path)] == ["child"]


def test_owners_return_to_whom_they_interrupted() -> None:
    base, test, fixture = Buffer("session", ""), Buffer(TEST, "t"), Buffer("fixture", "f")
    owners = Owners(base)
    collected: list[str] = []
    owners.collect = lambda buffer: collected.append(buffer.name)
    owners.push(test)
    owners.push(fixture)
    owners.pop(test)  # the fixture's end was never seen
    owners.pop(fixture)
    assert owners.current() is base
    assert collected == ["", "t", "f"]
    module = Buffer(IMPORT, "m.py")
    owners.enter_module(module)
    assert owners.current() is module
    assert owners.leave_module(module)
    assert not owners.leave_module(module)
    assert owners.current() is base


def test_lines_belong_to_functions(tmp_path: Path) -> None:
    source = textwrap.dedent(
        """\
        def first(x):
            return [y for y in x]

        class Box:
            def open(self):
                return (
                    1)
            def shut(self): return 2
        """
    )
    file = tmp_path / "m.py"
    file.write_text(source)
    lines = Lines()
    assert lines.starts(str(file), {1, 4}) <= {4}
    assert 1 in lines.starts(str(file), {2})
    assert 5 in lines.starts(str(file), {6, 7})
    assert 8 in lines.starts(str(file), {8})
    assert lines.starts(str(file), set()) == set()
    assert lines.starts(str(tmp_path / "absent.py"), {1}) == set()


def test_listeners_of_audit_events_do_not_disturb_each_other() -> None:
    heard: list[object] = []

    def broken(event: str, args: object) -> None:
        raise RuntimeError

    def listener(event: str, args: object) -> None:
        heard.append(args)

    bus.listen("tdad.unit", broken)
    bus.listen("tdad.unit", listener)
    sys.audit("tdad.unit", 1)
    bus.silence("tdad.unit", listener)
    bus.silence("tdad.unit", broken)
    sys.audit("tdad.unit", 2)
    assert heard == [(1,)]


def test_code_objects_are_numbered_by_place(tmp_path: Path) -> None:
    writer = Writer(str(tmp_path), Project(str(tmp_path)))
    text = "def f(): pass\n\n\ndef g(): pass\n"
    scope: dict[str, Any] = {}
    exec(compile(text, str(tmp_path / "a.py"), "exec"), scope)
    buffer = Buffer(TEST, "t.py::t")
    for codes in ([scope["f"].__code__] * 2, [scope["g"].__code__, records.__code__]):
        buffer.codes = codes
        writer.observation(buffer)
    writer.flush()
    assert [record.get("sites", record.get("codes")) for record in records(tmp_path)] == [
        [["a.py", 1]],
        [0],
        [["a.py", 4]],
        [1],
    ]


def test_after_a_full_disk_the_numbers_are_said_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = Writer(str(tmp_path), Project(str(tmp_path)))
    code = compile("", str(tmp_path / "a.py"), "exec")
    buffer = Buffer(TEST, "t.py::t")

    def full(fd: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patched:
        patched.setattr("tdad.trace.probe.writer._write", full)
        buffer.codes = [code]
        writer.observation(buffer)
        with pytest.raises(OSError, match="full"):
            writer.flush()
    buffer.codes = [code]
    writer.observation(buffer)
    writer.flush()
    lines = next(tmp_path.glob("*.jsonl")).read_text().split()
    sites, seen = map(json.loads, lines)
    assert sites["sites"] == [["a.py", 1]]
    assert seen["codes"] == [sites["first"]]


def test_the_file_that_links_a_work_tree_to_its_repository_is_not_the_projects(
    tmp_path: Path,
) -> None:
    project = Project(str(tmp_path))
    assert project.relative(str(tmp_path / ".git")) is None
    assert project.relative(str(tmp_path / ".gitignore")) == ".gitignore"

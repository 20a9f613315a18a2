"""Every way in which a command can end."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from tests.unit.report.answers import STATS


def test_an_unknown_option_names_the_nearest_and_the_help(tdad):
    result = tdad("impact", "--fromat", "ids")
    assert result.code == 2
    assert result.err.startswith("tdad: No such option")
    assert "--format" in result.err
    assert result.err.endswith("See: tdad impact --help [usage]\n")
    assert result.err.count("\n") == 1


def test_an_unknown_command(tdad):
    result = tdad("imapct")
    assert result.code == 2
    assert "[usage]" in result.err


@pytest.mark.parametrize("group", [(), ("map",), ("graph",)])
def test_no_command_is_help_on_stderr(tdad, group):
    result = tdad(*group)
    assert (result.code, result.out) == (2, "")
    assert "Commands:" in result.err


def test_a_directory_that_is_not_there(tdad):
    result = tdad("-C", "no/such", "impact")
    assert result.code == 2
    assert "no/such" in result.err


def test_a_setting_without_a_value(tdad, project, workflows):
    workflows.answer("maps", stats=STATS)
    result = tdad("-c", "limit", "map", "stats")
    assert result.code == 2
    assert result.err.endswith("[setting-malformed]\n")


def test_an_unknown_setting(tdad, project, workflows):
    workflows.answer("maps", stats=STATS)
    result = tdad("-c", "limmit=3", "map", "stats")
    assert result.code == 2
    assert "[config-unknown-key]" in result.err


@pytest.mark.parametrize(
    ("error", "code", "slug"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (OSError(28, "No space left on device", "/map"), 3, "input-output"),
        (ValueError("two\nlines"), 3, "internal"),
    ],
)
def test_exceptions_become_one_sentence(tdad, project, workflows, error, code, slug):
    workflows.answer("maps", stats=error)
    result = tdad("map", "stats")
    assert (result.code, result.out) == (code, "")
    said = result.err.removeprefix("\n")  # click ends the line that shows ^C
    assert said.startswith("tdad: ")
    assert said.endswith(f"[{slug}]\n")
    assert said.count("\n") == 1


def test_of_a_copy_that_fails_both_files_are_named(tdad, project, workflows):
    workflows.answer("maps", stats=OSError(28, "No space left on device", "/a", None, "/tmp/b"))
    assert "cannot read or write /a or /tmp/b: No space left" in tdad("map", "stats").err


def test_of_a_folder_that_is_copied_the_first_file_is_named(tdad, project, workflows):
    reason = "[Errno 28] No space left on device: '/a' -> '/tmp/b'"
    workflows.answer("maps", stats=shutil.Error([("/a", "/tmp/b", reason), ("/c", "/d", "x")]))
    result = tdad("map", "stats")
    assert "cannot read or write /tmp/b: [Errno 28] No space left on device. Put" in result.err
    assert (result.code, "[input-output]" in result.err) == (3, True)


def test_a_traceback_only_when_asked_for(tdad, project, workflows, monkeypatch):
    monkeypatch.setenv("TDAD_DEBUG", "1")
    workflows.answer("maps", stats=ValueError("wrong"))
    assert "Traceback" in tdad("map", "stats").err


@pytest.mark.skipif(os.name == "nt", reason="pipes break in other ways there")
def test_a_reader_that_goes_away_is_no_error(program):
    read, write = os.pipe()
    os.close(read)
    done = program("--help", capture_output=False, stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


def test_names_that_the_terminal_cannot_show(program):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = program("café", env=environment)
    assert done.returncode == 2
    assert "caf\\xe9" in done.stderr


def test_version(program):
    done = program("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("tdad ")


def test_a_command_imports_only_what_it_needs():
    heavy = [
        "libcst",
        "networkx",
        "rich",
        "sqlite3",
        "coverage",
        "openai",
        "pytest",
        "tdad.workflows",
    ]
    code = (
        "import sys; from tdad.cli.run import run; run(['impact', '--help']);"
        f"print('loaded', sorted(set({heavy}) & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stdout.endswith("loaded []\n"), done.stderr

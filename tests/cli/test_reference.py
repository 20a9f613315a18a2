"""The reference pages say what the program does."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import click
import pytest

from tdad.cli.app import cli
from tdad.errors import ExitCode

ROOT = Path(__file__).parents[2]
REFERENCE = runpy.run_path(str(ROOT / "tools" / "reference.py"))
COMMANDS = dict(REFERENCE["walk"](cli, ("tdad",)))


@pytest.mark.parametrize("name", REFERENCE["pages"]())
def test_generated_pages_are_current(name):
    page = ROOT / "docs" / "reference" / name
    assert page.read_text(encoding="utf-8") == REFERENCE["pages"]()[name], (
        "run: python tools/reference.py"
    )


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_help_that_fits_80_columns(path, tdad):
    result = tdad(*path[1:], "--help")
    assert result.code == 0
    assert result.out.startswith(f"Usage: {' '.join(path)}")
    too_wide = [line for line in result.out.splitlines() if len(line) > 80]
    assert not too_wide


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_option_is_explained(path):
    unexplained = [
        option.name
        for option in COMMANDS[path].params
        if isinstance(option, click.Option) and not option.help and option.name != "form"
    ]
    assert not unexplained


def test_every_answer_can_be_had_as_json():
    without = {
        " ".join(path)
        for path, command in COMMANDS.items()
        if not isinstance(command, click.Group)
        and "as_json" not in {option.name for option in command.params}
    }
    assert without == {"tdad map export", "tdad graph export"}  # they have --format json


def test_exit_codes_are_documented():
    page = (ROOT / "docs" / "reference" / "exit-codes.md").read_text(encoding="utf-8")
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    assert documented == {int(code) for code in ExitCode}


@pytest.mark.parametrize("error", REFERENCE["errors"](), ids=lambda error: error.__name__)
def test_errors_are_one_sentence_with_a_slug(error):
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", error.slug)
    assert "\n" not in REFERENCE["sentence"](error)

"""A change that breaks nothing visible: it edits tests, settings and code that nobody runs along with the code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.lean import ADDOPTS

TOOLS = Path(sys.executable).parent
CODE = """\
def total(prices):
    if not prices:
        return 0
    return sum(prices)


def name():
    return "cart"


def unused():
    return 1
"""
TESTS = """\
import pytest

import shop


def test_total():
    assert shop.total([1, 2]) == 3


@pytest.mark.parametrize("price", [1, 2])
def test_one(price):
    assert shop.total([price]) == price


def test_name():
    assert shop.name() == "cart"


def test_type():
    assert isinstance(shop.name(), str)
"""
SETTINGS = (
    '[tool.tdad]\n[tool.tdad.gate]\nci-edited = "fail"\n[tool.pytest.ini_options]\npythonpath = ["."]\n'
    f'addopts = "{ADDOPTS}"\n'
)
HEAD = {
    "shop.py": CODE.replace("sum(prices)", "sum(prices) + 1")
    .replace("return 0", "return None")
    .replace("return 1", "return 2")
    .replace('"cart"', '"basket"'),
    "test_shop.py": TESTS.replace("== 3", "== 4")
    .replace("[1, 2])\ndef", "[1])\ndef")
    .replace("== price", "== price + 1")
    .replace('assert shop.name() == "cart"', "assert shop.name()")
    .replace("def test_type", '@pytest.mark.skip(reason="later")\ndef test_type'),
    "pyproject.toml": SETTINGS.replace('"fail"', '"off"'),
    ".github/workflows/test.yml": "on: push\n",
    "conftest.py": "\n",
}


def git(folder: Path, *args: str) -> None:
    subprocess.run(["git", *args], cwd=folder, capture_output=True, check=True)


def commit(work: Path, message: str, files: dict[str, str]) -> None:
    for name, text in files.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text(text)
    git(work, "add", "-A")
    git(
        work,
        "-c",
        "user.name=Ann",
        "-c",
        "user.email=ann@example.com",
        "commit",
        "-q",
        "-m",
        message,
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recorded with lines on ``main``, changed on ``change``."""
    work = tmp_path_factory.mktemp("shop")
    git(work, "init", "-q", "-b", "main")
    base = {"shop.py": CODE, "test_shop.py": TESTS, "pyproject.toml": SETTINGS}
    commit(work, "main", {**base, ".gitignore": ".tdad/\n__pycache__/\n.pytest_cache/\n"})
    command = [sys.executable, "-m", "pytest", "-q", "--tdad-map", "--tdad-lines"]
    subprocess.run(command, cwd=work, capture_output=True, check=True, env=environ(work))
    git(work, "checkout", "-q", "-b", "change")
    commit(work, "Change", HEAD)
    return work


def environ(work: Path) -> dict[str, str]:
    path = os.pathsep.join([str(TOOLS), os.environ["PATH"]])
    return {"PATH": path, "HOME": str(work.parent), "LANG": "C.UTF-8"}


def run(project: Path, *args: str) -> tuple[int, dict[str, Any]]:
    command = ["tdad", "gate", "--base", "main", "--json", "--python", sys.executable, *args]
    done = subprocess.run(
        command, cwd=project, env=environ(project), capture_output=True, text=True, check=False
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.mark.slow
def test_what_a_change_does_besides_breaking_code(project):
    code, report = run(project)
    found = {
        (f["kind"], f["level"], f["path"], f["test"].rpartition("::")[2])
        for f in report["findings"]
    }
    assert found == {
        ("weakened-test", "fail", "test_shop.py", "test_name"),
        ("weakened-test", "fail", "test_shop.py", "test_one"),
        ("skipped-test", "fail", "test_shop.py", "test_type"),
        ("ci-edited", "fail", ".github/workflows/test.yml", ""),
        ("conftest-edited", "warn", "conftest.py", ""),
        ("test-settings-edited", "warn", "pyproject.toml", ""),
        ("expected-value-changed", "warn", "test_shop.py", "test_one"),
        ("expected-value-changed", "warn", "test_shop.py", "test_total"),
        ("expectation-changed", "warn", "test_shop.py", "test_one"),
        ("expectation-changed", "warn", "test_shop.py", "test_total"),
        ("expectation-changed", "warn", "test_shop.py", "test_name"),
        ("unreached-code", "warn", "shop.py", ""),
    }
    assert code == 4
    assert any("the baseline's policies count" in note for note in report["notes"])
    assert [
        (f["line"], f["message"]) for f in report["findings"] if f["kind"] == "unreached-code"
    ] == [
        (3, "no test runs the changed lines of total, though some run the function"),
        (12, "unused was edited, and no test reaches it"),
    ]


@pytest.mark.slow
def test_policies_of_the_command_line_win_and_only_agents_are_judged(project):
    code, report = run(project, "--agent-only")
    assert (code, report["findings"], report["tests"]) == (0, [], [])
    assert any("--agent-only" in note for note in report["notes"])

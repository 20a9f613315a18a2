"""A confined run of tests: outcomes, where failures happened, only what is wanted, nothing outside."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tdad.facts import Site, Status
from tdad.runner.confined import Cell, ConfinedRun, run_confined
from tdad.runner.sandbox import Layer, Strictness, choose
from tdad.runner.suite import SuiteOptions

FILES = {
    "lib.py": "def half(n):\n    return n // 0\n",
    "test_a.py": (
        "import pytest, lib\n"
        "def test_good(): pass\n"
        "@pytest.mark.parametrize('n', [1, 2])\n"
        "def test_half(n): lib.half(n)\n"
    ),
    "test_b.py": "import nowhere\n",
    "test_c.py": "import broken\n",
    "broken.py": "x = 1\ndef f(:\n",
    "test_d.py": (
        "import os, pathlib\n"
        "def test_secret(): assert 'API_KEY' not in os.environ\n"
        "def test_outside(): pathlib.Path(__file__).parents[1].joinpath('out.txt').write_text('x')\n"
    ),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def run(root: Path, tests: list[str] | None) -> ConfinedRun:
    cell = Cell(choose(Strictness.AUTO), (Path(sys.executable).parent.parent,))
    options = SuiteOptions(
        python=sys.executable, arguments=("-p", "no:cacheprovider"), timeout_s=120
    )
    return run_confined(root, options, root.with_name("scratch"), cell, around=root, tests=tests)


def test_outcomes_and_where_failures_happened(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "secret")
    done = run(root, None)
    statuses = {name: out.status for name, out in done.suite.outcomes.items()}
    assert statuses["test_a.py::test_good"] is Status.PASSED
    assert statuses["test_a.py::test_half[1]"] is Status.FAILED
    assert statuses["test_d.py::test_secret"] is Status.PASSED
    failure = done.failures["test_a.py::test_half[2]"]
    assert failure.message.startswith("ZeroDivisionError")
    assert failure.frames == (Site("test_a.py", 4), Site("lib.py", 2))
    assert set(done.suite.uncollected) == {"test_b.py", "test_c.py"}
    assert done.failures["test_b.py"].message == "ModuleNotFoundError: No module named 'nowhere'"
    assert done.failures["test_c.py"].frames[-1] == Site("broken.py", 2)
    if choose(Strictness.AUTO).layer is not Layer.NONE:
        assert statuses["test_d.py::test_outside"] is Status.FAILED
        assert not (root.parent / "out.txt").exists()
    assert os.environ["API_KEY"] == "secret"


def test_only_what_is_wanted_runs(root: Path) -> None:
    done = run(root, ["test_a.py::test_half[2]", "test_a.py::test_good"])
    assert set(done.suite.outcomes) == {"test_a.py::test_half[2]", "test_a.py::test_good"}
    whole = run(root, ["test_a.py"])
    assert len(whole.suite.outcomes) == 3

"""A recording whose tests ran another copy of the project says so, and how to record this one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tdad

SOURCE = Path(tdad.__file__).resolve().parent.parent


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of a project; the original lies beside it as ``original``."""
    original = tmp_path / "original"
    (original / "src" / "shop").mkdir(parents=True)
    (original / "tests").mkdir()
    (original / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    (original / "src" / "shop" / "__init__.py").write_text("def total():\n    return 1\n")
    (original / "tests" / "test_shop.py").write_text(
        "from shop import total\n\n\ndef test_total():\n    assert total() == 1\n"
    )
    return Path(shutil.copytree(original, tmp_path / "copy"))


def run(root: Path, place: Path | str, *words: str) -> subprocess.CompletedProcess[str]:
    """Python in ``root``, which finds ``shop`` in ``place``."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    path = os.pathsep.join([str(place), str(SOURCE)])
    return subprocess.run(
        [sys.executable, *words],
        cwd=root,
        env={**environ, "PYTHONPATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_summary_says_it_until_the_copy_is_recorded(copied: Path) -> None:
    pytest_map = ("-m", "pytest", "-q", "-p", "tdad.pytest_plugin", "--tdad-map")
    original = copied.parent / "original" / "src"
    said = run(copied, original, *pytest_map).stdout
    sentence = f"the tests import shop from {original}/shop/__init__.py and not from src/shop"
    assert sentence in said
    assert "Record this one: PYTHONPATH=src pytest --tdad-map [imported-elsewhere]" in said
    again = run(copied, "src", *pytest_map).stdout
    assert "1 tests recorded" in again
    assert "imported-elsewhere" not in again


def test_record_from_outside_says_it_too(copied: Path) -> None:
    original = copied.parent / "original" / "src"
    done = run(copied, original, "-m", "tdad", "record", "--python", sys.executable, "--json")
    assert done.returncode == 0, done.stderr
    assert "[imported-elsewhere]" in done.stderr
    assert "imported-elsewhere" not in done.stdout

"""What changed lately, in a real repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tdad.workflows.fix_recent import FADING, recently
from tdad.workflows.project import open_project

WHO = ("-c", "user.name=a", "-c", "user.email=a@example.org")


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *WHO, *arguments], cwd=root, check=True, capture_output=True)


def write(root: Path, **bodies: str) -> None:
    lines = "".join(f"def {name}():\n    return {body}\n\n\n" for name, body in bodies.items())
    (root / "a.py").write_text(f"LIMIT = {len(bodies)}\n\n\n{lines}")


def test_uncommitted_work_counts_most_then_commit_after_commit(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'a'\n")
    git(tmp_path, "init", "--quiet")
    for old, new in (("1", "1"), ("2", "1"), ("2", "2")):
        write(tmp_path, one=old, two=new, three="1")
        git(tmp_path, "add", "--all")
        git(tmp_path, "commit", "--quiet", "--message", "next")
    write(tmp_path, one="2", two="2", three="3", four="4")
    found = recently(open_project(tmp_path))
    assert found["a.py::three"] == found["a.py::four"] == found["a.py::LIMIT"] == 1
    assert found["a.py::two"] == pytest.approx(FADING)
    assert found["a.py::one"] == pytest.approx(FADING**2)


def test_without_git_nothing_is_recent(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'a'\n")
    assert recently(open_project(tmp_path)) == {}

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., str]


def run_git(cwd: Path, *args: str, stdin: bytes = b"", check: bool = True) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    who = (
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@example.org",
        "-c",
        "protocol.file.allow=always",
    )
    done = subprocess.run(
        ["git", *who, *args], cwd=cwd, env=env, input=stdin, capture_output=True, check=False
    )
    assert not check or done.returncode == 0, done.stderr.decode()
    return os.fsdecode(done.stdout)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template")
    run_git(root, "init", "-q", "-b", "main")
    (root / "pkg").mkdir()
    (root / "pkg/shop.py").write_text(
        "".join(f"def f{i}():\n    return {i}\n\n\n" for i in range(9))
    )
    (root / "pkg/__init__.py").write_text("")
    (root / "data.json").write_text('{"a": 1}\n')
    (root / ".gitignore").write_text("*.pyc\nbuild/\n.venv/\n")
    run_git(root, "add", ".")
    run_git(root, "commit", "-qm", "one")
    return root


@pytest.fixture
def repo(template: Path, tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    shutil.copytree(template, root, symlinks=True)
    return root


@pytest.fixture(scope="session", name="git")
def git_() -> Run:
    """Run git, free of this machine's configuration, and return what it prints."""
    return run_git

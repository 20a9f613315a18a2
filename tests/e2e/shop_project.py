"""A small shop with tests, recorded once and copied for each test that needs it; commands in processes of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tdad.store import open_map
from tests.lean import ADDOPTS

FILES = {
    "pyproject.toml": f"""\
[tool.tdad]
[tool.pytest.ini_options]
addopts = "{ADDOPTS}"
pythonpath = ["."]
markers = ["quick"]
""",
    ".gitignore": "__pycache__/\n.pytest_cache/\n/stdout\n/stderr\n/runpytest-*\n",
    "shop.py": """\
VAT = 1.19


def total(prices):
    return sum(prices) * VAT


def name():
    return "shop"


def slow():
    return 1
""",
    "tests/test_shop.py": """\
import pytest

import shop


@pytest.mark.parametrize("price", [1, 2])
def test_total(price):
    assert shop.total([price]) > price


@pytest.mark.quick
def test_name():
    assert shop.name() == "shop"
""",
    "tests/deep/test_slow.py": """\
import shop


def test_slow():
    assert shop.slow() == 1
""",
}
SLOW = "tests/deep/test_slow.py::test_slow"
TOTAL = ["tests/test_shop.py::test_total[1]", "tests/test_shop.py::test_total[2]"]
NAME = "tests/test_shop.py::test_name"
ALL = sorted([SLOW, *TOTAL, NAME])
MAP = ".tdad/map.sqlite3"

_WITHOUT_ROOT_RIGHTS = """
import ctypes, os, sys
if os.geteuid() == 0:
    # From here on also root is told when a file or folder is read-only (PR_CAPBSET_DROP of CAP_DAC_*).
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    for capability in (1, 2, 3):
        if prctl(24, capability, 0, 0, 0):
            sys.exit(77)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
CANNOT_DROP = 77
"""Exit code when the rights of root cannot be given up here."""


def environment(**more: str) -> dict[str, str]:
    """The environment without what this test run puts there."""
    env = {
        k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "TDAD", "GIT_", "COV_"))
    }
    return env | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"} | more


def write(root: Path, files: dict[str, str]) -> None:
    """Write files below ``root``."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def git(root: Path, *arguments: str, code: int | None = 0) -> str:
    """Run git, free of this machine's configuration."""
    who = (
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@example.org",
        "-c",
        "protocol.file.allow=always",
    )
    done = subprocess.run(
        ["git", *who, *arguments],
        cwd=root,
        env=environment(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert code is None or done.returncode == code, done.stderr.decode()
    return os.fsdecode(done.stdout)


def python(
    root: Path,
    *arguments: str,
    guarded: bool = False,
    stdin: bytes | None = None,
    timeout: float = 120,
    **more: str,
) -> subprocess.CompletedProcess[str]:
    """Run our interpreter in ``root``; ``guarded``: without the right of root to write what is read-only."""
    start = ["-c", _WITHOUT_ROOT_RIGHTS] if guarded else []
    done = subprocess.run(
        [sys.executable, *start, *arguments],
        cwd=root,
        env=environment(**more),
        input=stdin,
        capture_output=True,
        check=False,
        timeout=timeout,
    )
    out, err = (text.decode("utf-8", "surrogateescape") for text in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


def tdad(root: Path, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    return python(root, "-m", "tdad", *arguments, **options)  # type: ignore[arg-type]  # passed through


def run_pytest(root: Path, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run pytest."""
    return python(root, "-m", "pytest", "-p", "no:testmon", *arguments, **options)  # type: ignore[arg-type]  # passed on


def make_recorded(root: Path) -> Path:
    """Write the shop, record it, and commit it."""
    write(root, FILES)
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "shop")
    done = run_pytest(root, "-q", "--tdad-map")
    assert done.returncode == 0, done.stdout + done.stderr
    return root


def copied(template: Path, root: Path) -> Path:
    """A copy of a recorded shop, with the same times of change."""
    return Path(shutil.copytree(template, root, symlinks=True, dirs_exist_ok=True))


def edit(root: Path, old: str, new: str, name: str = "shop.py") -> None:
    """Replace text in a file."""
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def in_map(root: Path) -> list[str]:
    """Node ids of the recorded tests, sorted."""
    with open_map(root / MAP, mode="read") as opened:
        return sorted(opened.recorded().tests)


def covers_all(root: Path) -> bool:
    """Whether the map says that some run covered the whole suite."""
    with open_map(root / MAP, mode="read") as opened:
        return opened.recorded().complete

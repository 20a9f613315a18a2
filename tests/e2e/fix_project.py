"""A small project to be repaired, and ``tdad fix`` in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lean import ADDOPTS

FILES = {
    "pyproject.toml": f'[tool.pytest.ini_options]\npythonpath = ["."]\naddopts = "-p no:cacheprovider {ADDOPTS}"\n',
    ".gitignore": "__pycache__/\n.tdad/\n",
    "shop.py": '''\
"""A shop."""

LIMIT = 100


class Cart:
    def __init__(self):
        self.prices = []

    def add(self, price):
        self.prices.append(price)

    def total(self):
        return sum(self.prices)

    def allowed(self):
        return self.total() <= LIMIT


def discount(total, percent):
    return total - total * percent / 100


def first(items):
    return items[0] if items else None
''',
    "test_shop.py": """\
from shop import Cart, discount, first


def filled(*prices):
    cart = Cart()
    for price in prices:
        cart.add(price)
    return cart


def test_total():
    assert filled(3, 4).total() == 7


def test_allowed_at_the_limit():
    assert filled(100).allowed()


def test_allowed_at_the_limit_in_parts():
    assert filled(50, 50).allowed()


def test_not_allowed_above():
    assert not filled(101).allowed()


def test_discount():
    assert discount(200, 10) == 180


def test_first():
    assert first([5, 6]) == 5
    assert first([]) is None
""",
}
BROKEN = ("total() <= LIMIT", "total() < LIMIT")
HARMLESS = ('"""A shop."""', '"""A small shop."""\n\nNAME = "shop"')


@dataclass
class Fixed:
    """How a run ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


@dataclass
class Shop:
    """The project in a folder."""

    root: Path

    def edit(self, *edits: tuple[str, str]) -> None:
        path = self.root / "shop.py"
        text = path.read_text()
        for before, after in edits:
            assert before in text
            text = text.replace(before, after)
        path.write_text(text)

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=a", "-c", "user.email=a@b.example")
        command = ["git", *identity, *arguments]
        return subprocess.run(
            command, cwd=self.root, check=True, capture_output=True, text=True
        ).stdout

    def commit(self, message: str) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD").strip()

    def start_fix(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tdad", "fix", "--jobs", "1", "--python", sys.executable]
        if not {"--engine", "--base-url"} & set(arguments):
            command += ["--engine", "search"]  # whoever listens at a usual port here is not meant
        environ = {**os.environ, "TMPDIR": str(self.private)}
        return subprocess.Popen(
            [*command, *arguments],
            cwd=self.root,
            env=environ,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def fix(self, *arguments: str) -> Fixed:
        process = self.start_fix(*arguments)
        out, err = process.communicate(timeout=500)
        return Fixed(process.returncode, out, err)

    @property
    def private(self) -> Path:
        """Where tdad makes its private folder."""
        folder = self.root.parent / "private"
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def runs(self) -> list[Path]:
        return sorted(path for path in (self.root / ".tdad/fix").iterdir() if path.is_dir())

    def snapshot(self) -> dict[str, bytes]:
        """Everything in the tree that is the user's."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and not {".git", ".tdad"} & set(path.parts)
        }

    def assert_nothing_left(self) -> None:
        assert list(self.private.iterdir()) == []
        assert self.git("worktree", "list").count("\n") == 1


def make_shop(folder: Path, *, git: bool = True) -> Shop:
    root = folder / "shop"
    root.mkdir()
    for name, text in FILES.items():
        (root / name).write_text(text)
    shop = Shop(root)
    if git:
        shop.git("init", "--quiet", ".")
        shop.commit("good")
    return shop

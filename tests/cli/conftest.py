"""The command line against workflows that answer at once: the rim is tested, not the map."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tdad.cli.run import run


@dataclass
class Result:
    code: int
    out: str
    err: str


@dataclass
class Workflows:
    """Fakes by module and function; remembers what they were called with."""

    monkeypatch: pytest.MonkeyPatch
    calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = field(default_factory=list)

    def answer(self, module: str, **functions: Any) -> None:
        """Let functions of ``tdad.workflows.MODULE`` return a value or raise an exception."""
        fake = ModuleType(f"tdad.workflows.{module}")
        for name, value in functions.items():
            setattr(fake, name, value if isinstance(value, type) else self._fake(name, value))
        self.monkeypatch.setitem(sys.modules, fake.__name__, fake)

    def _fake(self, name: str, value: Any) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls.append((name, args, kwargs))
            if isinstance(value, BaseException):
                raise value
            return value

        return call


@pytest.fixture
def workflows(monkeypatch):
    return Workflows(monkeypatch)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project that we stand in."""
    (tmp_path / "pyproject.toml").write_text("[tool.tdad]\n", encoding="utf-8")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_shop.py").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def tdad(capsys):
    def call(*arguments: str) -> Result:
        code = run(arguments)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture
def program():
    """The program in a process of its own."""

    def call(*arguments: str, cwd: Path | None = None, **options: Any) -> Any:
        command = [sys.executable, "-m", "tdad", *arguments]
        return subprocess.run(
            command,
            cwd=cwd,
            text=True,
            check=False,
            timeout=60,
            **{"capture_output": True, **options},
        )

    return call

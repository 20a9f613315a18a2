"""A real small model on a real server; skipped with the reason where its environment is not there."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENVIRONMENT = ROOT / ".venv-model"  # make test-model
START_S = 60.0


def python() -> Path:
    """The interpreter of the model's environment, or a skip."""
    if not (ENVIRONMENT / "tdad-stamp").exists():
        note = ENVIRONMENT / "why-not.txt"
        why = note.read_text(encoding="utf-8") if note.exists() else "not made: make test-model"
        pytest.skip(f"no real model ({why})")
    return ENVIRONMENT / "bin" / "python"


@contextmanager
def serving(*options: str) -> Iterator[str]:
    """A server of its own; gives its base URL."""
    command: list[str | Path] = [python(), Path(__file__).parent / "serve.py", *options]
    server = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    late = threading.Timer(START_S, server.kill)
    late.start()
    try:
        assert server.stdout is not None
        for line in server.stdout:
            if line.startswith("READY "):
                late.cancel()
                yield f"{line.split()[1].rstrip('/')}/v1"
                break
        else:
            pytest.fail(f"the model's server ended with {server.wait()} before it was ready")
    finally:
        late.cancel()
        server.terminate()
        server.wait(timeout=20)
        if server.stdout is not None:
            server.stdout.close()


@pytest.fixture(scope="session")
def model_url():
    with serving() as url:
        yield url

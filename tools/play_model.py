"""A model that plays a part, served over HTTP by a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def playing(part: str, file: Path) -> Iterator[str]:
    """Serve the model while inside; its base URL.

    Args:
        part: ``oracle`` or ``clumsy``.
        file: What it knows, as ``tests.servers.play`` reads it.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.servers.play", part, file],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(30)

"""Run the tests of a subject and see how each ended."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from accuracy_setup import WORKERS, outcomes_file, project, put_back, pytest, surroundings

MEMORY_BYTES = 6 << 30
BAD = frozenset({"failed", "error"})
GOOD = frozenset({"passed", "xfailed"})
NO_TESTS = (2, 3, 4)
"""Exit codes of pytest when it could not even start to run tests."""


@dataclass(frozen=True, slots=True)
class Suite:
    """One run of all tests."""

    exit: int
    ends: Mapping[str, str]
    """Node id → passed, failed, error, skipped or xfailed; in the order they ran."""
    seconds: Mapping[str, float]
    uncollected: tuple[str, ...]
    hung: int
    wall_s: float


def suite(name: str, limit_s: float, *options: str) -> Suite | None:
    """Run all tests; ``None``: they did not end within ``limit_s`` seconds, or the process died."""
    file = outcomes_file(name)
    file.unlink(missing_ok=True)
    workers = ["-n", str(WORKERS[name])] if name in WORKERS else []
    plugins = ["-p", "accuracy_outcomes"]
    command = [*pytest(name), "--tb=no", *plugins, *workers, *options]
    began = time.monotonic()
    code = bounded([*command, "--continue-on-collection-errors"], name, limit_s)
    wall_s = time.monotonic() - began
    if code is None:
        return None
    if not file.exists():
        return Suite(code, {}, {}, (), 0, wall_s) if code in NO_TESTS else None
    found = json.loads(file.read_text(encoding="utf-8"))
    return Suite(
        code, found["ends"], found["seconds"], tuple(found["uncollected"]), found["hung"], wall_s
    )


def bounded(command: Sequence[str | Path], name: str, limit_s: float) -> int | None:
    """Run a command in a subject's folder; its exit code, or ``None`` after killing it and what it started."""
    log = outcomes_file(name).with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=project(name),
            env=surroundings(name),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_less_memory,  # noqa: PLW1509 - this program has no threads
        )
        try:
            return process.wait(limit_s)
        except subprocess.TimeoutExpired:
            return None
        finally:
            _end(process)


def _less_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what the command started and left behind; its process group is its own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def failing(before: Suite, after: Suite) -> frozenset[str]:
    """Tests that were good and are not, because they fail or because their file cannot be collected any more.

    A test that is gone although its file was collected (its parameters are others now) is not failing.
    """
    if not after.ends and after.exit in NO_TESTS:
        return frozenset(node_id for node_id, end in before.ends.items() if end in GOOD)
    return frozenset(
        node_id
        for node_id, end in before.ends.items()
        if end in GOOD and (after.ends.get(node_id) in BAD or _uncollected(node_id, after))
    )


def _uncollected(node_id: str, after: Suite) -> bool:
    return node_id not in after.ends and any(
        node_id.partition("::")[0] == each or node_id.startswith((f"{each}::", f"{each}/"))
        for each in after.uncollected
    )


@contextmanager
def edited(name: str, files: Mapping[str, bytes | None]) -> Iterator[None]:
    """Have other contents in some files (``None``: no such file) for a while.

    Times are put back as well, so that byte code compiled before stays valid.
    """
    root = project(name)
    before: dict[Path, tuple[bytes, os.stat_result] | None] = {}
    for path in files:
        file = root / path
        before[file] = (file.read_bytes(), file.stat()) if file.exists() else None
    try:
        for path, content in files.items():
            _write(root / path, content)
        yield
    finally:
        for file, kept in before.items():
            _write(file, kept[0] if kept is not None else None)
            if kept is not None:
                os.utime(file, ns=(kept[1].st_atime_ns, kept[1].st_mtime_ns))
        put_back(name)


def _write(file: Path, content: bytes | None) -> None:
    if content is None:
        file.unlink(missing_ok=True)
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

"""Parse files in a process of its own: paths in on standard input, facts out on standard output.

A plain subprocess instead of ``multiprocessing``, which would fork a process with threads, or run the caller's main
module again. Frames are a length (8 bytes, big-endian) and as many bytes of the store's own encoding.
"""

from __future__ import annotations

import gc
import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO

from tdad.facts import FileFacts
from tdad.source import index
from tdad.store import codec

LENGTH = struct.Struct(">Q")
WORTH_A_PROCESS = 400_000
"""Bytes of source below which starting another process costs more than it saves."""


def parse(
    root: Path,
    paths: Sequence[str],
    *,
    jobs: int | None = None,
    done: Callable[[int], None] | None = None,
) -> dict[str, FileFacts]:
    """Path → facts of the files as they are now; unreadable files are left out.

    Large amounts are parsed by ``jobs`` processes (default: as many as processors that we may use).
    """
    sizes = {path: _size(root / path) for path in paths}
    workers = min(jobs or processors(), 1 + sum(sizes.values()) // WORTH_A_PROCESS)
    largest_first = sorted(paths, key=lambda path: (-sizes[path], path))
    report = done or _ignore
    if workers <= 1:
        return dict(_parse_here(root, largest_first, report))
    todo: SimpleQueue[str] = SimpleQueue()
    for path in largest_first:
        todo.put(path)
    with ThreadPoolExecutor(workers) as pool:
        parts = [pool.submit(_drive, root, todo, report) for _ in range(workers)]
        found: dict[str, FileFacts] = {}
        for part in parts:
            found.update(part.result())
    return found


def _ignore(_count: int) -> None:
    """Nobody wants to know how far we are."""


def processors() -> int:
    """How many processors we may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _parse_here(
    root: Path, paths: Sequence[str], report: Callable[[int], None]
) -> Iterator[tuple[str, FileFacts]]:
    for path in paths:
        try:
            data = (root / path).read_bytes()
        except OSError:
            continue
        yield path, index(path, data)
        report(1)


@contextmanager
def _worker(root: Path) -> Iterator[subprocess.Popen[bytes]]:
    code = (
        "import json, sys; sys.path[:] = json.loads(sys.argv.pop()); "
        "from tdad.workflows.parse_worker import main; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-P", "-S", "-c", code, json.dumps(sys.path)],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if not name.startswith("COV_CORE")},
    )
    try:
        yield process
    finally:
        if process.stdin is not None:
            process.stdin.close()
        if process.stdout is not None:
            process.stdout.close()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _drive(
    root: Path, todo: SimpleQueue[str], report: Callable[[int], None]
) -> dict[str, FileFacts]:
    """Feed one worker from the queue until it is empty; what it cannot parse (it died) is parsed here."""
    found: dict[str, FileFacts] = {}
    with _worker(root) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        while True:
            try:
                path = todo.get_nowait()
            except Empty:
                return found
            frame = _ask(process.stdin, process.stdout, path)
            if frame is None:
                found.update(_parse_here(root, [path], report))
                continue
            facts = codec.decode(frame) if frame else None
            if facts is not None:
                found[path] = facts
            report(1)


def _ask(stdin: IO[bytes], stdout: IO[bytes], path: str) -> bytes | None:
    try:
        stdin.write(os.fsencode(path) + b"\0\n")
        stdin.flush()
        head = stdout.read(LENGTH.size)
        if len(head) < LENGTH.size:
            return None
        (length,) = LENGTH.unpack(head)
        frame = stdout.read(length)
    except OSError:
        return None
    return frame if len(frame) == length else None


def main() -> None:
    """Answer until standard input ends."""
    gc.disable()  # syntax trees have no cycles
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    pending = b""
    for line in sys.stdin.buffer:
        pending += line
        if not pending.endswith(b"\0\n"):
            continue
        path, pending = os.fsdecode(pending[:-2]), b""
        try:
            data = Path(path).read_bytes()
        except OSError:
            frame = b""
        else:
            frame = codec.encode(index(path, data))
        out.write(LENGTH.pack(len(frame)) + frame)
        out.flush()

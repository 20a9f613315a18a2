"""One child process whose output is caught: bounded in time and size, and nothing of its group survives it.

Unlike :mod:`tdad.runner.process`, which lends our streams and the terminal to tests that a person started.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

KEPT_BYTES = 200_000
"""What is kept of the output, half from its beginning and half from its end."""
_GRACE_S = 2.0
_MOMENT_S = 0.1
_READ = 65536


@dataclass(frozen=True, slots=True)
class Caught:
    """How a process ended and what it said."""

    exit_code: int
    """As a shell would tell it: 128 + number when a signal ended it."""
    output: str
    """Standard output and error together, in order; not UTF-8 is replaced; of too much, the middle is left out."""
    output_bytes: int
    """How much it printed in all."""
    duration_s: float
    timed_out: bool = False
    stopped: bool = False
    """``wanted`` said that nobody waits for it any more."""


@dataclass
class _Ends:
    """First and last bytes of a stream of any length."""

    room: int
    head: bytearray = field(default_factory=bytearray)
    tail: bytearray = field(default_factory=bytearray)
    total: int = 0

    def add(self, data: bytes) -> None:
        self.total += len(data)
        missing = self.room - len(self.head)
        self.head += data[:missing]
        self.tail += data[max(0, missing) :]
        del self.tail[: -self.room]

    def text(self) -> str:
        left_out = self.total - len(self.head) - len(self.tail)
        middle = f"\n… {left_out} bytes left out …\n".encode() if left_out else b""
        return (bytes(self.head) + middle + bytes(self.tail)).decode("utf-8", "replace")


def catch(
    argv: Sequence[str],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    timeout_s: float,
    kept_bytes: int = KEPT_BYTES,
    wanted: Callable[[], bool] = lambda: True,
    pass_fds: Sequence[int] = (),
    started: Callable[[], object] = lambda: None,
) -> Caught:
    """Run ``argv`` to its end without standard input and catch what it prints.

    The process gets a group of its own, which is killed when its leader ended: a server that a test left behind
    does not keep us waiting. At the time limit the group gets SIGINT (pytest reports what it has), then SIGTERM, then
    SIGKILL.

    Args:
        argv: The program and its arguments.
        cwd: Where it runs.
        environ: Its whole environment.
        timeout_s: Limit on the wall clock.
        kept_bytes: How much of the output is kept.
        wanted: Asked a few times a second; when it says no, the run is ended like at its time limit.
        pass_fds: Descriptors that it inherits.
        started: Called once it has been started.

    Raises:
        OSError: It cannot be started.
    """
    began = time.monotonic()
    ends = _Ends(kept_bytes // 2)
    process = subprocess.Popen(
        argv,
        cwd=cwd,
        env=dict(environ),
        process_group=0,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=tuple(pass_fds),
    )
    started()
    assert process.stdout is not None
    timed_out = stopped = False
    try:
        with process.stdout as stream:
            os.set_blocking(stream.fileno(), False)
            while _listen(process, stream, ends):
                timed_out = time.monotonic() - began > timeout_s
                stopped = not wanted()
                if timed_out or stopped:
                    _end(process, stream, ends)
                    break
    finally:
        _signal(process, signal.SIGKILL)
        process.wait()
    return Caught(
        exit_code=128 - process.returncode if process.returncode < 0 else process.returncode,
        output=ends.text(),
        output_bytes=ends.total,
        duration_s=time.monotonic() - began,
        timed_out=timed_out,
        stopped=stopped,
    )


def _listen(process: subprocess.Popen[bytes], stream: IO[bytes], ends: _Ends) -> bool:
    """Take in what is printed for a moment; whether the process still runs."""
    running = process.poll() is None
    limit = time.monotonic() + _MOMENT_S
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while selector.select(max(0.0, limit - time.monotonic()) if running else 0):
            data = _read(stream)
            ends.add(data)
            if not data:  # its end: all that could write to it ended, or closed it
                break
            if time.monotonic() > limit:
                return running
    if running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, min(0.02, limit - time.monotonic())))
    return running


def _read(stream: IO[bytes]) -> bytes:
    try:
        return os.read(stream.fileno(), _READ)
    except BlockingIOError:
        return b""


def _end(process: subprocess.Popen[bytes], stream: IO[bytes], ends: _Ends) -> None:
    for request in (signal.SIGINT, signal.SIGTERM):
        _signal(process, request)
        limit = time.monotonic() + _GRACE_S
        while time.monotonic() < limit:
            if not _listen(process, stream, ends):
                return


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    """To the group that we made, and only to it; it exists until its last member ended."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)

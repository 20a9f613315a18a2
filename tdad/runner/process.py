"""One child process in its own process group: it has our streams, gets our signals, and ends before we do.

The group is what lets a time limit reach the workers and servers that the tests started, and only those.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from tdad.errors import ExitCode

_GRACE_S = 5.0
"""How long a group may take to end after each request, before the next and ruder one."""
_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended."""

    exit_code: int
    """As a shell would tell it: 128 + number when a signal ended it."""
    timed_out: bool = False


def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    timeout_s: float | None = None,
) -> Ended:
    """Run ``argv`` to its end with our standard streams.

    SIGINT, SIGTERM, SIGHUP and SIGQUIT sent to us are passed on to the process, which decides what to do about
    them. On a terminal the process is put into the foreground, so that a debugger works and Ctrl-C goes to it directly.

    Args:
        argv: The program and its arguments.
        cwd: Where it runs.
        environ: Its whole environment.
        timeout_s: After this long its group gets SIGINT (pytest reports what it has), then SIGTERM, then SIGKILL.

    Raises:
        OSError: It cannot be started.
    """
    process = subprocess.Popen(argv, cwd=cwd, env=dict(environ), process_group=0)
    try:
        with _foreground(process.pid), _forwarding(process.pid):
            code = process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        _end(process)
        return Ended(_shell_code(process.returncode), timed_out=True)
    except BaseException:
        _end(process)
        raise
    return Ended(_shell_code(code))


def _shell_code(code: int) -> int:
    if code == -signal.SIGINT:
        return ExitCode.INTERRUPTED
    return 128 - code if code < 0 else code


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the group to end, ever more firmly; only the group that we made is touched."""
    for request in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None or request is signal.SIGKILL:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, request)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)


@contextlib.contextmanager
def _forwarding(group: int) -> Iterator[None]:
    """Pass the signals that we get on to the leader of ``group`` while inside."""

    def forward(number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(group, number)

    before = {}
    try:
        for number in _FORWARDED:
            # an ignored signal (nohup) stays ignored
            if signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, forward)
    except ValueError:  # not the main thread: whoever owns that handles signals
        pass
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _foreground(group: int) -> Iterator[None]:
    """Lend the terminal, if standard input is one, to ``group``."""
    try:
        terminal = sys.stdin.fileno()
        ours = os.getpgrp()
        lend = os.isatty(terminal) and os.tcgetpgrp(terminal) == ours
    except (OSError, ValueError, AttributeError):
        lend = False
    if not lend:
        yield
        return
    # taking the terminal back from the background raises SIGTTOU, whose default is to stop us
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        with contextlib.suppress(OSError):
            os.tcsetpgrp(terminal, group)
        yield
    finally:
        with contextlib.suppress(OSError):
            os.tcsetpgrp(terminal, ours)
        signal.signal(signal.SIGTTOU, before)

"""A child whose output is caught: bounded in time and size, and nothing of it stays."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from tdad.runner.captured import Caught, catch


def python(code: str, tmp_path: Path, *, timeout_s: float = 30.0, kept: int = 2000) -> Caught:
    return catch(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        environ=os.environ,
        timeout_s=timeout_s,
        kept_bytes=kept,
    )


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_both_streams_are_caught_in_order_and_the_exit_code_is_told(tmp_path: Path) -> None:
    code = (
        "import os\nos.write(1, b'one ')\nos.write(2, b'two ')\nos.write(1, b'three')\nos._exit(7)"
    )
    done = python(code, tmp_path)
    assert (done.exit_code, done.output, done.output_bytes) == (7, "one two three", 13)
    assert not done.timed_out


def test_a_signal_is_told_as_a_shell_would(tmp_path: Path) -> None:
    assert python("import os; os.kill(os.getpid(), 9)", tmp_path).exit_code == 137


def test_of_a_hundred_megabytes_the_two_ends_are_kept(tmp_path: Path) -> None:
    code = "import sys\nw = sys.stdout.write\nw('first ')\nfor _ in range(100): w('x' * 1000000)\nw(' last')"
    done = python(code, tmp_path)
    assert done.output_bytes == 100_000_011
    assert len(done.output) < 2100
    assert done.output.startswith("first xxx")
    assert done.output.endswith("xxx last")
    assert "99998011 bytes left out" in done.output


def test_what_is_not_utf8_is_replaced(tmp_path: Path) -> None:
    assert python("import os; os.write(1, b'a\\xff\\0b')", tmp_path).output == "a\ufffd\0b"


def test_at_the_limit_it_is_interrupted_first_so_that_it_can_say_what_it_has(
    tmp_path: Path,
) -> None:
    code = (
        "import time\nprint('began', flush=True)\n"
        "try: time.sleep(60)\nexcept KeyboardInterrupt: print('kept')"
    )
    done = python(code, tmp_path, timeout_s=1.0)
    assert done.timed_out
    assert done.output == "began\nkept\n"


def test_who_ignores_every_request_is_killed(tmp_path: Path) -> None:
    code = (
        "import signal, time\nfor n in (2, 15): signal.signal(n, signal.SIG_IGN)\n"
        "print('up', flush=True)\ntime.sleep(60)"
    )
    done = python(code, tmp_path, timeout_s=1.0)
    assert (done.timed_out, done.exit_code, done.output) == (True, 137, "up\n")


def test_a_child_left_behind_neither_keeps_us_waiting_nor_survives(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys\n"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\nprint(p.pid)"
    )
    began = time.monotonic()
    done = python(code, tmp_path)
    assert time.monotonic() - began < 20
    limit = time.monotonic() + 10
    while alive(int(done.output)) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not alive(int(done.output))


def test_a_run_that_nobody_waits_for_any_more_is_ended(tmp_path: Path) -> None:
    done = catch(
        [sys.executable, "-c", "import time; time.sleep(60)"],
        cwd=tmp_path,
        environ=os.environ,
        timeout_s=60,
        wanted=lambda: False,
    )
    assert done.stopped
    assert not done.timed_out
    assert done.duration_s < 30

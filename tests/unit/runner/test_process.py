"""Running one process in its own group."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tdad.runner import process

RUN = """
import os, sys
from pathlib import Path
from tdad.runner import process
print(process.run([sys.executable, "-c", sys.argv[1]], cwd=Path.cwd(), environ=os.environ, timeout_s=20).exit_code)
"""


def run(code: str, timeout_s: float | None = 20) -> process.Ended:
    return process.run(
        [sys.executable, "-c", code], cwd=Path.cwd(), environ=os.environ, timeout_s=timeout_s
    )


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("raise SystemExit(5)", 5),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", 143),
        ("import os, signal; signal.signal(2, signal.SIG_DFL); os.kill(os.getpid(), 2)", 130),
    ],
)
def test_exit_codes_are_those_of_a_shell(code: str, expected: int) -> None:
    assert run(code) == process.Ended(expected)


def test_the_streams_are_ours(capfd: pytest.CaptureFixture[str]) -> None:
    run("import sys; print('out'); print('err', file=sys.stderr)")
    assert capfd.readouterr() == ("out\n", "err\n")


def test_it_has_a_group_of_its_own() -> None:
    assert run(f"import os; raise SystemExit(os.getpgrp() == {os.getpgrp()})").exit_code == 0


def test_a_time_limit_ends_the_whole_group(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid))\n"
        "time.sleep(60)\n"
    )
    start = time.monotonic()
    ended = run(code, timeout_s=1)
    assert ended.timed_out
    assert time.monotonic() - start < 20
    pid = int((tmp_path / "pid").read_text())
    for _ in range(100):
        if not _alive(pid):
            break
        time.sleep(0.05)
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_are_passed_on_and_the_process_decides(number: signal.Signals) -> None:
    code = (
        "import signal, sys, time\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit(7))\n"
        "print('up', flush=True)\n"
        "time.sleep(30)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", RUN, code], stdout=subprocess.PIPE, text=True
    ) as us:
        assert us.stdout is not None
        assert us.stdout.readline() == "up\n"
        us.send_signal(number)
        assert us.stdout.readline() == "7\n"
        assert us.wait(20) == 0


def test_what_cannot_be_started() -> None:
    with pytest.raises(OSError, match="No such file"):
        process.run(["/no/such/program"], cwd=Path.cwd(), environ={})

"""What somebody sees who watches a repair: on a terminal and elsewhere."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

from tdad.answers_fix import Pulse
from tdad.report.fix_live import beat_text

ROOT = Path(__file__).parents[3]
PROGRAM = """
from tdad.answers_fix import Pulse
from tdad.report.fix_live import watching
with watching() as (say, pulse):
    pulse(Pulse(1, 2, 30, "edit [a].py", 12345, 61.0))
    say("a [line]")
"""
BEAT = Pulse(1, 2, 30, "edit [a].py", 12_345, 61.0)


def test_the_last_line_has_step_deed_tokens_and_time():
    text = beat_text(BEAT, 75.0)
    assert text == (
        "attempt 1 · step 3/30 · edit [a].py · 12,345 tokens · 1 min 1 s of this attempt, 1 min 15 s in all"
    )


def test_plain_lines_into_a_pipe():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("", "tdad: a [line]\n")


def test_a_live_line_on_a_terminal():
    leader, follower = pty.openpty()
    environ = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, stderr=follower, env=environ
    )
    os.close(follower)
    said = b""
    try:
        while data := os.read(leader, 65_536):
            said += data
    except OSError:
        pass  # the other end is closed
    os.close(leader)
    assert process.wait(30) == 0
    text = said.decode()
    assert "step 3/30" in text
    assert "tdad: a [line]" in text

"""What goes on in a repair, on stderr: plain lines; on a terminal also a last line that is always true."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tdad.answers_fix import Pulse
from tdad.report import words

Say = Callable[[str], None]
Tell = Callable[[Pulse], None]


@contextmanager
def watching() -> Iterator[tuple[Say, Tell]]:
    """(say a line, tell where a model is)."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield _plain, _nothing
        return
    from rich.console import Console
    from rich.status import Status
    from rich.text import Text

    console = Console(stderr=True, highlight=False)
    began = time.monotonic()
    with Status("tdad fix", console=console) as status:

        def say(text: str) -> None:
            console.print(Text(f"tdad: {text}"))

        def pulse(beat: Pulse) -> None:
            status.update(Text(beat_text(beat, time.monotonic() - began)))

        yield say, pulse


def beat_text(beat: Pulse, total_s: float) -> str:
    """The line: attempt, step, what is done, tokens, time."""
    return (
        f"attempt {beat.attempt} · step {beat.step + 1}/{beat.steps} · {beat.doing} · {beat.tokens:,} tokens ·"
        f" {words.seconds(beat.elapsed_s)} of this attempt, {words.seconds(total_s)} in all"
    )


def _plain(text: str) -> None:
    print(f"tdad: {text}", file=sys.stderr, flush=True)  # noqa: T201 - talk goes to stderr


def _nothing(_beat: Pulse) -> None:
    """Nobody watches."""

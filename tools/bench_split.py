"""For ``pytest -p bench_split``: how much CPU time the end of a recording takes (index, saving, summary).

Everything else that a recorded run costs more than a plain one is recording proper. Writes seconds of CPU time,
children included, to the file that ``BENCH_SPLIT`` names.
"""

from __future__ import annotations

import os
from pathlib import Path


def pytest_configure() -> None:
    """Put a clock around the end of the recording."""
    from tdad.workflows.recording import Recording

    finish = Recording.finish

    def timed(self: Recording) -> str:
        before = _spent_s()
        try:
            return finish(self)
        finally:
            Path(os.environ["BENCH_SPLIT"]).write_text(str(_spent_s() - before), encoding="utf-8")

    Recording.finish = timed  # type: ignore[method-assign]  # to time it is the purpose


def _spent_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system

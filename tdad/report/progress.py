"""A progress bar for what takes longer than two seconds, on a terminal only, on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # rich is imported when the bar appears, which most runs never see
    from rich.progress import Progress, TaskID

PATIENCE_S = 2.0

Tick = Callable[[int, int], None]
"""Called with how much is done and how much there is."""


class _Bar:
    """Appears at the first tick after :data:`PATIENCE_S`."""

    def __init__(self, label: str, stack: ExitStack) -> None:
        self._label = label
        self._stack = stack
        self._start = time.monotonic()
        self._shown: tuple[Progress, TaskID] | None = None

    def __call__(self, done: int, total: int) -> None:
        if self._shown is None and time.monotonic() - self._start >= PATIENCE_S:
            self._shown = self._appear()
        if self._shown is not None:
            bar, task = self._shown
            bar.update(task, completed=done, total=total)

    def _appear(self) -> tuple[Progress, TaskID]:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.progress import TimeRemainingColumn as Remaining

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            Remaining(),
        )
        bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._stack.enter_context(bar)
        return bar, bar.add_task(self._label)


@contextmanager
def progress(label: str) -> Iterator[Tick | None]:
    """A function to call with (done, total), or ``None`` when nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    with ExitStack() as stack:
        yield _Bar(label, stack)

"""Many trials at once: as many as there are jobs, until all are done, the time is over, or somebody interrupts."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, unique
from threading import Event
from types import FrameType
from typing import Generic, TypeVar

from tdad.facts_faults import Trial

Item = TypeVar("Item")


@unique
class End(Enum):
    """How the work ended."""

    DONE = 0
    LATE = 1
    """The deadline was over."""
    STOPPED = 2
    """Somebody interrupted."""


@dataclass(frozen=True, slots=True)
class Crew(Generic[Item]):
    """Who does the work."""

    submit: Callable[[Item], Future[Trial]]
    size: int
    """How many trials are made at once."""
    stop: Event
    """Set when what is under way is not wanted any more."""


@contextmanager
def threads(work: Callable[[Item, Event], Trial], jobs: int) -> Iterator[Crew[Item]]:
    """A crew of threads in this process, each of which waits for a suite most of its time."""
    stop = Event()
    with ThreadPoolExecutor(jobs) as pool:
        try:
            yield Crew(lambda item: pool.submit(work, item, stop), jobs, stop)
        except BaseException:
            stop.set()
            raise


def work_through(
    crew: Crew[Item],
    work: Sequence[Item],
    *,
    deadline: float | None,
    keep: Callable[[Trial], None],
) -> End:
    """Make the trials and hand each to ``keep``, in this thread, as it ends.

    The deadline is one of ``time.monotonic``. Trials that are under way are finished after the deadline, and thrown
    away after Ctrl-C or SIGTERM.
    """
    todo = list(reversed(work))
    running: set[Future[Trial]] = set()
    with interruptible():
        try:
            while todo or running:
                late = deadline is not None and time.monotonic() > deadline
                while todo and len(running) < crew.size and not late:
                    running.add(crew.submit(todo.pop()))
                if not running:
                    return End.LATE
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                for trial in sorted(
                    (future.result() for future in ended), key=lambda trial: trial.number
                ):
                    keep(trial)
        except KeyboardInterrupt:
            crew.stop.set()
            for future in running:
                future.cancel()
            return End.STOPPED
    return End.DONE


@contextmanager
def interruptible() -> Iterator[None]:
    """Make SIGTERM and SIGHUP what Ctrl-C is, so that no suite is left running."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {n: signal.signal(n, interrupt) for n in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

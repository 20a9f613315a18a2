"""Many trials at once: as many as there are jobs, until all are done, the time is over, or somebody interrupts."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from types import FrameType

from tdad.facts_faults import Fault, Trial
from tdad.workflows.audit_trial import Place, try_fault


@dataclass(frozen=True, slots=True)
class Work:
    """One trial to make."""

    number: int
    fault: Fault


def work_through(
    place: Place,
    work: Sequence[Work],
    *,
    jobs: int,
    deadline: float | None,
    keep: Callable[[Trial], None],
) -> bool:
    """Make the trials and hand each to ``keep``, in this thread, as it ends.

    Returns whether some were not made: the deadline (of ``time.monotonic``) was over, or Ctrl-C or SIGTERM came; trials
    that were under way then are thrown away after Ctrl-C, and finished after the deadline.
    """
    stop = Event()
    todo = iter(work)
    running: set[Future[Trial]] = set()
    begun = 0
    with _interruptible(), ThreadPoolExecutor(jobs) as pool:
        try:
            while True:
                late = deadline is not None and time.monotonic() > deadline
                while len(running) < jobs and not late and (one := next(todo, None)) is not None:
                    running.add(pool.submit(try_fault, place, one.number, one.fault, stop))
                    begun += 1
                if not running:
                    return begun < len(work)
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                for future in sorted(ended, key=lambda future: future.result().number):
                    keep(future.result())
        except BaseException as error:
            stop.set()
            if isinstance(error, KeyboardInterrupt):
                return True
            raise


@contextmanager
def _interruptible() -> Iterator[None]:
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

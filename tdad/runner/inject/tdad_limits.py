"""A time limit for one test, for the plugins of this folder. Standard library and pytest only."""

import contextlib
import signal
import threading

import pytest

LATE = "tdad-late"
"""Name of the property of an item that was over its limit."""
_PATIENCE = 12
"""A test may wait so many times as long as it may compute."""


@contextlib.contextmanager
def limited(item, limit):
    """End the test when it takes longer than ``limit`` seconds; 0: never."""
    here = threading.current_thread() is threading.main_thread()
    if not limit or not here or not hasattr(signal, "SIGALRM"):
        yield
        return

    def late(_number, _frame):
        item.user_properties.append((LATE, True))
        raise pytest.fail.Exception("tdad: longer than %.0f s" % limit, pytrace=False)

    # Computing is measured in time of the processor, so that a busy machine makes no test fail; waiting is not.
    clocks = (
        (signal.SIGVTALRM, signal.ITIMER_VIRTUAL, limit),
        (signal.SIGALRM, signal.ITIMER_REAL, _PATIENCE * limit),
    )
    before = [signal.signal(number, late) for number, _, _ in clocks]
    for _, timer, after in clocks:
        signal.setitimer(timer, after, after)
    try:
        yield
    finally:
        for (number, timer, _), handler in zip(clocks, before):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)

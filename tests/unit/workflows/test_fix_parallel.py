"""Several tries at once: results in the order of what was tried, and no more begun than wanted."""

from __future__ import annotations

import time
from threading import Lock

from tdad.workflows.fix_parallel import in_order


def test_results_come_in_the_order_of_the_items_however_long_each_takes() -> None:
    def slow_first(item: int) -> bool:
        time.sleep(0.05 * (item == 0))
        return item % 2 == 0

    found = list(in_order(range(6), slow_first, jobs=3, over=lambda: False))
    assert found == [(item, item % 2 == 0) for item in range(6)]


def test_when_it_is_over_nothing_new_is_begun_and_what_runs_is_told() -> None:
    begun: list[int] = []

    def note(item: int) -> bool:
        begun.append(item)
        return True

    found = list(in_order(range(100), note, jobs=2, over=lambda: len(begun) >= 4))
    assert [item for item, _ in found] == sorted(begun)
    assert len(begun) <= 6


def test_who_has_seen_enough_stops_the_rest() -> None:
    lock, running = Lock(), [0]

    def count(_item: int) -> bool:
        with lock:
            running[0] += 1
        return True

    tries = in_order(range(1000), count, jobs=2, over=lambda: False)
    assert next(tries) == (0, True)
    tries.close()  # type: ignore[attr-defined]  # it is a generator
    assert running[0] <= 4

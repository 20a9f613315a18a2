"""Several tries at once, their results in the order of what was tried: a run with more jobs finds the same patch."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def in_order(
    items: Iterable[Item], holds: Callable[[Item], bool], *, jobs: int, over: Callable[[], bool]
) -> Iterator[tuple[Item, bool]]:
    """Yield each item with what ``holds`` says of it; nothing further is begun once ``over`` says so."""
    todo = iter(items)
    running: deque[tuple[Item, Future[bool]]] = deque()
    with ThreadPoolExecutor(jobs) as pool:
        try:
            while True:
                while len(running) < jobs and not over():
                    item = next(todo, None)
                    if item is None:
                        break
                    running.append((item, pool.submit(holds, item)))
                if not running:
                    return
                item, future = running.popleft()
                yield item, future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

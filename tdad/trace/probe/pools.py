"""One process can work for several owners in turn: the workers of a pool.

The owner travels inside the pickled task, as a call of :func:`sys.audit` that unpickling makes: children that observe
hear it, for others it does nothing.
"""

from __future__ import annotations

import operator
import sys
from typing import Any, Set

from .inherit import Inheritance

OWNER_EVENT = "tdad.owner"


class Mark:
    """Unpickles to ``None``, after an audit event that names the owner."""

    def __init__(self, owner: str) -> None:
        self.owner = owner

    def __reduce__(self) -> Any:
        return sys.audit, (OWNER_EVENT, self.owner)


class Marked:
    """A callable that unpickles to itself unmarked, after an audit event that names the owner."""

    def __init__(self, function: Any, owner: str) -> None:
        self.function = function
        self.owner = owner

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function; a pool of threads does not pickle its tasks."""
        return self.function(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.function, name)

    def __reduce__(self) -> Any:
        return operator.itemgetter(1), ((Mark(self.owner), self.function),)


def tag(inheritance: Inheritance, done: Set[str]) -> None:
    """Wrap what sends work to other processes, as far as it is imported by now; ``done`` is kept up to date."""
    for name, wrap in (
        ("multiprocessing.spawn", _tag_spawn),
        ("multiprocessing.pool", _tag_pool),
        ("concurrent.futures.process", _tag_executor),
    ):
        module = sys.modules.get(name)
        if module is not None and name not in done:
            wrap(module, inheritance)
            done.add(name)


def _tag_spawn(module: Any, inheritance: Inheritance) -> None:
    original = module.get_preparation_data

    def get_preparation_data(name: str) -> Any:
        data = original(name)
        data["tdad_owner"] = Mark(inheritance.owner())
        return data

    module.get_preparation_data = get_preparation_data


def _tag_pool(module: Any, inheritance: Inheritance) -> None:
    threads = getattr(module, "ThreadPool", ())
    for name in ("apply_async", "_map_async", "imap", "imap_unordered"):
        original = getattr(module.Pool, name)

        def sending(
            pool: Any, func: Any, *args: Any, __original: Any = original, **kwargs: Any
        ) -> Any:
            if not isinstance(pool, threads):
                func = Marked(func, inheritance.owner())
            return __original(pool, func, *args, **kwargs)

        sending.__name__, sending.__doc__ = name, original.__doc__
        setattr(module.Pool, name, sending)


def _tag_executor(module: Any, inheritance: Inheritance) -> None:
    executor = module.ProcessPoolExecutor
    original = executor.submit

    def submit(self: Any, fn: Any, *args: Any, **kwargs: Any) -> Any:
        return original(self, Marked(fn, inheritance.owner()), *args, **kwargs)

    submit.__doc__ = original.__doc__
    executor.submit = submit

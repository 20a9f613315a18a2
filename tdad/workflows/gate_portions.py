"""A run under a budget, in portions: the riskiest tests run first, whatever it takes to find all the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from tdad.runner.unittests import portions
from tdad.runner.witness_read import Witnessed, joined
from tdad.runner.witnessed import Wanted

Run = Callable[[Wanted, float | None], Witnessed]
"""Runs what is wanted; the seconds after which it is ended."""
_FILES, _GROWTH = 20, 4
"""Test files of the first portion; each further one has so many times as many."""


def in_portions(
    wanted: Wanted, portions: Iterable[Wanted], timeout_s: float | None, run: Run
) -> Witnessed:
    """Run one portion after the other until the budget is over; what had no turn is chosen, and has no outcome.

    Args:
        wanted: All of it, with a budget.
        portions: The same in parts.
        timeout_s: Seconds for the whole run, which also has to find the tests.
        run: Runs a part.
    """
    assert wanted.budget_s is not None
    began = time.monotonic()
    found: Witnessed | None = None
    left: list[str] = []
    for portion in portions:
        spent = time.monotonic() - began
        over = found is not None and (
            spent > wanted.budget_s or found.exit_code is None or found.forged or found.cut_short
        )
        if over:
            left += portion.ids
            continue
        left_s = None if timeout_s is None else max(1.0, timeout_s - spent)
        one = run(replace(portion, budget_s=max(1.0, wanted.budget_s - spent)), left_s)
        if one.cut_short and not one.chosen:  # it was still looking for them
            left += portion.ids
        found = one if found is None else joined(found, one)
    assert found is not None
    if not left:
        return found
    late = [name for name in left if name not in found.attempts]
    dead = found.exit_code is None and not found.cut_short
    chosen = tuple(dict.fromkeys([*found.chosen, *late]))
    return replace(found, chosen=chosen, cut_short=found.cut_short or not dead)


def by_files(wanted: Wanted, there: Sequence[str]) -> Iterator[Wanted]:
    """Cut a run of pytest after so many test files: it imports them all before the first test runs.

    Args:
        wanted: All of it, riskiest first. Files that are looked into for another reason come with the first portion.
        there: Files of the wanted tests that exist.
    """
    files: dict[str, list[str]] = {}
    for name in wanted.ids:
        files.setdefault(name.partition("::")[0], []).append(name)
    beside = set(wanted.look_into) - set(there)
    for paths in portions(list(files), _FILES, _GROWTH, len(files)):
        ids = tuple(name for path in paths for name in files[path])
        part = beside.union(paths)
        look_into = tuple(path for path in wanted.look_into if path in part)
        yield replace(wanted, ids=ids, look_into=look_into)
        beside = set()

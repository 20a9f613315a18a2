"""A runner of unittest's tests on one side: it is told what to run, and what it refuses is found out."""

from __future__ import annotations

import os
import random
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

from tdad.facts_fix import Patch
from tdad.runner.unittests import (
    blamed,
    by_folder,
    fitting,
    folder_of,
    group_of,
    last_line,
    places_of,
    portions,
)
from tdad.runner.witness_read import Witnessed, joined
from tdad.runner.witnessed import Wanted
from tdad.workflows.gate_portions import in_portions


class Once(Protocol):
    """Runs the runner once."""

    def __call__(
        self, wanted: Wanted, *, timeout_s: float | None, patch: Patch | None
    ) -> Witnessed:
        """Run what is wanted, with the files of ``patch`` in the copy."""


@dataclass
class Told:
    """The runner, and what it is known to refuse."""

    runner: str
    """Command line."""
    root: Path
    """Of the side's worktree."""
    files: Callable[[], frozenset[str]]
    """Of the project there; known after the first run."""
    once: Once
    _refused: dict[str, str] = field(default_factory=dict)
    """Files that the runner wants nothing of, and why."""
    _blamed: set[str] = field(default_factory=set)
    """Groups of tests for which it refused others as well."""
    _late: list[str] = field(default_factory=list)
    """Tests of such groups, which wait until all others had their turn."""

    @cached_property
    def _folder(self) -> str:
        return folder_of(shlex.split(self.runner))

    def run(self, wanted: Wanted, *, timeout_s: float | None, patch: Patch | None) -> Witnessed:
        """Run what a command line can hold at once; with a budget in portions, so that the riskiest come first."""
        wanted = self._for_runner(wanted)
        if not wanted.budget_s or not wanted.ids:
            run = self._told(wanted, wanted.ids, timeout_s, patch)
            return self._as_collected(run, wanted.ids)

        def told(part: Wanted, left_s: float | None) -> Witnessed:
            return self._told(part, part.ids, left_s, patch)

        run = in_portions(wanted, self._parts(wanted), timeout_s, told)
        return self._as_collected(run, wanted.ids)

    def _parts(self, wanted: Wanted) -> Iterator[Wanted]:
        """Portions; what was found to be refused with others meanwhile comes last, at its own expense."""
        self._late.clear()
        for ids in portions(wanted.ids):
            waits = {name for name in ids if group_of(name, self._folder) in self._blamed}
            self._late += (name for name in ids if name in waits)
            if now := tuple(name for name in ids if name not in waits):
                yield replace(wanted, ids=now)
        late, self._late = tuple(self._late), []
        for ids in portions(late):
            yield replace(wanted, ids=ids)

    def _told(
        self, wanted: Wanted, ids: Sequence[str], timeout_s: float | None, patch: Patch | None
    ) -> Witnessed:
        """Run these tests; a runner that ends before the first is asked again without those that it names.

        If it names none, it is asked by halves, until one folder is to blame. There it is told the files: it may refuse
        a test, and that does not mean that it refuses the others.
        """
        refused = {} if patch else self._refused_of(ids)
        if refused:
            left = [name for name in ids if name.partition("::")[0] not in refused]
            run = self._told(wanted, left, timeout_s, patch) if left else Witnessed(exit_code=1)
            return replace(run, uncollected={**run.uncollected, **refused})
        told = fitting(ids)
        there = wanted.look_into if told or not ids else ()
        run = self.once(
            replace(wanted, ids=told, look_into=there), timeout_s=timeout_s, patch=patch
        )
        if run.began or run.attempts or run.cut_short or run.forged or not told:
            return run
        others = self._without_blamed(wanted, ids, run.said)
        if others:
            return self._told(wanted, others, timeout_s, patch)
        halves = by_folder(ids)
        if len(halves) == 1:
            files = tuple(dict.fromkeys(name.partition("::")[0] for name in ids))
            if files != tuple(ids):
                return self._told(wanted, files, timeout_s, patch)
            found = dict.fromkeys(files, last_line(run.said))
            self._refused |= {} if patch else found
            return replace(run, uncollected=found, exit_code=1)
        first, second = (self._told(wanted, half, timeout_s, patch) for half in halves)
        return joined(first, second)

    def _without_blamed(self, wanted: Wanted, ids: Sequence[str], said: str) -> tuple[str, ...]:
        """The tests that it may take now: with a budget, those that it names wait; empty: it names none, or all."""
        if not wanted.budget_s:
            return ()
        found = blamed(said, ids, self._folder) - self._blamed  # those known have waited
        others = tuple(name for name in ids if group_of(name, self._folder) not in found)
        if not found or not others:
            return ()
        self._blamed |= found
        self._late += (name for name in ids if group_of(name, self._folder) in found)
        return others

    def _refused_of(self, ids: Sequence[str]) -> dict[str, str]:
        """Files of these tests that the runner is known to refuse on this side, and why."""
        files = dict.fromkeys(name.partition("::")[0] for name in ids)
        return {path: self._refused[path] for path in files if path in self._refused}

    def _for_runner(self, wanted: Wanted) -> Wanted:
        """What a runner of unittest's tests can be told: tests and whole files, no choice among what it collects."""
        everything = wanted.everything or "*" in wanted.beside
        whole = [*wanted.files, *wanted.beside] or ([] if wanted.ids else wanted.look_into)
        ids = [name for name in wanted.ids if name.partition("::")[0] not in set(whole)]
        ids = [] if everything else [*ids, *whole]
        if wanted.order == "shuffled":
            random.Random(wanted.seed).shuffle(ids)  # noqa: S311 - an order, not a secret
        there = [name for name in ids if os.path.lexists(self.root / name.partition("::")[0])]
        look_into = () if everything else wanted.look_into
        wanted = replace(wanted, ids=tuple(dict.fromkeys(there)), look_into=look_into)
        return replace(wanted, runner=self.runner)

    def _as_collected(self, run: Witnessed, ids: Sequence[str]) -> Witnessed:
        """A runner collects what it runs; modules that it cannot import it knows by name.

        Of tests without an outcome nobody knows whether they are there, unless the run came to its end.
        """
        files = self.files()
        over = run.exit_code is not None and not run.cut_short
        heard = {name.partition("::")[0] for name in run.attempts}
        told = dict.fromkeys(name.partition("::")[0] for name in ids)
        silent = [path for path in told if path not in heard]
        return replace(
            run,
            collected=dict.fromkeys(run.attempts, 1),
            chosen=tuple(run.attempts if over else dict.fromkeys([*run.attempts, *ids])),
            uncollected={
                path: why
                for name, why in run.uncollected.items()
                for path in places_of(name, self._folder, files, silent)
            },
        )

"""Copies of the untouched worktree in which candidates are run, several at once, each put back afterwards."""

from __future__ import annotations

import itertools
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from queue import Queue
from threading import Event

from tdad.facts_fix import Patch
from tdad.repo.copies import put_back
from tdad.runner.confined import ConfinedRun, run_confined
from tdad.runner.suite import CALM, SuiteOptions
from tdad.workflows.fix_ground import Ground

_STEP_NS = 2_000_000_000
"""Python's caches of bytecode compare whole seconds."""
LIMIT_S = 10.0
"""For one test, beside a multiple of what it took at the start; the gate allows the same."""
UNKNOWN_S = 60.0
"""For one test of which nothing is known yet: of computing; it may wait longer, see ``tdad_limits``."""
_FACTOR = 10.0
Adapt = Callable[[Path, SuiteOptions], SuiteOptions]
"""(root of the copy, options) → options."""


class Seats:
    """A few copies; whoever runs something takes one and gives it back as it was."""

    def __init__(
        self,
        ground: Ground,
        jobs: int,
        stop: Event,
        name: str = "seat",
        unknown_s: float = UNKNOWN_S,
    ) -> None:
        self.ground = ground
        self.unknown_s = unknown_s
        self.jobs = jobs
        self.stop = stop
        self._name = name
        self.ran = 0
        """Tests that were run so far."""
        self._free: Queue[int] = Queue()
        for number in range(jobs):
            self._free.put(number)
        self._turns = itertools.count(1)
        self._limits = ""

    def limit(
        self, durations: Mapping[str, float], exempt: Mapping[str, float] | None = None
    ) -> None:
        """From now on a test that takes much longer than it did is ended. ``exempt``: test → its own limit, seconds."""
        path = self.ground.folder / "limits.json"
        limits = {name: LIMIT_S + _FACTOR * seconds for name, seconds in durations.items()}
        limits.update(exempt or {})
        path.write_text(json.dumps(limits), encoding="utf-8")
        self._limits = str(path)

    @contextmanager
    def seat(self, patch: Patch) -> Iterator[tuple[Path, Path]]:
        """A copy with the patch in it: (its folder, the project's root in it)."""
        number = self._free.get()
        folder = self.ground.folder / f"{self._name}-{number}"
        try:
            if not folder.exists():
                shutil.copytree(self.ground.start, folder, symlinks=True)
            root = folder / self.ground.inside
            self._write(root, patch)
            try:
                yield folder, root
            finally:
                put_back(self.ground.start, folder)
        finally:
            self._free.put(number)

    def run(
        self,
        patch: Patch,
        tests: Sequence[str] | None,
        *,
        timeout_s: float | None,
        first: bool = False,
        adapt: Adapt | None = None,
    ) -> ConfinedRun:
        """Run tests with the patch, confined. ``first``: end at the first failure; ``tests=None``: the whole suite."""
        with self.seat(patch) as (folder, root):
            return self.run_in(folder, root, tests, timeout_s=timeout_s, first=first, adapt=adapt)

    def run_in(
        self,
        folder: Path,
        root: Path,
        tests: Sequence[str] | None,
        *,
        timeout_s: float | None,
        first: bool = False,
        adapt: Adapt | None = None,
    ) -> ConfinedRun:
        """Run tests in a copy as it is."""
        arguments = (*((CALM,) if tests is not None else ()), *(("-x",) if first else ()))
        options = replace(
            self.ground.suite(root),
            arguments=arguments,
            timeout_s=timeout_s,
            limit_s=LIMIT_S if self._limits else self.unknown_s,
            limits=self._limits,
        )
        if adapt is not None:
            options = adapt(root, options)
        scratch = folder.with_name(folder.name + ".out")
        run = run_confined(
            root, options, scratch, self.ground.cell, around=folder, tests=tests, stop=self.stop
        )
        self.ran += len(run.suite.outcomes)
        return run

    def _write(self, root: Path, patch: Patch) -> None:
        for path, data in patch.items():
            target = root / path
            if data is None:
                target.unlink(missing_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            before = target.stat().st_mtime_ns if target.exists() else 0
            target.unlink(missing_ok=True)  # never through a link
            target.write_bytes(data)
            later = before + next(self._turns) * _STEP_NS
            os.utime(target, ns=(later, later))

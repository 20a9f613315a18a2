"""Where a gate works: a worktree for each side, made when it is needed, and who runs tests in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from threading import Event

from tdad.errors import GateRunning
from tdad.facts_fix import Patch
from tdad.repo import project_files
from tdad.repo.worktrees import check_out, clean, remove
from tdad.runner.sandbox import Confinement, choose
from tdad.runner.suite import CALM
from tdad.runner.witness_read import Witnessed
from tdad.runner.witnessed import Wanted, run_witnessed
from tdad.workflows.audit_copy import in_copy, present
from tdad.workflows.fix_ground import Ground
from tdad.workflows.fix_seats import Seats
from tdad.workflows.gate_imports import folders_and_names, packages_of
from tdad.workflows.gate_options import GateOptions
from tdad.workflows.gate_told import Told
from tdad.workflows.private import only_one, private_folder, tenant
from tdad.workflows.project import Project
from tdad.workflows.recording import prepare_folder

OLDEST = (3, 6)
"""Of Python: the witness of outcomes asks for less than the recorder."""
_UNKNOWN = 6
"""A test of which nobody knows how long it takes may take so many times as long as one that takes no time."""
_HELPERS = ("xdist",)


@dataclass
class Side:
    """One version: its files, and how its tests are run."""

    name: str
    """``head`` or ``baseline``."""
    commit: str
    project: Project
    """The user's."""
    folder: Path
    """Private."""
    confinement: Confinement
    options: GateOptions
    stop: Event
    python_path: str = ""
    """The interpreter; empty: the project's own."""
    ran: int = 0
    """Tests that were run so far."""
    missing: tuple[str, ...] = ()
    """Submodules that are not there; known with ``start``."""
    pointers: tuple[str, ...] = ()
    """Files of which only the pointer of Git LFS is there; known with ``start``."""
    _start: Path | None = None
    _brought: str = ""
    _inside: str = "."
    _seats: Seats | None = None
    _helpers: frozenset[str] = frozenset()
    _own: Mapping[str, str] = field(default_factory=dict)
    _files: frozenset[str] = frozenset()
    """Of the project in the worktree; known with ``seats``."""

    @property
    def start(self) -> Path:
        """The worktree; nothing runs in it."""
        if self._start is None:
            start = self.folder / self.name
            made = check_out(self.project.root, self.commit, start)
            self._brought = made.brought
            self._inside, self.missing, self.pointers = made.inside, made.missing, made.pointers
            self._start = start
        return self._start

    @property
    def brought(self) -> str:
        """Digest of the files that git ignores and that came along from the user's tree; empty: none did."""
        _ = self.start
        return self._brought

    @property
    def root(self) -> Path:
        """The project's root in the worktree."""
        return self.start / self._inside

    @property
    def copied(self) -> Project:
        """The project in the worktree, with a map of its own."""
        return in_copy(self.root, replace(self.project.config, source=()))

    @property
    def seats(self) -> Seats:
        """Where tests run. Made when first asked for: it takes a few starts of the interpreter.

        Raises:
            TdadError: no interpreter, or the tests would import another tree.
        """
        if self._seats is None:
            self._seats = Seats(self._ground(), 1, self.stop, f"{self.name}-run")
        return self._seats

    @property
    def python(self) -> str:
        """What ran tests; empty: nothing did."""
        return self._seats.ground.python.path if self._seats is not None else ""

    def _ground(self) -> Ground:
        root = self.root
        found = tenant(
            self.project,
            self.python_path or self.options.python,
            self.confinement,
            self.folder,
            oldest=OLDEST,
            pytest_needed=not self.options.runner,
        )
        files = project_files(root, replace(self.project.config, source=()))
        self._files = frozenset(files)
        imports, self._own = folders_and_names(
            found.python.path, self.project.root, root, files, found.confine
        )
        if self.options.runner:  # the working directory is not where a script imports from
            imports = tuple(dict.fromkeys([*imports, *packages_of(files).values()]))
        self._helpers = present(found.python.path, found.empty, _HELPERS, found.confine)
        cell, python = found.cell, found.python
        return Ground(self.project, self.folder, self.start, self._inside, python, cell, imports)

    @property
    def files(self) -> frozenset[str]:
        """Of the project in the worktree, if anything ran there."""
        return self._files

    @property
    def has_xdist(self) -> bool:
        """The interpreter can share tests out among workers."""
        _ = self.seats  # asks the interpreter
        return "xdist" in self._helpers

    def run(
        self,
        wanted: Wanted,
        *,
        timeout_s: float | None = None,
        workers: int = 0,
        patch: Patch | None = None,
    ) -> Witnessed:
        """Run tests in a copy of this side, confined; ``patch``: with these files in it."""
        if self.options.runner:
            return self._told.run(wanted, timeout_s=timeout_s, patch=patch)
        return self._once(wanted, timeout_s=timeout_s, workers=workers, patch=patch)

    @cached_property
    def _told(self) -> Told:
        assert self.options.runner is not None
        return Told(self.options.runner, self.root, lambda: self._files, self._once)

    def _once(
        self,
        wanted: Wanted,
        *,
        timeout_s: float | None,
        workers: int = 0,
        patch: Patch | None = None,
    ) -> Witnessed:
        seats = self.seats
        ground = seats.ground
        spread = ("-n", str(workers)) if workers and self.has_xdist else ()
        with seats.seat(patch or {}) as (folder, root):
            there = [path for path in wanted.look_into if os.path.lexists(root / path)]
            if wanted.look_into and not there:
                return Witnessed(exit_code=5)
            options = replace(
                ground.suite(root),
                arguments=(CALM, *spread),
                timeout_s=timeout_s,
                limit_s=_UNKNOWN * self.options.test_limit_s,
                foreign_root=os.path.realpath(self.project.root),
            )
            run = run_witnessed(
                root,
                options,
                folder.with_name(folder.name + ".out"),
                ground.cell,
                around=folder,
                wanted=replace(wanted, look_into=tuple(there), own=self._own),
                stop=self.stop,
            )
        self.ran += len(run.attempts)
        return run


@dataclass
class Field:
    """Both sides."""

    head: Side
    baseline: Side
    confinement: Confinement
    kept: Path
    """``.tdad/gate``: what stays for the next gate."""
    notes: list[str] = field(default_factory=list)


@contextmanager
def prepared(
    project: Project,
    options: GateOptions,
    commits: tuple[str, str],
    say: Callable[[str], None],
) -> Iterator[Field]:
    """Make both sides; nothing is checked out yet. All is removed at the end, whatever the end is.

    Args:
        project: The user's.
        options: What is asked for.
        commits: Baseline, head.
        say: For talk.

    Raises:
        GateRunning: another gate works on this project.
        SandboxUnavailable: no sandbox as strict as asked for.
        OSError: no room.
    """
    confinement = choose(options.strictness)
    prepare_folder(project)
    kept = project.map_path.parent / "gate"
    kept.mkdir(exist_ok=True)
    with only_one(kept, GateRunning), _private(project) as folder:
        say(str(confinement))
        stop = Event()
        baseline, head = (
            Side(name, commit, project, folder, confinement, options, stop)
            for name, commit in zip(("baseline", "head"), commits, strict=True)
        )
        try:
            yield Field(head, baseline, confinement, kept)
        finally:
            stop.set()
            for name in ("head", "baseline"):
                remove(project.root, folder / name)


@contextmanager
def _private(project: Project) -> Iterator[Path]:
    """A folder outside the project; what killed ones left is removed."""
    folder = private_folder(project, "gate")
    clean(project.root, folder)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)

"""Where a repair works: a private worktree that stays as it is, an interpreter, a sandbox."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tdad.errors import FixRunning
from tdad.repo import project_files
from tdad.repo.worktrees import carry_over, clean, remove
from tdad.runner.confined import Cell
from tdad.runner.interpreter import Interpreter
from tdad.runner.sandbox import Confinement, Strictness, choose
from tdad.runner.suite import SuiteOptions
from tdad.workflows.audit_copy import import_folders, in_copy
from tdad.workflows.private import only_one, private_folder, tenant
from tdad.workflows.project import Project
from tdad.workflows.recording import prepare_folder


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything of one repair that does not change."""

    project: Project
    """The user's."""
    folder: Path
    """Private, and gone afterwards."""
    start: Path
    """The worktree with the files as they were at the start; nothing runs in it."""
    inside: str
    """The project's root, relative to a worktree."""
    python: Interpreter
    cell: Cell
    imports: tuple[str, ...]
    """Folders relative to the root that tests import from."""

    @property
    def root(self) -> Path:
        """The project's root in the untouched worktree."""
        return self.start / self.inside

    @property
    def copied(self) -> Project:
        """The project in the untouched worktree; nothing outside it belongs to it."""
        return in_copy(self.root, replace(self.project.config, source=()))

    def suite(self, root: Path) -> SuiteOptions:
        """How to run tests in a copy whose root is ``root``."""
        return SuiteOptions(
            python=self.python.path,
            pythonpath=tuple(str(root / folder) for folder in self.imports),
            pass_env=self.project.config.pass_env,
        )

    def read(self, path: str) -> bytes | None:
        """What was in a file at the start; ``None``: there was none."""
        try:
            return (self.root / path).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None


@contextmanager
def prepared(
    project: Project, python: str | None, strictness: Strictness, say: Callable[[str], None]
) -> Iterator[Ground]:
    """Make the ground; it is removed at the end, whatever the end is, and what killed runs left at the beginning.

    Raises:
        TdadError: no interpreter, no sandbox as strict as asked for, git does not answer, or another run is going on.
        OSError: no room.
    """
    confinement = choose(strictness)
    prepare_folder(project)
    kept = project.map_path.parent / "fix"
    kept.mkdir(exist_ok=True)
    with only_one(kept, FixRunning), _private(project, say) as folder:
        say(str(confinement))
        yield _made(project, python, confinement, folder)


def _made(project: Project, named: str | None, confinement: Confinement, folder: Path) -> Ground:
    found = tenant(project, named, confinement, folder)
    start = folder / "start"
    inside = carry_over(project.root, project.config, start)
    root = start / inside
    config = replace(project.config, source=())
    files = project_files(project.root, config)
    imports = import_folders(found.python.path, project.root, root, files, found.confine)
    return Ground(project, folder, start, inside, found.python, found.cell, imports)


@contextmanager
def _private(project: Project, say: Callable[[str], None]) -> Iterator[Path]:
    """A folder outside the project; what killed repairs left is removed."""
    folder = private_folder(project, "fix")
    if left := clean(project.root, folder):
        say(f"removed {left} worktree{'s' if left > 1 else ''} that an earlier run left behind")
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        remove(project.root, folder / "start")
        shutil.rmtree(folder, ignore_errors=True)

"""What works beside the user: one at a time, in a private folder, with an interpreter that was asked in the sandbox."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from tdad.errors import TdadError
from tdad.runner import interpreter
from tdad.runner.confined import Cell, Confine, confine_with
from tdad.runner.interpreter import OLDEST_PYTHON, Interpreter
from tdad.runner.sandbox import Confinement
from tdad.workflows.project import Project


@dataclass(frozen=True, slots=True)
class Tenant:
    """The project's interpreter, and how it and what it runs are confined."""

    python: Interpreter
    cell: Cell
    confine: Confine
    empty: Path
    """A folder with nothing in it, in which to ask."""


def tenant(
    project: Project,
    named: str | None,
    confinement: Confinement,
    folder: Path,
    *,
    oldest: tuple[int, int] = OLDEST_PYTHON,
    pytest_needed: bool = True,
) -> Tenant:
    """Find the interpreter, and ask it, confined, what it is.

    Args:
        project: The user's.
        named: The interpreter that was asked for; ``None``: the configured one, else the project's own.
        confinement: How far this machine confines.
        folder: A private one; an empty folder is made in it.
        oldest: Refuse an older Python.
        pytest_needed: Refuse one without pytest.

    Raises:
        InterpreterNotFound, InterpreterTooOld, InterpreterWithoutPytest: see :mod:`tdad.runner.interpreter`.
    """
    path = interpreter.locate(project.root, named or project.config.python, os.environ)
    empty = folder / "empty"
    empty.mkdir(exist_ok=True)
    cell = Cell(confinement, (Path(path).parent.parent, Path(path).resolve().parent.parent))
    confine = confine_with(cell, empty, project.config.pass_env)
    python = interpreter.check(path, empty, confine, oldest=oldest, pytest_needed=pytest_needed)
    return Tenant(python, cell, confine, empty)


def private_folder(project: Project, work: str) -> Path:
    """Where ``work`` on the project is done: outside of it, and the same each time, so that leftovers are found."""
    name = blake2b(os.fsencode(os.path.realpath(project.root)), digest_size=8).hexdigest()
    return Path(tempfile.gettempdir()).resolve() / f"tdad-{work}-{os.getuid()}-{name}"


@contextmanager
def only_one(folder: Path, running: Callable[[str], TdadError]) -> Iterator[None]:
    """Hold the folder while inside.

    Raises:
        TdadError: another process holds it; made by ``running`` from the path of the lock.
    """
    path = folder / "lock"
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise running(str(path)) from None
        yield

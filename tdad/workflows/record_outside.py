"""Record a run in an interpreter that does not have tdad: the probe goes along by path, nothing stays behind."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tdad.config import Config
from tdad.errors import InterpreterNotFound
from tdad.runner import interpreter, process
from tdad.trace.probe.inherit import INJECT, PYTHONPATH, ROOTS, SETTINGS
from tdad.workflows.project import Project
from tdad.workflows.recording import check_map, prepare_folder, take_in

_PLUGIN = "tdad_probe.plugin"


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run that was recorded from outside and is not in the map yet."""

    exit_code: int
    """pytest's own; 128 + number when a signal ended it."""
    spool: Path
    """Folder of the run, for ``trace.spool``; not there when pytest ended before it observed anything."""


def record_outside(
    project: Project, *, python: str | None, lines: bool, arguments: Sequence[str]
) -> int:
    """Run pytest in the project's interpreter, record it, update the map, and return pytest's exit code.

    Raises:
        TdadError: see :func:`run_outside`; or the map cannot be written, and then the recording waits in the spool.
    """
    check_map(project)
    prepare_folder(project)
    run = run_outside(
        project.root, project.config, python, arguments, lines=lines, cwd=project.cwd
    )
    take_in(project, ended=run.spool.name)
    return run.exit_code


def run_outside(
    root: Path,
    config: Config,
    python: str | None,
    pytest_args: Sequence[str],
    *,
    lines: bool,
    cwd: Path | None = None,
) -> RecordedRun:
    """Run pytest in the project's interpreter with the probe; its output and its exit code are its own.

    Args:
        root: The project root.
        config: Its configuration.
        python: The interpreter as the user named it; else :func:`tdad.runner.interpreter.find` looks for one.
        pytest_args: Arguments for pytest.
        lines: Record lines instead of functions.
        cwd: Where pytest runs; by default the current directory.

    Raises:
        InterpreterNotFound, InterpreterTooOld, InterpreterWithoutPytest: It cannot run the tests.
    """
    chosen = interpreter.find(root, python or config.python)
    spool = (root / config.map).parent / "spool"
    sources = [str(root / source) for source in config.source]
    settings = {
        "root": str(root),
        "spool_dir": str(spool),
        "run_id": f"{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}",
        "lines": lines or config.lines,
        "sources": sources,
    }
    try:
        ended = process.run(
            [chosen.path, "-m", "pytest", "-p", _PLUGIN, *pytest_args],
            cwd=cwd or Path.cwd(),
            environ=_environment(os.environ, json.dumps(settings), [str(root), *sources]),
        )
    except OSError as error:
        raise InterpreterNotFound(chosen.path, error.strerror or str(error)) from error
    return RecordedRun(ended.exit_code, spool / str(settings["run_id"]))


def _environment(
    environ: Mapping[str, str], settings: str, roots: Sequence[str]
) -> dict[str, str]:
    """The environment of pytest; the probe takes ours out again before pytest starts."""
    before = environ.get(PYTHONPATH)
    return {
        **environ,
        SETTINGS: settings,
        ROOTS: "\n".join(roots),
        PYTHONPATH: f"{INJECT}{os.pathsep}{before}" if before else INJECT,
    }

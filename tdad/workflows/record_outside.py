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
from tdad.workflows.summary import wrong_place

PROBE_ARGUMENTS = ("-p", "tdad_probe.plugin")
"""For pytest, where the probe is injected."""


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run that was recorded from outside and is not in the map yet."""

    exit_code: int
    """pytest's own; 128 + number when a signal ended it."""
    spool: Path
    """Folder of the run, for ``trace.spool``; not there when pytest ended before it observed anything."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A recording that is in the map."""

    exit_code: int
    """pytest's own; 128 + number when a signal ended it."""
    note: str
    """What is wrong with it, for the user; empty: nothing."""


def record_outside(
    project: Project, *, python: str | None, lines: bool, arguments: Sequence[str]
) -> Ended:
    """Run pytest in the project's interpreter, record it, and update the map.

    Raises:
        TdadError: see :func:`run_outside`; or the map cannot be written, and then the recording waits in the spool.
    """
    check_map(project)
    prepare_folder(project)
    run = run_outside(
        project.root, project.config, python, arguments, lines=lines, cwd=project.cwd
    )
    taken = take_in(project, ended=run.spool.name)
    return Ended(run.exit_code, wrong_place(taken) if taken is not None else "")


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
    probe = probe_for(root, config, lines=lines)
    before = os.environ.get(PYTHONPATH)
    path = f"{INJECT}{os.pathsep}{before}" if before else INJECT
    try:
        ended = process.run(
            [chosen.path, "-m", "pytest", *PROBE_ARGUMENTS, *pytest_args],
            cwd=cwd or Path.cwd(),
            environ={**os.environ, **probe.variables, PYTHONPATH: path},
        )
    except OSError as error:
        raise InterpreterNotFound(chosen.path, error.strerror or str(error)) from error
    return RecordedRun(ended.exit_code, probe.spool)


@dataclass(frozen=True, slots=True)
class ProbeSettings:
    """What makes a run record itself, beside :data:`INJECT` in front of ``PYTHONPATH``."""

    variables: Mapping[str, str]
    """For the environment; the probe takes them out again before pytest starts."""
    spool: Path
    """Where the run is, once it is over."""


def probe_for(root: Path, config: Config, *, lines: bool) -> ProbeSettings:
    """Settings for one run that records the project at ``root``."""
    spool = (root / config.map).parent / "spool"
    sources = [str(root / source) for source in config.source]
    run_id = f"{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}"
    settings = {
        "root": str(root),
        "spool_dir": str(spool),
        "run_id": run_id,
        "lines": lines or config.lines,
        "sources": sources,
    }
    roots = "\n".join([str(root), *sources])
    return ProbeSettings({SETTINGS: json.dumps(settings), ROOTS: roots}, spool / run_id)

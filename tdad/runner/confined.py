"""One quiet run of tests in the sandbox: the outcomes of :mod:`tdad.runner.suite`, and how each failure looked."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from tdad.facts import Site
from tdad.facts_fix import Failure
from tdad.runner.captured import catch
from tdad.runner.sandbox import Confinement, Policy, confined, environment
from tdad.runner.sandbox.policy import secrets_of
from tdad.runner.suite import (
    OUTCOMES,
    SuiteOptions,
    SuiteRun,
    read_outcomes,
    run_environment,
    suite_command,
    told_lines,
)

Confine = Callable[[list[str]], list[str]]
"""Command line → command line."""
_CHOICE = "tdad_choice"
_LONGEST_S = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Cell:
    """How runs are confined, and what they may write beside their copy."""

    confinement: Confinement
    needed: tuple[Path, ...] = ()
    """Never hidden: the interpreter and its environment."""

    def policy(self, *writable: Path) -> Policy:
        """What a run in the given folders may do."""
        return Policy(writable=writable, hidden=secrets_of(Path.home()), needed=self.needed)


@dataclass(frozen=True, slots=True)
class ConfinedRun:
    """What one run said."""

    suite: SuiteRun
    failures: Mapping[str, Failure]
    """Node id (or file that cannot be collected) → how it failed."""


def confine_with(cell: Cell, folder: Path, pass_env: Sequence[str] = ()) -> Confine:
    """Makes the command line of a program of the project confined; it gets the environment that a test would get.

    Args:
        cell: How it is confined.
        folder: An empty one that it may write; also its home.
        pass_env: Further variables that it gets.
    """
    keep = environment(os.environ, home=folder, temporary=folder, keep=tuple(pass_env))
    gone = [part for name in os.environ if name not in keep for part in ("-u", name)]
    env = shutil.which("env") or "/usr/bin/env"

    def confine(command: list[str]) -> list[str]:
        inner = [env, *gone, f"HOME={folder}", "PYTHONDONTWRITEBYTECODE=1", *command]
        return confined(inner, cell.policy(folder), cell.confinement)

    return confine


def run_confined(
    root: Path,
    options: SuiteOptions,
    scratch: Path,
    cell: Cell,
    *,
    around: Path,
    tests: Sequence[str] | None = None,
    stop: Event | None = None,
) -> ConfinedRun:
    """Run pytest in ``root``, confined, and wait for it.

    Args:
        root: Where it runs.
        options: With what.
        scratch: A private folder: home, temporary files, outcomes.
        cell: How it is confined.
        around: The copy that ``root`` is in; all of it may be written.
        tests: Node ids relative to ``root``; ``None``: all tests.
        stop: Once set, the run is ended.

    Raises:
        OSError: the interpreter does not start.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    told, failures = scratch / OUTCOMES, scratch / "failures.jsonl"
    for file in (told, failures):
        file.unlink(missing_ok=True)
    chosen = options
    only = ""
    if tests is not None:
        only = str(scratch / "only.json")
        Path(only).write_text(json.dumps(sorted(tests)), encoding="utf-8")
        files = dict.fromkeys(name.partition("::")[0] for name in tests)
        chosen = replace(options, arguments=(*options.arguments, *files))
    choice = {"only": only, "failures": str(failures), "root": str(root)}
    chosen = replace(
        chosen,
        arguments=("-p", _CHOICE, *chosen.arguments),
        environ={**chosen.environ, "TDAD_CHOICE": json.dumps(choice)},
    )
    caught = catch(
        confined(suite_command(chosen), cell.policy(around, scratch), cell.confinement),
        cwd=root,
        environ=run_environment(chosen, scratch),
        timeout_s=options.timeout_s or _LONGEST_S,
        wanted=lambda: stop is None or not stop.is_set(),
    )
    run = read_outcomes(
        told_lines(told),
        root,
        wall_s=caught.duration_s,
        cut_short=caught.timed_out or caught.stopped,
        said=caught.output[-4000:].strip(),
    )
    return ConfinedRun(run, _failures(failures))


def _failures(file: Path) -> dict[str, Failure]:
    found: dict[str, Failure] = {}
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return found
    for line in lines:
        with contextlib.suppress(ValueError, KeyError, TypeError):
            entry = json.loads(line)
            frames = tuple(Site(str(path), int(number)) for path, number in entry["frames"])
            failure = Failure(str(entry["message"]), frames, str(entry["output"]))
            found.setdefault(entry["failed"], failure)
    return found

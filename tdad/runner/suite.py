"""One quiet run of a whole test suite: how every test ended, told by hooks, never read off the terminal."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

from tdad.facts import FAILING, Outcome, Status
from tdad.runner.sandbox import Policy, Strictness, chosen, confined, environment
from tdad.runner.sandbox.policy import secrets_of

INJECT = str(Path(__file__).parent / "inject")
PLUGIN = "tdad_outcomes"
_POLL_S = 0.2
_GRACE_S = 3.0
_ALWAYS = ("-p", PLUGIN, "--continue-on-collection-errors", "--maxfail=0", "-q", "--tb=no")
"""No tracebacks: pytest parses whole files for each, most of the time of a failing test; hooks tell what is needed."""
CALM = "--tdad-calm"
"""Argument of a run of a few tests: no workers, no coverage, no reruns (``inject/tdad_calm.py``)."""
PYTEST_SETS = frozenset(
    {
        "PYTEST_CURRENT_TEST",
        "PYTEST_XDIST_WORKER",
        "PYTEST_XDIST_WORKER_COUNT",
        "PYTEST_XDIST_TESTRUNUID",
    }
)
"""Set by a pytest around us, and about its tests, not ours."""
OUTCOMES = "outcomes.jsonl"
"""In the scratch folder of a run."""
_RAN = frozenset({0, 1, 5})
"""pytest's exit codes after which every collected test has its outcome: passed, failed, nothing collected."""


@dataclass(frozen=True, slots=True)
class SuiteOptions:
    """How to run the suite of one copy of a project. Plain values: it travels to other machines."""

    python: str
    pythonpath: tuple[str, ...] = ()
    """Folders that the tests find first."""
    front: tuple[str, ...] = ()
    """Folders of ``PYTHONPATH`` that take themselves out again before the tests run."""
    arguments: tuple[str, ...] = ()
    """For pytest: what the user gave, ``-n``, plugins."""
    environ: Mapping[str, str] = field(default_factory=dict)
    """On top of what a confined run gets of our own environment."""
    pass_env: tuple[str, ...] = ()
    """Further variables of our own environment that the tests get."""
    foreign_root: str = ""
    """Modules that come out of this folder are noted as foreign."""
    timeout_s: float | None = None
    """For the whole run."""
    limit_s: float = 0.0
    """For one test that ``limits`` does not know; 0: none."""
    limits: str = ""
    """A file: node id → seconds, JSON."""
    sandbox: Strictness = Strictness.AUTO
    """How the run is confined, by the machine that it runs on."""
    protected: tuple[str, ...] = ()
    """Folders that the run may not write, even where it may write around them."""


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """What one run of the suite said. Node ids are relative to the folder it ran in."""

    outcomes: Mapping[str, Outcome]
    uncollected: Mapping[str, str]
    """Node id (mostly a file) → why it cannot be collected."""
    exit_code: int
    """pytest's own; -1: it did not say (killed, crashed, or it broke before it began)."""
    wall_s: float
    cut_short: bool
    """The time for the whole run was over, or the run was stopped."""
    foreign: tuple[str, ...]
    """Modules that were loaded out of ``foreign_root``, relative to it."""
    said: str
    """The last lines of what pytest printed, for a person."""

    @property
    def whole(self) -> bool:
        """Tell whether all tests that can be collected ran."""
        return not self.cut_short and self.exit_code in _RAN

    @property
    def failing(self) -> frozenset[str]:
        """Node ids of the tests that failed."""
        return frozenset(name for name, out in self.outcomes.items() if out.status in FAILING)


def run_suite(
    root: Path, options: SuiteOptions, scratch: Path, stop: Event | None = None
) -> SuiteRun:
    """Run pytest in ``root`` and wait for it.

    Args:
        root: Where it runs.
        options: With what.
        scratch: A folder for the outcomes and the output.
        stop: Once set, the run is ended.

    Raises:
        OSError: the interpreter does not start.
        SandboxUnavailable: it cannot be confined as strictly as asked for.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    told, output = scratch / OUTCOMES, scratch / "output.txt"
    told.unlink(missing_ok=True)
    environ = run_environment(options, scratch)
    command = confined(
        suite_command(options), _policy(root, options, scratch), chosen(options.sandbox)
    )
    began = time.monotonic()
    with output.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=root,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
        try:
            cut_short = _wait(process, options.timeout_s, stop)
        finally:
            _end(process)
    wall_s = time.monotonic() - began
    said = output.read_bytes()[-2000:].decode("utf-8", "replace").strip()
    return read_outcomes(told_lines(told), root, wall_s=wall_s, cut_short=cut_short, said=said)


def _policy(root: Path, options: SuiteOptions, scratch: Path) -> Policy:
    """Writes only into the copy and the folder beside it, which has its home and its temporary files."""
    return Policy(
        writable=(root, scratch),
        protected=tuple(Path(folder) for folder in options.protected),
        hidden=secrets_of(Path.home()),
        needed=(Path(options.python).resolve(), Path(options.python).parent.parent),
    )


def suite_command(options: SuiteOptions) -> list[str]:
    """The command line that runs the suite."""
    return [options.python, "-m", "pytest", *_ALWAYS, *options.arguments]


def suite_variables(options: SuiteOptions, told: Path) -> dict[str, str]:
    """Variables that the run needs, on top of an environment; the outcomes go to the file ``told``."""
    seen = python_path(options.pythonpath)
    settings = {
        "file": str(told),
        "pythonpath": seen,
        "foreign_root": options.foreign_root,
        "limit_s": options.limit_s,
        "limits": options.limits,
    }
    path = os.pathsep.join([*options.front, INJECT, *filter(None, [seen])])
    ours = {"TDAD_OUTCOMES": json.dumps(settings), "PYTHONPATH": path}
    return {**options.environ, **ours}


def run_environment(options: SuiteOptions, scratch: Path) -> dict[str, str]:
    """The whole environment of a run that says its outcomes to a file in ``scratch``."""
    return environment_of(options, scratch, suite_variables(options, scratch / OUTCOMES))


def environment_of(
    options: SuiteOptions, scratch: Path, variables: Mapping[str, str]
) -> dict[str, str]:
    """The whole environment of a run; its home and its folder for temporary files are made in ``scratch``.

    Args:
        options: Of the run.
        scratch: A private folder.
        variables: What the run needs itself.
    """
    home, temporary = scratch / "home", scratch / "tmp"
    for folder in (home, temporary):
        folder.mkdir(parents=True, exist_ok=True)
    return environment(
        {name: value for name, value in os.environ.items() if name not in PYTEST_SETS},
        home=home,
        temporary=temporary,
        keep=options.pass_env,
        extra={
            **variables,
            # into the copy itself: what is installed keeps its own bytecode, and each copy has only what it ran
            "PYTHONDONTWRITEBYTECODE": "",
        },
    )


def python_path(folders: Sequence[str]) -> str:
    """``PYTHONPATH`` as the tests see it: ``folders``, then what the user has set; empty: not set."""
    before = os.environ.get("PYTHONPATH")
    parts = before.split(os.pathsep) if before else []
    return os.pathsep.join([*folders, *(part for part in parts if part not in folders)])


def _wait(process: subprocess.Popen[bytes], timeout_s: float | None, stop: Event | None) -> bool:
    """Wait for the end; ``True`` when it was not the process's own."""
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    while True:
        try:
            process.wait(_POLL_S)
        except subprocess.TimeoutExpired:
            late = deadline is not None and time.monotonic() > deadline
            if late or (stop is not None and stop.is_set()):
                return True
        else:
            return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the group that we made, what the tests left running included."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def told_lines(told: Path) -> list[dict[str, Any]]:
    """What the plugin wrote; a last line that was cut off is left out."""
    try:
        text = told.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    found: list[dict[str, Any]] = []
    for line in text.splitlines():
        with contextlib.suppress(json.JSONDecodeError):
            found.append(json.loads(line))
    return found


def read_outcomes(
    entries: Iterable[Mapping[str, Any]], root: Path, *, wall_s: float, cut_short: bool, said: str
) -> SuiteRun:
    """Put together what the plugin wrote."""
    phases: dict[str, list[Mapping[str, Any]]] = {}
    uncollected: dict[str, str] = {}
    foreign: set[str] = set()
    exit_code, rootdir = -1, str(root)
    for entry in entries:
        if "start" in entry:
            phases.setdefault(entry["start"], [])
        elif "report" in entry:
            phases.setdefault(entry["report"], []).append(entry)
        elif "uncollected" in entry:
            uncollected[entry["uncollected"]] = entry["why"]
        elif "foreign" in entry:
            foreign.update(entry["foreign"])
        elif "end" in entry:
            exit_code, rootdir = int(entry["end"]), entry["rootdir"]
    place = _Place(Path(rootdir), root)
    outcomes = {
        place(name): Outcome(
            place(name), _status(seen, cut_short=cut_short), sum(float(one["s"]) for one in seen)
        )
        for name, seen in phases.items()
    }
    uncollected = {place(name): why for name, why in uncollected.items()}
    return SuiteRun(
        outcomes, uncollected, exit_code, wall_s, cut_short, tuple(sorted(foreign)), said
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Node ids of pytest, relative to its rootdir, as node ids relative to ours."""

    rootdir: Path
    root: Path

    def __call__(self, node_id: str) -> str:
        if self.rootdir == self.root:
            return node_id
        path, separator, rest = node_id.partition("::")
        name = os.path.relpath(self.rootdir / path, self.root).replace(os.sep, "/")
        return name + separator + rest


def _status(phases: Sequence[Mapping[str, Any]], *, cut_short: bool) -> Status:
    """One status from the reports of a test's phases."""
    if any(phase["late"] for phase in phases if phase["outcome"] == "failed"):
        return Status.TIMEOUT
    last = [phase for phase in phases if phase["outcome"] != "rerun"]
    for phase in last:
        if phase["outcome"] == "failed":
            if phase["when"] == "call":
                return Status.FAILED
            return Status.CRASHED if phase["when"] == "???" else Status.ERROR
    if not any(phase["when"] == "teardown" for phase in last):
        return Status.TIMEOUT if cut_short else Status.CRASHED
    if any(phase["xfail"] for phase in last):
        skipped = any(phase["outcome"] == "skipped" for phase in last)
        return Status.XFAILED if skipped else Status.XPASSED
    return Status.SKIPPED if any(p["outcome"] == "skipped" for p in last) else Status.PASSED

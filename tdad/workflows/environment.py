"""The environment the tests would run in now, to compare with the one they were recorded in (rule 9)."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from hashlib import blake2b

from tdad.facts import Environment, Recorded, Use
from tdad.trace.probe.environment import interpreter, modules, packages, search_path, system

VOLATILE = frozenset(
    {
        "_", "COLUMNS", "LINES", "OLDPWD", "PWD", "SHLVL", "PYTEST_CURRENT_TEST", "PYTEST_VERSION",
        "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID",
        "SSH_AUTH_SOCK", "SSH_CLIENT", "SSH_CONNECTION", "SSH_TTY", "TERM", "TERM_PROGRAM",
        "TERM_SESSION_ID", "TMUX", "TMUX_PANE", "WINDOWID", "XDG_SESSION_ID",
        "INVOCATION_ID", "JOURNAL_STREAM", "SYSTEMD_EXEC_PID",
        "MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MAKE_TERMERR", "MAKE_TERMOUT", "MFLAGS",
        "GITHUB_BASE_REF", "GITHUB_ENV", "GITHUB_HEAD_REF", "GITHUB_JOB", "GITHUB_OUTPUT", "GITHUB_PATH",
        "GITHUB_SHA", "GITHUB_STATE", "GITHUB_STEP_SUMMARY", "GITHUB_TRIGGERING_ACTOR",
        "RUNNER_NAME", "RUNNER_TRACKING_ID",
    }
)  # fmt: skip
"""Variables that differ from one terminal, make or CI job to the next and say nothing about the code.

Those that say that there is such a job at all (``CI``, ``GITHUB_ACTIONS``) are compared: tests are skipped for them.
"""
_VOLATILE_FAMILIES = (
    "GITHUB_ACTION_", "GITHUB_ACTOR", "GITHUB_EVENT_", "GITHUB_REF", "GITHUB_RUN_", "GITHUB_WORKFLOW",
    "CI_COMMIT_", "CI_CONCURRENT_", "CI_JOB_", "CI_MERGE_REQUEST_", "CI_PIPELINE_", "CI_RUNNER_",
)  # fmt: skip
"""How further ones begin: a map that main's job recorded is asked by the job of a pull request."""


def volatile(name: str) -> bool:
    """Tell whether a variable is left out of the comparison."""
    return name in VOLATILE or name.startswith(_VOLATILE_FAMILIES)


def environment_here(recorded: Recorded | None) -> Environment | None:
    """The environment of this very interpreter: pytest is about to run the tests in it."""
    newest = recorded.environment if recorded is not None else None
    if newest is None:
        return None
    assert recorded is not None
    installed = packages()
    return Environment(
        python=interpreter(),
        platform=system(),
        packages=installed,
        modules=_appeared(recorded, newest, installed, None),
        variables=_variables(newest.variables, os.environ),
        plugins=newest.plugins,
        search=tuple(search_path()),
    )


def environment_there(
    recorded: Recorded | None, environ: Mapping[str, str] | None = None
) -> Environment | None:
    """The environment of the recording, as its folders are now: tdad itself may run in another interpreter.

    The interpreter's own version is taken as unchanged unless it is ours.

    Args:
        recorded: The recording.
        environ: The variables that the tests will get; ``None``: ours.
    """
    newest = recorded.environment if recorded is not None else None
    if newest is None or not newest.search or not any(map(os.path.isdir, newest.search)):
        return None
    assert recorded is not None
    installed = packages(newest.search)
    ours = set(search_path()) == set(newest.search) and bool(sys.executable)
    return Environment(
        python=interpreter() if ours else newest.python,
        platform=newest.platform,
        packages=installed,
        modules=_appeared(recorded, newest, installed, newest.search),
        variables=_variables(newest.variables, os.environ if environ is None else environ),
        plugins=newest.plugins,
        search=newest.search,
    )


def _appeared(
    recorded: Recorded,
    newest: Environment,
    installed: Mapping[str, str],
    search: Sequence[str] | None,
) -> dict[str, str]:
    """Top-level module → distribution, of those that were not installed when somebody asked for the module."""
    new = installed.keys() - newest.packages.keys()
    asked = {
        name.partition(".")[0]
        for use in (Use.NO_MODULE, Use.MODULE)
        for name in recorded.used_names(use)
    }
    return modules(sorted(asked), search, new) if new else {}


def _variables(recorded: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Variable → digest of its value in ``environ`` (empty: unset); volatile ones as they were."""
    return {
        name: then if volatile(name) else _digest(environ.get(name))
        for name, then in recorded.items()
    }


def _digest(value: str | None) -> str:
    if value is None:
        return ""
    return blake2b(value.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()

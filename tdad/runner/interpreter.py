"""The interpreter that runs a project's tests, which is seldom the one that runs tdad."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tdad.errors import InterpreterNotFound, InterpreterTooOld, InterpreterWithoutPytest

OLDEST_PYTHON = (3, 8)
OLDEST_PYTEST = 7
_PROBE_TIMEOUT_S = 60.0
ALONE = (
    "pipx_metadata.json",
    "uv-receipt.toml",
    ".install_state_v1",
    ".install_state_v2",
    "tdad-alone",
)
"""Files that pipx, uv, pre-commit and our action leave in an environment for one program."""

# Runs on any Python, so that one that is too old can be named. The marks fence off what a sitecustomize may print.
_PROBE = """
import json, sys
def version(name):
    try:
        module = __import__(name)
    except Exception:
        return None
    return str(getattr(module, "__version__", "0"))
sys.stdout.write("\\n<tdad>" + json.dumps({
    "version": list(sys.version_info[:3]),
    "implementation": getattr(getattr(sys, "implementation", None), "name", "cpython"),
    "executable": sys.executable,
    "abi": getattr(sys, "abiflags", ""),
    "pytest": version("pytest"),
    "coverage": version("coverage"),
}) + "</tdad>\\n")
"""


@dataclass(frozen=True, slots=True, order=True)
class Interpreter:
    """A Python that can run and record tests."""

    path: str
    """As it is to be started; a link of an environment is not resolved, for that would leave the environment."""
    version: tuple[int, int, int]
    implementation: str
    abi: str
    pytest: str
    coverage: str | None
    """Version of the coverage it can import, if any."""


def find(root: Path, python: str | None, environ: Mapping[str, str] | None = None) -> Interpreter:
    """The interpreter for the project at ``root``, checked.

    ``python`` (a path, the folder of an environment, or a name on ``PATH``) is used if given, else
    ``<root>/.venv``, else the environment in ``VIRTUAL_ENV``, else the interpreter that runs this. If that one was made
    for a tool alone (pipx, uv, pre-commit, the action), it has nothing of the project: the first on ``PATH``.

    Raises:
        InterpreterNotFound: What was named (or the ``.venv`` that is there) does not start.
        InterpreterTooOld: Older than Python 3.8.
        InterpreterWithoutPytest: No pytest, or one older than 7.
    """
    return check(locate(root, python, os.environ if environ is None else environ), root)


def locate(
    root: Path, python: str | None, environ: Mapping[str, str], *, prefix: str = sys.prefix
) -> str:
    """Path of the interpreter to use, not yet checked to work; ``prefix`` is the environment that runs this.

    Raises:
        InterpreterNotFound: see :func:`find`.
    """
    if python:
        return _named(python, environ)
    places = [root / ".venv"]
    if environ.get("VIRTUAL_ENV"):
        places.append(Path(environ["VIRTUAL_ENV"]))
    for place in places:
        if place.is_dir() and (found := _in_environment(place)):
            return found
    if any((Path(prefix) / name).exists() for name in ALONE):
        return _on_path(environ, Path(prefix))
    return sys.executable


def _on_path(environ: Mapping[str, str], prefix: Path) -> str:
    """The first interpreter on ``PATH`` that is not of the environment ``prefix``.

    Raises:
        InterpreterNotFound: there is none.
    """
    for folder in filter(None, environ.get("PATH", "").split(os.pathsep)):
        if Path(folder).resolve().parent != prefix.resolve():
            for name in ("python", "python3"):
                if found := shutil.which(name, path=folder):
                    return _absolute(Path(found))
    raise InterpreterNotFound(
        ".venv, VIRTUAL_ENV or PATH", "that of tdad is an environment for tdad alone"
    )


def _named(python: str, environ: Mapping[str, str]) -> str:
    path = Path(python).expanduser()
    if path.is_dir():
        if found := _in_environment(path):
            return found
        raise InterpreterNotFound(python, "the folder is no virtual environment")
    if path.is_file():
        return _absolute(path)
    if os.sep not in python and (on_path := shutil.which(python, path=environ.get("PATH"))):
        return on_path
    raise InterpreterNotFound(python, "no such file" if os.sep in python else "not on PATH")


def _in_environment(folder: Path) -> str | None:
    """The interpreter of the virtual environment ``folder``."""
    for name in ("bin/python", "bin/python3", "Scripts/python.exe"):
        # lexists: a .venv whose base was removed is a mistake to report, not to pass over
        if os.path.lexists(folder / name):
            return _absolute(folder / name)
    return None


def _absolute(path: Path) -> str:
    """``path`` made absolute but not resolved: the link is what makes it the environment's."""
    return str(Path.cwd() / path)


def check(
    path: str,
    cwd: Path,
    confine: Callable[[list[str]], list[str]] = list,
    *,
    oldest: tuple[int, ...] = OLDEST_PYTHON,
    pytest_needed: bool = True,
) -> Interpreter:
    """What the interpreter at ``path`` is, asked from itself.

    Args:
        path: The interpreter.
        cwd: Where it is started.
        confine: Command line → command line, for callers that let nothing of a project run outside the sandbox.
        oldest: The least version of Python.
        pytest_needed: Whether it must be able to import a pytest that is not too old.

    Raises:
        InterpreterNotFound, InterpreterTooOld, InterpreterWithoutPytest: See :func:`find`.
    """
    said = _ask(path, cwd, confine)
    major, minor, micro = said["version"]
    version = (int(major), int(minor), int(micro))
    if version < oldest:
        raise InterpreterTooOld(path, ".".join(map(str, version)))
    pytest = said["pytest"]
    if pytest_needed and (pytest is None or _major(pytest) < OLDEST_PYTEST):
        raise InterpreterWithoutPytest(path, pytest)
    return Interpreter(
        path=path,
        version=version,
        implementation=said["implementation"],
        abi=said["abi"],
        pytest=pytest or "",
        coverage=said["coverage"],
    )


def _ask(path: str, cwd: Path, confine: Callable[[list[str]], list[str]]) -> dict[str, Any]:
    """Answer of the probe."""
    try:
        done = subprocess.run(
            confine([path, "-c", _PROBE]),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROBE_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise InterpreterNotFound(path, f"no answer within {_PROBE_TIMEOUT_S:.0f} s") from error
    except OSError as error:
        raise InterpreterNotFound(path, error.strerror or str(error)) from error
    text = done.stdout.decode("utf-8", "replace")
    _, mark, rest = text.partition("<tdad>")
    if not mark:
        last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise InterpreterNotFound(path, last or f"it ended with exit code {done.returncode}")
    answer: dict[str, Any] = json.loads(rest.partition("</tdad>")[0])
    return answer


def _major(version: str) -> int:
    digits = version.partition(".")[0]
    return int(digits) if digits.isdigit() else 0

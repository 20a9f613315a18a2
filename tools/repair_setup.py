"""What measuring repairs needs, made once under ``.bench/repair/``: one environment, the subjects, installed in place.

A subject's folder is a git repository whose first commit is the release. Each bug gets a history of its own on top.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from accuracy_setup import PAST, NoPythonError
from bench_setup import BENCH, DOWNLOADS, ROOT, SCRIPTS, SUBJECTS, find_interpreters
from subjects import download, run, unpack

REPAIR = BENCH / "repair"
MINOR = "3.13"
NAMES = ("itsdangerous", "click", "jinja2")
TOOLS = ("pytest>=8.2,<9", "trio", "freezegun", "markupsafe")
# click 8.1.8 treats warnings as errors, and pytest 9 warns about its tests.
LIMIT_S = 300.0
TEST_LIMIT_S = "20"
GOOD = frozenset({"passed", "xfailed"})
ASIDE = ("__pycache__/", "*.egg-info/", ".tdad/", ".pytest_cache/")


@dataclass(frozen=True, slots=True)
class Ends:
    """How the tests of one run ended."""

    ends: Mapping[str, str]
    """Node id → passed, failed, error, skipped or xfailed."""
    uncollected: tuple[str, ...] = ()

    def broken_since(self, before: Ends) -> list[str]:
        """Tests that passed before and do not any more, sorted; the flaky ones of before left out."""
        return sorted(
            name
            for name, end in before.ends.items()
            if end in GOOD and self.ends.get(name) not in GOOD
        )


def folder(name: str) -> Path:
    """Return where a subject is changed and tested."""
    return REPAIR / "subjects" / name


def python() -> Path:
    """Return the interpreter of the subjects' environment."""
    return REPAIR / f"env-{MINOR}" / SCRIPTS / "python"


def prepare(names: Sequence[str]) -> None:
    """Download and unpack what is not there yet, and build the environment.

    Raises:
        SubjectError: a command failed.
        NoPythonError: there is no such interpreter.
    """
    for name in names:
        for archive in (SUBJECTS[name], *PAST[name]):  # two versions at once are a conflict to pip
            download([archive], DOWNLOADS)
        if not (folder(name) / ".git").is_dir():
            unpack(SUBJECTS[name], DOWNLOADS, folder(name))
            exclude = folder(name) / ".git" / "info" / "exclude"
            exclude.write_text("".join(f"{pattern}\n" for pattern in ASIDE), encoding="utf-8")
            run(["git", "tag", "release"], folder(name))
    with alone("environment"):  # subjects may be measured side by side
        _build(names)


def _build(names: Sequence[str]) -> None:
    """One environment for all subjects; a subject that is new in it is added."""
    found = find_interpreters([MINOR])
    if not found:
        raise NoPythonError(f"Python {MINOR} is not on PATH, and neither pyenv nor uv has it")
    stamp = REPAIR / f"env-{MINOR}" / "stamp"
    lines = stamp.read_text(encoding="utf-8").splitlines() if stamp.exists() else []
    pip: list[str | Path] = [python(), "-m", "pip", "install", "--quiet"]
    pip.append("--disable-pip-version-check")
    if lines[:1] != [repr(TOOLS)]:
        run([found[MINOR], "-m", "venv", "--clear", REPAIR / f"env-{MINOR}"])
        run([*pip, *TOOLS])
        lines = [repr(TOOLS)]
    new = [name for name in names if name not in lines[1:]]
    if not new:
        return
    for name in new:
        run([*pip, "--no-deps", "-e", folder(name)])
    stamp.write_text("\n".join([*lines, *new]), encoding="utf-8")


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Wait until nobody else works on the subject, or on what ``name`` stands for."""
    REPAIR.mkdir(parents=True, exist_ok=True)
    with (REPAIR / f"lock-{name}").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def clean(name: str, commit: str = "release") -> None:
    """Put a subject's files and ``HEAD`` back to a commit, whatever a killed run left.

    Raises:
        SubjectError: git failed.
    """
    run(["git", "checkout", "--quiet", "--force", "--detach", commit], folder(name))
    run(["git", "clean", "-fdq"], folder(name))


def suite(name: str) -> Ends | None:
    """Run all tests of a subject as it is now; ``None``: they did not end, or could not begin."""
    file = REPAIR / f"outcomes-{name}.json"
    file.unlink(missing_ok=True)
    command: list[str | Path] = [
        python(),
        "-m",
        "pytest",
        "-q",
        "--tb=no",
        "-p",
        "accuracy_outcomes",
    ]
    options = ["-p", "no:cacheprovider", "--continue-on-collection-errors"]
    variables = {each: os.environ[each] for each in ("PATH", "HOME", "LANG") if each in os.environ}
    try:
        subprocess.run(
            [*command, *options],
            cwd=folder(name),
            env={
                **variables,
                "PYTHONPATH": str(ROOT / "tools"),
                "PYTHONDONTWRITEBYTECODE": "1",
                "ACCURACY_OUTCOMES": str(file),
                "ACCURACY_LIMIT_S": TEST_LIMIT_S,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    if not file.exists():
        return None
    found = json.loads(file.read_text(encoding="utf-8"))
    return Ends(found["ends"], tuple(found["uncollected"]))


def baseline(name: str) -> Ends:
    """Return how the tests of the release end; those that differ between two runs are left out. Kept."""
    file = REPAIR / f"baseline-{name}.json"
    if not file.exists():
        clean(name)
        runs = [suite(name), suite(name)]
        first, second = (each for each in runs if each is not None)
        alike = {test: end for test, end in first.ends.items() if second.ends.get(test) == end}
        file.write_text(json.dumps(alike), encoding="utf-8")
    return Ends(json.loads(file.read_text(encoding="utf-8")))

"""What is recorded of an unchanged subject, once: how tests end, maps, testmon's database, coverage contexts."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from accuracy_run import Suite, bounded, suite
from accuracy_setup import ACCURACY, project, pytest, python, surroundings
from coverage import CoverageData
from subjects import TESTMON_LEFT_OUT, SubjectError, run

MAP, STATIC_MAP = ".tdad/map.sqlite3", ".tdad-static/map.sqlite3"
TESTMON = ".testmondata"
LONG_S = 7200
CRASHED = 3
"""Exit code of pytest after an internal error."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Where everything is that was recorded of a subject."""

    folder: Path

    @property
    def suite(self) -> Path:
        """How the tests end."""
        return self.folder / "suite.json"

    @property
    def map(self) -> Path:
        """The map of tdad, recorded."""
        return self.folder / "map.sqlite3"

    @property
    def static_map(self) -> Path:
        """The map of tdad without a recording."""
        return self.folder / "static.sqlite3"

    @property
    def testmon(self) -> Path:
        """The database of testmon."""
        return self.folder / "testmondata"

    @property
    def history(self) -> Path:
        """Changes that can be put back, with their texts."""
        return self.folder / "history.json"

    @property
    def testmon_ends(self) -> Path:
        """Exit codes of the runs in which testmon recorded."""
        return self.folder / "testmon.json"

    @property
    def packages(self) -> Path:
        """What was installed when testmon recorded."""
        return self.folder / "packages.txt"

    @property
    def coverage(self) -> Path:
        """The data of coverage with contexts."""
        return self.folder / "coverage"


def recorded(name: str) -> Recorded:
    """Return where a subject's recordings are."""
    return Recorded(ACCURACY / "recorded" / name)


def record(name: str) -> Suite:
    """Record what is not there yet, and return how the tests of the unchanged subject end.

    Tests that end in another way in the second run, or do not pass, are left out of what can be missed.

    Raises:
        SubjectError: a recording failed.
    """
    files = recorded(name)
    files.folder.mkdir(parents=True, exist_ok=True)
    if not files.suite.exists():
        before = twice(name)
        files.suite.write_text(json.dumps(asdict(before)), encoding="utf-8")
    if not files.map.exists():
        record_map(name)
    if not files.static_map.exists():
        index(name)
    if not files.coverage.exists():
        _coverage(name, files.coverage)
    if not files.testmon.exists() or _other_packages(files.packages):
        _testmon(name, files.testmon)
        files.packages.write_text(_packages(), encoding="utf-8")
    return load_suite(name)


def _other_packages(noted: Path) -> bool:
    """Tell whether testmon would run everything, because what is installed is not what it recorded with."""
    return not noted.exists() or noted.read_text(encoding="utf-8") != _packages()


def _packages() -> str:
    code = (
        "import importlib.metadata as m; "
        "print(*sorted({f'{each.name} {each.version}' for each in m.distributions()}), sep='\\n')"
    )
    return run([python(), "-c", code])


def load_suite(name: str) -> Suite:
    """Return how the tests of the unchanged subject end."""
    return Suite(**json.loads(recorded(name).suite.read_text(encoding="utf-8")))


def twice(name: str) -> Suite:
    """The suite's ends; of those that differ between two runs it says ``flaky``."""
    variables = surroundings(name)
    del variables[
        "PYTHONDONTWRITEBYTECODE"
    ]  # byte code is written now, and valid for every run from now on
    subprocess.run(
        [*pytest(name), "-n", "2"],
        cwd=project(name),
        env=variables,
        capture_output=True,
        check=False,
    )
    runs = [suite(name, LONG_S), suite(name, LONG_S)]
    first, second = (each for each in runs if each is not None and each.ends)
    ends = {
        node_id: end if second.ends.get(node_id) == end else "flaky"
        for node_id, end in first.ends.items()
    }
    return Suite(first.exit, ends, first.seconds, (), 0, first.wall_s)


def record_map(name: str) -> None:
    """Record the suite with tdad."""
    shutil.rmtree(project(name) / ".tdad", ignore_errors=True)
    found = suite(name, LONG_S, "--tdad-map")
    if found is None or not found.ends:
        raise SubjectError(f"{name}: no map was recorded")
    _settled_copy(project(name) / MAP, recorded(name).map)


def index(name: str) -> None:
    """Index the subject with tdad, without running anything."""
    shutil.rmtree(project(name) / ".tdad-static", ignore_errors=True)
    done = subprocess.run(
        [sys.executable, "-m", "tdad", "index"],
        cwd=project(name),
        env=surroundings(name) | {"TDAD_MAP": STATIC_MAP},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SubjectError(f"{name}: no index: {done.stderr}")
    _settled_copy(project(name) / STATIC_MAP, recorded(name).static_map)


def _settled_copy(database: Path, to: Path) -> None:
    """Copy a database with what is still in its write-ahead log."""
    import sqlite3

    with sqlite3.connect(database) as source, sqlite3.connect(to) as target:
        source.backup(target)


def _coverage(name: str, to: Path) -> None:
    options = ["--cov", "--cov-context=test", "--cov-report="]
    if suite(name, LONG_S, *options) is None:
        raise SubjectError(f"{name}: no coverage")
    (project(name) / ".coverage").rename(to)


def contexts(name: str) -> dict[str, dict[str, frozenset[int]]]:
    """Path → node id → executed lines."""
    data = CoverageData(str(recorded(name).coverage))
    data.read()
    root = project(name)
    found: dict[str, dict[str, set[int]]] = {}
    for file in data.measured_files():
        if not Path(file).is_relative_to(root):
            continue  # a subject that does not say what to measure gets all that is imported, tools included
        path = Path(file).relative_to(root).as_posix()
        for line, tests in data.contexts_by_lineno(file).items():
            for test in filter(None, tests):
                found.setdefault(path, {}).setdefault(test.rpartition("|")[0], set()).add(line)
    return {
        path: {test: frozenset(lines) for test, lines in each.items()}
        for path, each in found.items()
    }


def _testmon(name: str, to: Path) -> None:
    """Let testmon record; where it breaks down, again without the tests that it cannot bear. How it went is kept."""
    ends: list[int | None] = []
    for left_out in ((), TESTMON_LEFT_OUT.get(name, ())):
        if not ends or ends[-1] == CRASHED:
            _clear_testmon(name)
            command = [*pytest(name), "--tb=no", "--testmon"]
            ends.append(
                bounded([*command, *(f"--deselect={each}" for each in left_out)], name, LONG_S)
            )
    recorded(name).testmon_ends.write_text(json.dumps(ends), encoding="utf-8")
    _settled_copy(project(name) / TESTMON, to)
    _clear_testmon(name)


def testmon_said(name: str) -> str:
    """How testmon recorded a subject, in words."""
    ends = json.loads(recorded(name).testmon_ends.read_text(encoding="utf-8"))
    if ends[0] != CRASHED:
        return "records it"
    if ends[-1] == CRASHED:
        return "crashes; used with what it had by then"
    return f"crashes; recorded again without {len(TESTMON_LEFT_OUT[name])} test"


def _clear_testmon(name: str) -> None:
    _remove(project(name).glob(f"{TESTMON}*"))


def _remove(files: Iterable[Path]) -> None:
    for file in files:
        file.unlink()


def versions() -> dict[str, str]:
    """Return distribution → version of what is compared."""
    code = (
        "import importlib.metadata as m, json; print(json.dumps({n: m.version(n) for n in "
        "('pytest', 'pytest-cov', 'pytest-testmon', 'coverage', 'pytest-xdist')}))"
    )
    found: dict[str, str] = json.loads(run([python(), "-c", code]))
    return found

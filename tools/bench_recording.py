"""What recording costs: the same test suite plain, recorded, with ``--cov --cov-context=test`` and with testmon.

Every round runs every way once, in an order that rotates, and compares each with the plain run of the same round; the
result is the median over the rounds. A way that goes on from an earlier run has its files put back before each run.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench_measure import Cost, median, spend
from bench_setup import BENCH, ROOT, Interpreter, folder_of
from subjects import TESTMON_LEFT_OUT, SubjectError

PYTEST = ("-m", "pytest", "-q", "-c", "pyproject.toml")
"""The subjects lie below our own folder: without ``-c``, one that does not configure pytest would get our options."""
TESTS_FAILED = 1
"""Exit code of pytest; the suites of some subjects have failures on some interpreters."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to run the tests."""

    name: str
    options: tuple[str, ...]
    leaves: str = ""
    """What it writes, at the top of the project."""
    goes_on: str = ""
    """The way whose files it starts with; empty: it starts without."""


PLAIN = "plain"
MAP_AGAIN, LINES_AGAIN = "functions", "lines"
MAP_FIRST, LINES_FIRST = "functions, first map", "lines, first map"
COV, TESTMON, TESTMON_AGAIN = "pytest-cov", "testmon, first run", "testmon"
FIRSTS = (
    Way(MAP_FIRST, ("--tdad-map",), ".tdad"),
    Way(LINES_FIRST, ("--tdad-map", "--tdad-lines"), ".tdad"),
    Way(TESTMON, ("--testmon",), ".testmondata"),
)
WAYS = (
    Way(PLAIN, ()),
    Way(MAP_AGAIN, ("--tdad-map",), ".tdad", MAP_FIRST),
    Way(LINES_AGAIN, ("--tdad-map", "--tdad-lines"), ".tdad", LINES_FIRST),
    Way(COV, ("--cov", "--cov-context=test", "--cov-report="), ".coverage"),
    Way(TESTMON_AGAIN, ("--testmon", "--testmon-noselect"), ".testmondata", TESTMON),
    FIRSTS[0],
    FIRSTS[2],
)
FILES = {".tdad": ".tdad/map.sqlite3", ".testmondata": ".testmondata"}
LEFT_OVER = (".tdad", ".testmondata*", ".coverage*")


def measure(
    subject: str, interpreter: Interpreter, rounds: int, tests: Sequence[str] = ()
) -> dict[str, Any]:
    """Return CPU seconds and ratios of every way, and the sizes of what they leave."""
    kept = BENCH / "kept" / f"{subject}-{interpreter.minor}"
    shutil.rmtree(kept, ignore_errors=True)
    (BENCH / "logs").mkdir(exist_ok=True)
    running = _Running(subject, interpreter, kept, tuple(tests))
    running.once(WAYS[0])  # byte code is compiled, files are in memory
    sizes: dict[str, int] = {}
    for way in FIRSTS:
        running.once(way)
        _keep(way, subject, kept)
        sizes[way.name] = _size_bytes(folder_of(subject), FILES[way.leaves])
    costs: dict[str, list[float]] = {way.name: [] for way in WAYS}
    ends: dict[str, list[float]] = {way.name: [] for way in WAYS if way.leaves == ".tdad"}
    passed = ""
    for at in range(rounds):
        for way in (*WAYS[at % len(WAYS) :], *WAYS[: at % len(WAYS)]):
            cost, end_s = running.once(way)
            costs[way.name].append(cost.cpu_s)
            if way.name in ends:
                ends[way.name].append(end_s)
            if way.name == PLAIN:
                passed = _last_line(cost.output)
    _clean(subject)
    return {
        "subject": subject,
        "python": interpreter.full,
        "rounds": rounds,
        "tests": passed,
        "only": list(tests),
        "cpu_s": {name: [round(one, 3) for one in each] for name, each in costs.items()},
        "ratio": dict(_ratios(costs)),
        "ratio_without_end": dict(_ratios(costs, ends)),
        "end_s": {name: median(each) for name, each in ends.items()},
        "size_bytes": sizes,
    }


def _ratios(
    costs: dict[str, list[float]], less: dict[str, list[float]] | None = None
) -> Iterator[tuple[str, float]]:
    """Name → median of the ratios to the plain run of the same round."""
    for name, each in costs.items():
        if less is not None and name not in less:
            continue
        minus = less[name] if less is not None else [0.0] * len(each)
        rounds = zip(each, minus, costs[PLAIN], strict=True)
        yield name, median([(cost - end) / plain for cost, end, plain in rounds])


@dataclass(frozen=True, slots=True)
class _Running:
    """One suite under one interpreter."""

    subject: str
    interpreter: Interpreter
    kept: Path
    tests: tuple[str, ...]

    def once(self, way: Way) -> tuple[Cost, float]:
        """Run the tests; the cost, and how much of it was the end of the recording."""
        _clean(self.subject)
        if way.goes_on:
            _put_back(way, self.subject, self.kept)
        split = BENCH / "logs" / "split"
        split.unlink(missing_ok=True)
        plugin = ("-p", "bench_split") if way.leaves == ".tdad" else ()
        # in every way, so that all run the same tests
        left_out = [f"--deselect={each}" for each in TESTMON_LEFT_OUT.get(self.subject, ())]
        cost = spend(
            [self.interpreter.python, *PYTEST, *plugin, *way.options, *left_out, *self.tests],
            folder_of(self.subject),
            variables={"PYTHONPATH": str(ROOT / "tools"), "BENCH_SPLIT": str(split)},
            accept=(0, TESTS_FAILED),
        )
        name = f"{self.subject}-{self.interpreter.minor}-{way.name.replace(' ', '-')}.txt"
        (BENCH / "logs" / name).write_text(cost.output, encoding="utf-8")
        if plugin and not split.exists():
            raise SubjectError(f"{self.subject}: nothing was recorded, see .bench/logs/{name}")
        return cost, float(split.read_text(encoding="utf-8")) if plugin else 0.0


def _last_line(output: str) -> str:
    """What pytest says at its end, without the time."""
    last = next((one for one in reversed(output.splitlines()) if " passed" in one), "")
    return last.strip("= ").rpartition(" in ")[0]


def _clean(subject: str) -> None:
    for pattern in LEFT_OVER:
        for path in folder_of(subject).glob(pattern):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def _size_bytes(folder: Path, name: str) -> int:
    """Size of a database with its write-ahead log, which may not have been folded in."""
    files = [folder / name, folder / f"{name}-wal"]
    return sum(file.stat().st_size for file in files if file.exists())


def _keep(way: Way, subject: str, kept: Path) -> None:
    """Set aside what the first run of a way left."""
    _copy(folder_of(subject), way.leaves, kept / way.name)


def _put_back(way: Way, subject: str, kept: Path) -> None:
    _copy(kept / way.goes_on, way.leaves, folder_of(subject))


def _copy(source: Path, leaves: str, to: Path) -> None:
    to.mkdir(parents=True, exist_ok=True)
    for path in source.glob(f"{leaves}*"):
        if path.is_dir():
            shutil.copytree(path, to / path.name)
        else:
            shutil.copy2(path, to / path.name)

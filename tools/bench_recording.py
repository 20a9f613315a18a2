"""What recording costs: the same test suite plain, recorded, with ``--cov --cov-context=test`` and with testmon.

Every round runs every way once, in an order that rotates, and compares each with the plain run of the same round; the
result is the median over the rounds. A way that goes on from an earlier run has its files put back before each run.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench_measure import Cost, median, spend
from bench_setup import BENCH, ROOT, Interpreter, folder_of
from subjects import SubjectError

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
LEFT_OVER = (".tdad", ".testmondata", ".testmondata-wal", ".testmondata-shm", ".coverage")


def measure(subject: str, interpreter: Interpreter, rounds: int) -> dict[str, Any]:
    """Return CPU seconds and ratios of every way, and the sizes of what they leave."""
    kept = BENCH / "kept" / f"{subject}-{interpreter.minor}"
    shutil.rmtree(kept, ignore_errors=True)
    (BENCH / "logs").mkdir(exist_ok=True)
    plain = WAYS[0]
    _run(plain, subject, interpreter, kept)  # byte code is compiled, files are in memory
    sizes: dict[str, int] = {}
    for way in FIRSTS:
        _run(way, subject, interpreter, kept)
        _keep(way, subject, kept)
        sizes[way.name] = (folder_of(subject) / FILES[way.leaves]).stat().st_size
    costs: dict[str, list[float]] = {way.name: [] for way in WAYS}
    ends: dict[str, list[float]] = {way.name: [] for way in WAYS if way.leaves == ".tdad"}
    tests = ""
    for at in range(rounds):
        for way in (*WAYS[at % len(WAYS) :], *WAYS[: at % len(WAYS)]):
            cost, end_s = _run(way, subject, interpreter, kept)
            costs[way.name].append(cost.cpu_s)
            if way.name in ends:
                ends[way.name].append(end_s)
            if way.name == PLAIN:
                tests = _last_line(cost.output)
    _clean(subject)
    return {
        "subject": subject,
        "python": interpreter.full,
        "rounds": rounds,
        "tests": tests,
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


def _run(way: Way, subject: str, interpreter: Interpreter, kept: Path) -> tuple[Cost, float]:
    """Run the tests once; the cost, and how much of it was the end of the recording."""
    _clean(subject)
    if way.goes_on:
        _put_back(way, subject, kept)
    split = BENCH / "logs" / "split"
    split.unlink(missing_ok=True)
    plugin = ("-p", "bench_split") if way.leaves == ".tdad" else ()
    cost = spend(
        [interpreter.python, "-m", "pytest", "-q", *plugin, *way.options],
        folder_of(subject),
        variables={"PYTHONPATH": str(ROOT / "tools"), "BENCH_SPLIT": str(split)},
        accept=(0, TESTS_FAILED),
    )
    log = BENCH / "logs" / f"{subject}-{interpreter.minor}-{way.name.replace(' ', '-')}.txt"
    log.write_text(cost.output, encoding="utf-8")
    if plugin and not split.exists():
        raise SubjectError(f"{subject}: nothing was recorded, see {log}")
    return cost, float(split.read_text(encoding="utf-8")) if plugin else 0.0


def _last_line(output: str) -> str:
    """What pytest says at its end, without the time."""
    last = next((one for one in reversed(output.splitlines()) if " passed" in one), "")
    return last.strip("= ").rpartition(" in ")[0]


def _clean(subject: str) -> None:
    for name in LEFT_OVER:
        path = folder_of(subject) / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _keep(way: Way, subject: str, kept: Path) -> None:
    """Set aside what the first run of a way left."""
    _copy(folder_of(subject) / way.leaves, kept / way.name / way.leaves)


def _put_back(way: Way, subject: str, kept: Path) -> None:
    _copy(kept / way.goes_on / way.leaves, folder_of(subject) / way.leaves)


def _copy(source: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, to)
    else:
        shutil.copy2(source, to)

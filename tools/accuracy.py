"""How accurate is the map? Faults and historical changes on real projects, against other ways to choose tests.

    python tools/accuracy.py [--subjects itsdangerous,click,jinja2,networkx] [--faults 60] [--history 15]
                             [--minutes M] [--again tdad,testmon,truth,pure] [--features FOLDER]

Everything is made and kept in ``.bench/accuracy/``; a stopped run goes on where it was. The results are written to
``docs/explanation/accuracy-results.jsonl`` and the tables to ``docs/explanation/accuracy.md``. ``--sample``: a few
trials of the three small subjects in ten minutes, printed and not written.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from accuracy_features import write_features
from accuracy_measure import Bench, measure
from accuracy_record import record, recorded, testmon_said, versions
from accuracy_results import Result, keep, result_of, results_of
from accuracy_setup import MINOR, NAMES, NoPythonError, prepare, put_back
from accuracy_table import print_summary, write_page
from accuracy_trials import HISTORICAL, Trial, historical, seeded
from bench_machine import commit
from bench_setup import SUBJECTS
from subjects import SubjectError

FAULTS = {"networkx": 30}
PLANNED = 4
"""Faults planned for each that is wanted: not every fault fails a test."""
TRIED = 12
"""Historical changes tried for each that is wanted; most only change annotations, words and what no test sees."""
SAMPLE_MINUTES = 10.0
PARTS = ("truth", "testmon", "tdad", "pure")


def main(arguments: list[str]) -> int:
    """Measure what was asked for; the exit code."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what is changed is put back
    until = time.monotonic() + options.minutes * 60
    try:
        if options.table:
            _write(options)
            return 0
        prepare(options.subjects)
        for name in options.subjects:
            share = time.monotonic() + (until - time.monotonic()) / _left(options.subjects, name)
            _subject(name, options, share if options.sample else until)
    except (SubjectError, NoPythonError) as error:
        print(f"accuracy: {error}", file=sys.stderr)
        return 1
    if options.sample:
        print_summary([each for name in options.subjects for each in results_of(Bench(name))])
    else:
        _write(options)
    return 0


def _write(options: argparse.Namespace) -> None:
    """Put the results of each subject that has some into the repository, and the tables into the page."""
    for name in options.subjects:
        if recorded(name).suite.exists() and any((bench := Bench(name)).folder.glob("*.json")):
            keep(bench, list(results_of(bench)), _about(name))
            if options.features is not None:
                write_features(bench, options.features)
    write_page()


def _left(names: list[str], name: str) -> int:
    return len(names) - names.index(name)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="accuracy", description=__doc__.partition("\n")[0])
    parser.add_argument("--subjects", type=_of(NAMES), default=list(NAMES))
    parser.add_argument(
        "--faults", type=int, help="that fail a test, per subject [60, networkx 30]"
    )
    parser.add_argument("--history", type=int, default=15, help="changes that fail a test [15]")
    parser.add_argument("--minutes", type=float, default=1e6, help="stop after this long")
    parser.add_argument("--again", type=_of(PARTS), default=[], help="parts to measure anew")
    parser.add_argument("--features", type=Path, help="folder for what a ranking can go by")
    parser.add_argument("--sample", action="store_true", help="ten minutes, small subjects")
    parser.add_argument(
        "--table", action="store_true", help="write down what is measured by now, measure nothing"
    )
    options = parser.parse_args(arguments)
    if options.sample:
        options.minutes = min(options.minutes, SAMPLE_MINUTES)
        options.subjects = [name for name in options.subjects if name not in FAULTS]
    return options


def _of(known: tuple[str, ...]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        found = text.split(",")
        wrong = [each for each in found if each not in known]
        if wrong:
            raise argparse.ArgumentTypeError(f"{wrong[0]} is none of {', '.join(known)}")
        return found

    return parse


def _subject(name: str, options: argparse.Namespace, until: float) -> None:
    """Measure one subject's trials until there are enough, or the time is over."""
    put_back(name)
    record(name)
    bench = Bench(name, features=options.features is not None)
    wanted = {False: options.faults or FAULTS.get(name, 60), True: options.history}
    again = frozenset(options.again)
    for trial in _mixed(name, wanted[False], wanted[True]):
        past = trial.kind == HISTORICAL
        if wanted[past] <= 0:
            if max(wanted.values()) <= 0:
                break
            continue
        if time.monotonic() > until:
            print(f"{name}: the time is over", flush=True)
            break
        began = time.monotonic()
        found = measure(bench, trial, again=again)
        result = result_of(bench, found)
        if result is not None:
            wanted[past] -= 1
        _say(name, trial, found, result, time.monotonic() - began)


def _about(name: str) -> dict[str, str]:
    """How a subject was measured."""
    found = versions()
    tools = ", ".join(f"{each} {found[each]}" for each in ("pytest", "pytest-testmon", "coverage"))
    return {
        "version": SUBJECTS[name].version,
        "testmon": testmon_said(name),
        "with": f"Python {MINOR}, {tools}; tdad {commit()}, {time.strftime('%Y-%m-%d', time.gmtime())}",
    }


def _mixed(name: str, faults: int, changes: int) -> Iterator[Trial]:
    """Three faults, then one historical change, and so on: what is there when the time is over has both."""
    seeds, past = seeded(name, faults * PLANNED), iter(list(historical(name))[: changes * TRIED])
    sources = [seeds, seeds, seeds, past]
    while sources:
        for source in list(sources):
            found = next(source, None)
            if found is None:
                sources = [each for each in sources if each is not source]
            else:
                yield found


def _say(
    name: str, trial: Trial, found: dict[str, Any], result: Result | None, seconds: float
) -> None:
    if result is None:
        why = found["truth"].get("left out", "no test fails")
        said = f"- {why}"
    else:
        ways = ", ".join(
            f"{way} {each.selected}/-{each.missed}" for way, each in result.ways.items()
        )
        said = f"{result.failing} fail; {ways}"
    print(f"{name} {trial.kind} {trial.where} {trial.what} [{seconds:.1f} s]: {said}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Time recording, indexing and asking against their alternatives, and write the results down.

    python tools/bench.py [--quick] [--runs 5] [--parts recording,index,asking]
                          [--subjects itsdangerous,click,jinja2,networkx,Django] [--pythons 3.11,3.12,3.13]

Environments, subjects and results are kept in ``.bench/``. Results are merged into ``.bench/results.json`` one by one,
so a part may be measured again alone; the table in ``docs/explanation/performance.md`` is made from all of
them. ``--quick``: the smallest subject only, one round, and no table. ``--only``: recording on a part of a large suite,
as in ``--subjects networkx --parts recording --only networkx/classes/tests``; the table says so.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bench_asking
import bench_index
import bench_recording
from bench_machine import commit, machine
from bench_setup import BENCH, VERSIONS, Interpreter, environment, fetch, find_interpreters
from bench_table import write_table
from subjects import SubjectError

RECORDED = ["itsdangerous", "click", "jinja2", "networkx"]
INDEXED = ["networkx", "Django"]
PARTS = ["recording", "index", "asking"]


def main(arguments: list[str]) -> int:
    """Measure what was asked for; the exit code."""
    options = _options(arguments)
    bases = find_interpreters(options.pythons)
    if not bases:
        print(f"bench: none of Python {', '.join(options.pythons)} is here", file=sys.stderr)
        return 2
    results = BENCH / ("quick.json" if options.quick else "results.json")
    try:
        _measure(options, bases, results)
    except SubjectError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    if not options.quick:
        write_table(_read(results))
    print(f"bench: results are in {results.relative_to(BENCH.parent)}")
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.partition("\n")[0])
    names = _names
    parser.add_argument("--quick", action="store_true", help="smallest subject, one round")
    parser.add_argument("--runs", type=int, default=5, help="rounds [5]")
    parser.add_argument("--parts", type=names(PARTS), default=PARTS, metavar=",".join(PARTS))
    subjects = list(dict.fromkeys([*RECORDED, *INDEXED]))
    parser.add_argument("--subjects", type=names(subjects), default=subjects)
    parser.add_argument("--only", nargs="*", default=[], help="paths of tests of the subject")
    parser.add_argument("--pythons", type=names(list(VERSIONS)), default=list(VERSIONS))
    options = parser.parse_args(arguments)
    if options.quick:
        options.runs, options.subjects = 1, RECORDED[:1]
    return options


def _names(known: list[str]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        found = text.split(",")
        wrong = [name for name in found if name not in known]
        if wrong:
            raise argparse.ArgumentTypeError(f"{wrong[0]} is none of {', '.join(known)}")
        return found

    return parse


def _measure(options: argparse.Namespace, bases: dict[str, Path], results: Path) -> None:
    everything = RECORDED[:1] if options.quick else RECORDED
    indexed = RECORDED[:1] if options.quick else _of(INDEXED, options)
    fetch(list(dict.fromkeys([*everything, *(indexed if "index" in options.parts else ())])))
    found = {minor: environment(minor, base, everything) for minor, base in bases.items()}
    newest = max(found, key=lambda minor: int(minor.partition(".")[2]))
    tool = environment(newest, bases[newest], [])
    note = _Notes(results, found)
    if "recording" in options.parts:
        for subject in _of(RECORDED, options):
            for interpreter in found.values():
                result = bench_recording.measure(subject, interpreter, options.runs, options.only)
                note("recording", result)
    if "index" in options.parts:
        for subject in indexed:
            note("index", bench_index.measure(subject, tool, options.runs))
    if "asking" in options.parts:
        subject = everything[-1]
        note("asking", bench_asking.measure(subject, found[newest], tool, options.runs))
        for interpreter in found.values():
            note("import", bench_asking.import_cost(interpreter, options.runs))


def _of(subjects: list[str], options: argparse.Namespace) -> list[str]:
    return [name for name in subjects if name in options.subjects]


class _Notes:
    """Writes results as they come, so that an interrupted benchmark keeps what it measured."""

    def __init__(self, file: Path, interpreters: dict[str, Interpreter]) -> None:
        self.file = file
        self.machine = machine(interpreters)

    def __call__(self, part: str, result: dict[str, Any]) -> None:
        names = [str(result[name]) for name in ("subject", "python") if name in result]
        key = " ".join(
            [*names, *result.get("only", ())]
        )  # a part of a suite stands beside the whole
        result |= {"date": time.strftime("%Y-%m-%d", time.gmtime()), "commit": commit()}
        document = _read(self.file) if self.file.exists() else {}
        document["machine"] = self.machine
        document.setdefault(part, {})[key] = result
        text = json.dumps(document, indent=1, sort_keys=True) + "\n"
        self.file.write_text(text, encoding="utf-8")
        print(f"{part} {key}: {_brief(result)}", flush=True)


def _brief(result: dict[str, Any]) -> str:
    if "ratio" in result:
        return ", ".join(f"{name} {value:.2f}" for name, value in result["ratio"].items())
    shown = {name: value for name, value in result.items() if not isinstance(value, dict | str)}
    shown.update(result.get("asked", {}))
    return str(shown)


def _read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""How good is the gate? Its verdicts against the whole suite's, on changes of real projects.

    python tools/gate_measure.py [--subjects itsdangerous,click,jinja2] [--faults 70] [--history 40] [--harmless 70]
                                 [--minutes M] [--table]
    python tools/gate_measure.py --cost [ROUNDS]

Everything is made and kept in ``.bench/accuracy/`` and ``.bench/gate/``; a stopped run goes on where it was. The
results are written to ``docs/explanation/gate-results.jsonl`` and the tables into ``docs/explanation/gate.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from accuracy_record import load_suite, record_map, recorded, twice
from accuracy_run import Suite, edited, failing, suite
from accuracy_setup import NoPythonError, prepare, project, python
from bench_setup import BENCH
from gate_cost import measure
from gate_figures import RESULTS, write_page
from gate_trials import FLAKY, PLANTED, GateTrial, commit, trials
from subjects import SubjectError

from tdad.answers_gate import GateReport
from tdad.facts_gate import Verdict
from tdad.workflows.gate import gate
from tdad.workflows.gate_options import GateOptions
from tdad.workflows.project import open_project

NAMES = ("itsdangerous", "click", "jinja2")
LIMIT_S = 300.0
MAP = ".tdad/map.sqlite3"


def main(arguments: list[str]) -> int:
    """Measure what was asked for; the exit code."""
    options = _options(arguments)
    if options.cost:
        measure(options.cost)
        return 0
    until = time.monotonic() + options.minutes * 60
    try:
        if not options.table:
            prepare(options.subjects)
            for name in options.subjects:
                left = len(options.subjects) - options.subjects.index(name)
                _subject(name, options, time.monotonic() + (until - time.monotonic()) / left)
    except (SubjectError, NoPythonError) as error:
        print(f"gate: {error}", file=sys.stderr)
        return 1
    _keep()
    write_page()
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="gate_measure", description=__doc__.partition("\n")[0])
    parser.add_argument("--subjects", type=lambda text: text.split(","), default=list(NAMES))
    parser.add_argument("--faults", type=int, default=70, help="seeded faults of each subject")
    parser.add_argument("--history", type=int, default=40, help="historical changes of each")
    parser.add_argument("--harmless", type=int, default=70, help="harmless changes of each")
    parser.add_argument("--minutes", type=float, default=240.0)
    parser.add_argument("--table", action="store_true", help="write the tables, measure nothing")
    parser.add_argument(
        "--cost", type=int, nargs="?", const=5, help="what a change of nothing costs on networkx"
    )
    return parser.parse_args(arguments)


def _subject(name: str, options: argparse.Namespace, until: float) -> None:
    before = _prepared(name)
    folder = BENCH / "gate" / name
    folder.mkdir(parents=True, exist_ok=True)
    for trial in trials(name, options.faults, options.history, options.harmless):
        file = folder / f"{trial.key}.json"
        if file.exists():
            continue
        if time.monotonic() > until:
            print(f"{name}: the time is over", file=sys.stderr)
            return
        found = {"subject": name, **_measure(name, trial, before)}
        file.write_text(json.dumps(found), encoding="utf-8")
        _say(found)


def _prepared(name: str) -> Suite:
    """How the suite ends without a change; its map lies where the gate looks for it."""
    files = recorded(name)
    files.folder.mkdir(parents=True, exist_ok=True)
    if not files.suite.exists():
        files.suite.write_text(json.dumps(asdict(twice(name))), encoding="utf-8")
    if not files.map.exists():
        record_map(name)
    (project(name) / MAP).parent.mkdir(exist_ok=True)
    shutil.copy2(files.map, project(name) / MAP)
    return load_suite(name)


def _measure(name: str, trial: GateTrial, before: Suite) -> dict[str, Any]:
    root = project(name)
    truth = _truth(name, trial, before)
    head_commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, check=True, text=True
    ).stdout.strip()
    plant = {PLANTED: FLAKY.encode()} if trial.planted else {}
    base = commit(root, head_commit, plant) if plant else head_commit
    head = commit(root, base, trial.files)
    cpu = time.process_time()
    os.environ["PYTHONHASHSEED"] = "0"  # as in the recording: some tests read all variables
    report = gate(
        open_project(root),
        GateOptions(base=base, head=head, exact=True, python=str(python())),
    )
    found = {test.node_id for test in report.regressions}
    if truth - found or found - truth:  # by chance? the suite once more
        truth &= _truth(name, trial, before)
    return {
        "key": trial.key,
        "kind": trial.kind,
        "what": trial.what,
        "planted": trial.planted,
        "failing": len(truth),
        "missed": sorted(truth - found),
        "false": sorted(found - truth),
        **_numbers(report, before),
        "own_cpu_s": round(time.process_time() - cpu, 3),
    }


def _truth(name: str, trial: GateTrial, before: Suite) -> set[str]:
    """Tests that pass in every run of the whole suite without the change, and fail with it."""
    with edited(name, trial.files):
        after = suite(name, LIMIT_S)
    if after is None:
        return {node_id for node_id, end in before.ends.items() if end in {"passed", "xfailed"}}
    return set(failing(before, after))


def _numbers(report: GateReport, before: Suite) -> dict[str, Any]:
    attempts = [a for test in report.tests for a in (*test.baseline, *test.head)]
    whole = sum(before.seconds.values())
    return {
        "end": str(report.end),
        "undecided": list(report.undecided),
        "flaky": len(report.with_verdict(Verdict.FLAKY, Verdict.NEW_FLAKY)),
        "new_failing": len(report.with_verdict(Verdict.NEW_FAILING)),
        "selected": report.chosen.selected,
        "total": len(before.ends),
        "by": report.chosen.by,
        "first_share": report.chosen.time_share,
        "whole_share": sum(attempt.duration_s for attempt in attempts) / whole if whole else None,
        "wall_s": report.seconds,
    }


def _say(found: Mapping[str, Any]) -> None:
    bad = [f"{len(found[what])} {what}" for what in ("missed", "false") if found[what]]
    print(
        f"{found['subject']} {found['kind']}: {found['failing']} fail, {found['end']},"
        f" {found['selected']} of {found['total']} run, {found['wall_s']:.0f} s {' '.join(bad)}",
        flush=True,
    )


def _keep() -> None:
    """Put the results into the repository, sorted."""
    files = sorted((BENCH / "gate").glob("*/*.json"))
    lines = [file.read_text(encoding="utf-8") for file in files]
    if lines:
        RESULTS.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

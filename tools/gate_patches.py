"""How good is the gate on patches of coding agents? Its verdicts against what the tests of Django and sympy say.

    python tools/gate_patches.py [--patches 60] [--only django__django-11451] [--budget 1m] [--whole 4]
                                 [--minutes M] [--truth] [--table]

Everything is made and kept in ``.bench/gate-patches/``; a stopped run goes on where it was. What the tests say is kept
apart from what the gate says (``truth``, ``results``): delete the latter to measure another gate.

The sources are URLs, or git directories named by ``TDAD_SOURCE_DJANGO``, ``…_SYMPY``, ``…_PAPER`` and
``…_AUTOCODEROVER``. Python 3.6, 3.8, 3.9 and 3.11 have to be on PATH or among pyenv's. Results are written to
``docs/explanation/gate-patches-results.jsonl``, the table into ``docs/explanation/gate.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from gate_figures import write_page
from gate_patches_data import GROUND, Instance, Planned, instance_of, patch_of, plan
from gate_patches_ground import PatchError, Versions, home, python_for, versions
from gate_patches_table import RESULTS
from gate_patches_truth import Trees, Truth, confirmed, find_truth, label_of
from gate_patches_ways import other_ways
from subjects import SubjectError

RUNNER = "python tests/runtests.py --parallel=1 {tests}"
TRUTHS, ANSWERS = GROUND / "truth", GROUND / "answers"
_LONGEST_S = 1800.0
_MOST_CLAIMS = 60
"""So many of the tests that the gate calls regressions and that were not run without it are run without it."""


def main(arguments: list[str]) -> int:
    """Measure what was asked for; the exit code."""
    options = _options(arguments)
    until = time.monotonic() + options.minutes * 60
    results = GROUND / "results"
    for each in (results, TRUTHS):
        each.mkdir(parents=True, exist_ok=True)
    if not options.table:
        for number, planned in enumerate(_wanted(options)):
            file = (TRUTHS if options.truth else results) / f"{planned.key}.json"
            if file.exists():
                continue
            if time.monotonic() > until:
                print("the time is over", file=sys.stderr)
                break
            _one(planned, options, file, whole=number < options.whole)
    _keep(results)
    write_page()
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="gate_patches", description=__doc__.partition("\n")[0])
    parser.add_argument("--patches", type=int, default=60, help="so many of the plan")
    parser.add_argument("--only", default="", help="instances or keys that begin so")
    parser.add_argument("--budget", default="1m", help="of the gate's first run")
    parser.add_argument(
        "--whole", type=int, default=0, help="for so many the whole suite is the truth"
    )
    parser.add_argument("--minutes", type=float, default=600.0)
    parser.add_argument(
        "--truth", action="store_true", help="run the tests only, without the gate"
    )
    parser.add_argument("--table", action="store_true", help="write the table, measure nothing")
    return parser.parse_args(arguments)


def _wanted(options: argparse.Namespace) -> list[Planned]:
    return [each for each in plan() if each.key.startswith(options.only)][: options.patches]


def _one(planned: Planned, options: argparse.Namespace, file: Path, *, whole: bool) -> None:
    """Measure one patch."""
    try:
        instance = instance_of(planned)
        sides = versions(planned.project, instance, patch_of(planned))
        python = python_for(planned.project, sides.base)
    except (PatchError, SubjectError, LookupError) as error:
        trouble = " ".join(str(error).split())[:300]
        file.write_text(json.dumps({**_about(planned), "trouble": trouble}), encoding="utf-8")
        print(f"{planned.key}: {trouble}", flush=True)
        return
    place = "truth" if options.truth else "tests"
    trees = Trees(planned.project, sides.base, sides.head, python, place)
    if options.truth:
        truth = _truth(planned, instance, sides, trees, whole=whole)
        print(
            f"{planned.key}: {len(truth.broken)} of {len(truth.ran)}, {truth.seconds} s",
            flush=True,
        )
        return
    folder = home(planned.project, sides.base)
    gate = _gate(planned, folder, sides, python, options.budget)
    truth = _truth(planned, instance, sides, trees, whole=whole)
    compared = _compared(planned, trees, truth, gate.pop("document"))
    try:
        ways = other_ways(planned.project, folder, sides.changed, compared["broken"])
    except OSError:  # the gate came to no index
        ways = {}
    about_truth = {
        "whole": truth.whole, "parts": len(truth.parts), "ran": len(truth.ran), "seconds": truth.seconds,
        "cut_short": truth.cut_short, "startless": truth.startless,
    }  # fmt: skip
    found = {
        **_about(planned), **gate, **compared,
        "truth": about_truth, "tests_left_out": len(sides.left_out), "ways": ways,
    }  # fmt: skip
    file.write_text(json.dumps(found), encoding="utf-8")
    _say(found)


def _about(planned: Planned) -> dict[str, Any]:
    recorded = {"broke": planned.broke, "fixed": planned.fixed}
    return {
        "key": planned.key, "project": planned.project, "from": planned.run, "recorded": recorded
    }  # fmt: skip


def _truth(
    planned: Planned, instance: Instance, sides: Versions, trees: Trees, *, whole: bool
) -> Truth:
    """What the tests say; it is kept."""
    file = TRUTHS / f"{planned.key}.json"
    if file.exists():
        return Truth.from_json(json.loads(file.read_text(encoding="utf-8")))
    began = time.monotonic()
    found = find_truth(planned, instance, sides, trees, whole=whole)
    found = replace(found, seconds=round(time.monotonic() - began, 1))
    file.write_text(json.dumps(found.as_json()), encoding="utf-8")
    return found


def _gate(
    planned: Planned, folder: Path, sides: Versions, python: Path, budget: str
) -> dict[str, Any]:
    """What the gate says, by its command line, and what it took."""
    command = [sys.executable, "-m", "tdad", "gate", "--base", sides.base, "--head", sides.head]
    command += ["--exact", "--python", str(python), "--budget", budget, "--reruns", "2", "--json"]
    if planned.project == "django":
        command += ["--runner", RUNNER]
    before = os.times()
    began = time.monotonic()
    try:
        done = subprocess.run(
            command, cwd=folder, timeout=_LONGEST_S, capture_output=True, check=False, text=True
        )
    except subprocess.TimeoutExpired:
        return {"end": "took too long", "exit": -1, "document": {}, "says": ""}
    wall, after = time.monotonic() - began, os.times()
    cpu = after.children_user + after.children_system
    ANSWERS.mkdir(exist_ok=True)
    (ANSWERS / f"{planned.key}.json").write_text(done.stdout, encoding="utf-8")
    try:
        document = json.loads(done.stdout)
    except ValueError:
        document = {}
    return {
        "end": document.get("end", "no answer"),
        "exit": done.returncode,
        "undecided": document.get("undecided", []),
        "says": "" if document else done.stderr[-400:],
        "wall_s": round(wall, 1),
        "cpu_s": round(cpu - before.children_user - before.children_system, 1),
        "document": document,
    }


def _compared(
    planned: Planned, trees: Trees, truth: Truth, document: Mapping[str, Any]
) -> dict[str, Any]:
    """The gate's regressions against the truth, which it may add to: what it claims is run without it as well."""
    tests = {_id(planned.project, test["id"]): test for test in document.get("tests", ())}
    claimed = {name for name, test in tests.items() if test["verdict"] == "regression"}
    unknown = sorted(claimed - truth.ran)[:_MOST_CLAIMS]
    proven = confirmed(trees, unknown)
    broken = truth.broken | proven
    wrong = (claimed & truth.ran - truth.broken) | (set(unknown) - proven)
    wrong -= confirmed(trees, sorted(wrong)[:_MOST_CLAIMS])  # by chance? once more
    late = {name for name, test in tests.items() if test["verdict"] == "not run"}
    missed = broken - claimed
    selection = document.get("selection", {})
    return {
        "broken": sorted(broken),
        "regressions": len(broken),
        "found": len(broken & claimed),
        "claimed": len(claimed),
        "gating_otherwise": {
            name: test["verdict"]
            for name, test in sorted(tests.items())
            if test["fails_gate"] and name not in claimed
        },
        "false": sorted(wrong),
        "missed_late": len(missed & late),
        "missed_unselected": sorted(missed - late - set(tests))[:20],
        "missed_otherwise": {n: tests[n]["verdict"] for n in sorted(missed - late) if n in tests},
        "selected": selection.get("selected", 0),
        "ran": selection.get("ran", 0),
        "total": selection.get("total", 0),
        "by": selection.get("by", ""),
        "partial": selection.get("partial", False),
    }


def _id(project: str, node_id: str) -> str:
    return label_of(node_id) if project == "django" else node_id


def _say(found: Mapping[str, Any]) -> None:
    print(
        f"{found['key']}: {found['end']}, {found['found']} of {found['regressions']} regressions,"
        f" {len(found['false'])} false, {found['ran']} of {found['total']} run"
        f" (selected {found['selected']}), late {found['missed_late']},"
        f" unselected {len(found['missed_unselected'])}, {found['wall_s']:.0f} s, cpu {found['cpu_s']:.0f} s,"
        f" truth {found['truth']['ran']} in {found['truth']['seconds']:.0f} s {found['says'][-200:]}",
        flush=True,
    )


def _keep(results: Path) -> None:
    """Put the results into the repository, in the order of the plan."""
    files = [results / f"{planned.key}.json" for planned in plan()]
    lines = [file.read_text(encoding="utf-8") for file in files if file.exists()]
    if lines:
        RESULTS.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

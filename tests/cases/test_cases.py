"""Every case is recorded, edited, asked, and checked against a run of the whole suite."""

from __future__ import annotations

import atexit
import functools
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from casefile import Case, Stage, read_cases
from warm_python import WarmPython

import tdad
from tdad.report.documents import impact_document
from tdad.workflows.impact import ChangeOptions, find_impacts
from tdad.workflows.index import build_index
from tdad.workflows.project import open_project

HERE = Path(__file__).parent
SOURCE = Path(tdad.__file__).parents[1]
CASES = [case for path in sorted(HERE.glob("*.case")) for case in read_cases(path)]
PEERS = [case for case in CASES if case.source.startswith("peers_")]
SEES_STATEMENTS = sys.version_info >= (3, 12)
"""Whether the recorder knows which statement of a module ran what while it was imported."""
MOST_EXTRA = 4
"""Tests that the whole list of peers may select in vain: what the most precise recorder among the peers takes."""


@dataclass
class Asked:
    """An answer, whoever gave it."""

    tests: dict[str, tuple[str, str]]
    """Node id → evidence and reason."""
    precautions: list[str]
    text: str


PARAMETERS = [
    pytest.param(
        case,
        id=f"{case.source}-{case.name}",
        marks=[pytest.mark.xfail(reason=case.limit, strict=True)] if case.limit else [],
    )
    for case in CASES
]


@pytest.mark.parametrize("case", PARAMETERS)
def test_case(case: Case, tmp_path: Path) -> None:
    if sys.version_info < case.python:
        pytest.skip(f"the source of the project is for Python {'.'.join(map(str, case.python))}")
    root = tmp_path / "project"
    write(root, {"pyproject.toml": "[tool.pytest.ini_options]\n", **case.files})
    environ: dict[str, str] = {}
    record(case, root, case.options, environ)
    *before, last = case.stages
    for stage in before:
        environ |= stage.environ
        apply(stage, root)
        record(case, root, [*case.options, *stage.options], environ)
    environ |= last.environ
    apply(last, root)
    asked = (ask_pytest if case.asked_by_pytest else ask_impact)(case, root, environ)
    outcomes = run_everything(case, root, environ)
    check(case, asked, outcomes)


def check(case: Case, asked: Asked, outcomes: dict[str, bool]) -> None:
    failed = {node_id for node_id, fails in outcomes.items() if fails}
    missed = {node_id for node_id in failed if not _covered(node_id, asked.tests)}
    assert not missed, f"these fail and were not selected: {sorted(missed)}\n{asked.text}"
    for node_id, (evidence, words) in case.impacts.items():
        assert node_id in asked.tests, f"{node_id} is not selected\n{asked.text}"
        found, because = asked.tests[node_id]
        assert found in {evidence, ""}, asked.text
        assert words in because or case.asked_by_pytest, asked.text
    coarse = {node_id for node_id, by_statement in case.silent.items() if by_statement and not SEES_STATEMENTS}
    unlisted = set(asked.tests) - set(case.impacts) - coarse
    assert not unlisted, f"selected in vain: {sorted(unlisted)}\n{asked.text}"
    assert failed == set(case.fails), "not the tests that the case says are broken"
    listed = set(case.impacts) | set(case.silent) | set(case.fails)
    unknown = {name for name in outcomes if name not in listed and name.partition("[")[0] not in listed}
    assert not unknown, f"not listed in the case: {sorted(unknown)}"
    for said in case.precautions:
        assert any(said in text for text in asked.precautions), asked.precautions


def _covered(node_id: str, selected: dict[str, tuple[str, str]]) -> bool:
    """Whether running the selection runs the test: itself, its file, or an instance of the same function if it is new."""
    base = node_id.partition("[")[0]
    return any(
        chosen in {node_id, base} or chosen.startswith((f"{node_id}::", f"{base}["))
        for chosen in selected
    )


def test_the_peers_list_selects_little_in_vain() -> None:
    """Each case checks that exactly its ``[impacts]`` are selected, so they can be counted here."""
    extra = [f"{case.name}: {node_id}" for case in PEERS for node_id in case.extra]
    assert len(extra) <= MOST_EXTRA, extra


def test_the_peers_list_is_complete() -> None:
    """The case names begin with the number of the scenario (or several of them) in our notes on peers."""
    numbers = {
        number
        for case in PEERS
        for number in re.findall(r"[pt]\d+", case.name.partition("__")[0])
    }
    red_and_controls = {f"p{number:02}" for number in range(1, 52)} - UNNAMED
    assert red_and_controls <= numbers, sorted(red_and_controls - numbers)


UNNAMED = {"p25", "p32", "p36", "p39"}
"""Scenarios that the notes count but do not describe."""


# ------------------------------------------------------------------------------------------- files and processes


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def apply(stage: Stage, root: Path) -> None:
    for old, new in stage.renames:
        (root / new).parent.mkdir(parents=True, exist_ok=True)
        (root / old).rename(root / new)
    for name in stage.deletes:
        (root / name).unlink()
    write(root, stage.edits)
    for name, old, new in stage.replaces:
        text = (root / name).read_text(encoding="utf-8")
        assert not old or text.count(old) == 1, f"{name} has {text.count(old)} of: {old}"
        write(root, {name: text.replace(old, new) if old else text + new})


def run(
    case: Case, root: Path, *arguments: str, environ: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """pytest, in the case's folder, with the plugins that the case names and no others."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environ}
    for name in list(environment):
        if name.startswith(("PYTEST_", "TDAD_PROBE", "COV")):
            del environment[name]
    environment |= {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # starting them costs more than the tests of a case
        "PYTHONPATH": os.pathsep.join(map(str, [root.parent / "site", HERE / "truth", SOURCE])),
        "TDAD_TRUTH": str(root.parent / "truth.json"),
    }
    (root.parent / "truth.json").unlink(missing_ok=True)
    command = ["pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return warm_python().run_module(command, root / case.folder, environment)


@functools.cache
def warm_python() -> WarmPython:
    """One for all cases of a process."""
    scratch = tempfile.TemporaryDirectory()
    started = WarmPython(Path(scratch.name))
    atexit.register(scratch.cleanup)
    atexit.register(started.close)
    return started


def record(case: Case, root: Path, options: list[str], environ: dict[str, str]) -> None:
    if not case.recorded:
        commit(root)
        build_index(open_project(root / case.folder))
        return
    arguments = ["--tdad-lines"] if "lines" in options else []
    arguments += [word for word in options if word != "lines"]
    done = run(
        case, root, "-p", "tdad.pytest_plugin", "--tdad-map", *arguments, environ=environ
    )
    assert "tests recorded" in done.stdout, done.stdout + done.stderr


def commit(root: Path) -> None:
    """Let git have the version that an unrecorded answer compares with."""
    (root / ".gitignore").write_text(".tdad/\n", encoding="utf-8")
    author = ["-c", "user.name=case", "-c", "user.email=case@example.org"]
    for words in (["init", "-q"], ["add", "-A"], [*author, "commit", "-q", "-m", "before"]):
        subprocess.run(["git", *words], cwd=root, check=True, capture_output=True)


def run_everything(case: Case, root: Path, environ: dict[str, str]) -> dict[str, bool]:
    """Node id → whether it fails now."""
    return _outcomes(case, root, run(case, root, "-p", "tdad_truth", *_plain(case), environ=environ))


def _plain(case: Case) -> list[str]:
    """The case's options that are pytest's and change which tests there are."""
    return [word for word in case.options if word.startswith("--doctest")]


def _outcomes(
    case: Case, root: Path, done: subprocess.CompletedProcess[str]
) -> dict[str, bool]:
    report = root.parent / "truth.json"
    assert report.exists(), done.stdout + done.stderr
    found: dict[str, bool] = json.loads(report.read_text(encoding="utf-8"))
    ours = case.folder != "." and (root / case.folder / "pytest.ini").exists()
    return {f"{case.folder}/{name}" if ours else name: fails for name, fails in found.items()}


# --------------------------------------------------------------------------------------------------- the question


def ask_impact(case: Case, root: Path, environ: dict[str, str]) -> Asked:
    """What ``tdad impact --json`` says."""
    answer = impact_document(find_impacts(open_project(root / case.folder), ChangeOptions()), None)
    tests = {test["node_id"]: (test["evidence"], test["because"]) for test in answer["tests"]}
    reasons = [f"{node_id} {evidence}: {because}" for node_id, (evidence, because) in tests.items()]
    text = "\n".join(reasons + [f"safe: {entry}" for entry in answer["safe"]])
    return Asked(tests, answer["precautions"], text)


def ask_pytest(case: Case, root: Path, environ: dict[str, str]) -> Asked:
    """What ``pytest --tdad-select`` runs, in the environment of now."""
    plugins = ["-p", "tdad.pytest_plugin", "-p", "tdad_truth"]
    done = run(case, root, *plugins, "--tdad-select", *_plain(case), environ=environ)
    ran = _outcomes(case, root, done)
    return Asked({node_id: ("", "") for node_id in ran}, done.stdout.splitlines(), done.stdout)

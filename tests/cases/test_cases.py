"""Every case is recorded, edited, asked, and checked against a run of the whole suite."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from casefile import Case, read_cases

HERE = Path(__file__).parent
CASES = [case for path in sorted(HERE.glob("*.case")) for case in read_cases(path)]


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def run(root: Path, *arguments: str, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **(environ or {})}
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_CURRENT_TEST", "TDAD_PROBE"):
        environment.pop(name, None)
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def failing(root: Path, environ: dict[str, str]) -> tuple[set[str], set[str]]:
    """Node ids that fail now, and all node ids that ran."""
    report = root / ".tdad" / "truth.xml"
    result = run(
        root,
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        f"--junitxml={report}",
        "-o",
        "junit_family=xunit1",
        environ=environ,
    )
    assert report.exists(), result.stdout + result.stderr
    failed, ran = set(), set()
    for case in ElementTree.parse(report).iter("testcase"):
        node_id = _node_id(case)
        ran.add(node_id)
        if case.find("failure") is not None or case.find("error") is not None:
            failed.add(node_id)
    return failed, ran


def _node_id(case: ElementTree.Element) -> str:
    """The node id that JUnit's three attributes came from; a collection error has the file only."""
    file = case.get("file") or ""
    module = file.removesuffix(".py").replace("/", ".")
    classname = (case.get("classname") or "").removeprefix(module).strip(".")
    name = case.get("name") or ""
    if not file:
        return name.replace(".", "/") + ".py"
    return "::".join([file, *(part for part in classname.split(".") if part), name])


@pytest.mark.parametrize("case", CASES, ids=[f"{case.source}-{case.name}" for case in CASES])
def test_case(case: Case, tmp_path: Path) -> None:
    root = tmp_path / "project"
    write(root, {"pyproject.toml": "[tool.pytest.ini_options]\n", **case.files})
    arguments = ["--tdad-lines"] if "lines" in case.options else []
    arguments += [word for word in case.options if word != "lines"]
    recorded = run(root, "pytest", "-q", "-p", "no:cacheprovider", "--tdad-map", *arguments)
    assert "tests" in recorded.stdout, recorded.stdout + recorded.stderr
    apply_change(case, root)
    asked = run(root, "tdad", "impact", "--json", environ=case.environ)
    assert asked.returncode == 0, asked.stdout + asked.stderr
    answer = json.loads(asked.stdout)
    selected = {test["node_id"]: test for test in answer["tests"]}
    told = json.dumps(answer["tests"], indent=1)

    failed, ran = failing(root, case.environ)
    missed = {
        node_id
        for node_id in failed
        if node_id not in selected
        and node_id.partition("[")[0] not in selected
        and not any(chosen.startswith(f"{node_id}::") for chosen in selected)
    }
    assert not missed, f"these fail and were not selected: {sorted(missed)}\n{told}"
    for node_id in case.fails:
        assert node_id in failed, f"{node_id} was to fail; failing are {sorted(failed)}"
    for node_id, (evidence, definition) in case.impacts.items():
        assert node_id in selected, f"{node_id} is not selected\n{told}"
        assert selected[node_id]["evidence"] == evidence, told
        assert definition in selected[node_id]["because"], told
    for node_id in case.silent:
        assert node_id not in selected, told
    listed = set(case.impacts) | set(case.silent)
    assert set(selected) <= listed, f"not listed in the case: {sorted(set(selected) - listed)}\n{told}"
    for words in case.precautions:
        assert any(words in text for text in answer["precautions"]), answer["precautions"]


def apply_change(case: Case, root: Path) -> None:
    for old, new in case.renames:
        (root / new).parent.mkdir(parents=True, exist_ok=True)
        (root / old).rename(root / new)
    for name in case.deletes:
        (root / name).unlink()
    write(root, case.edits)

"""Trials as JSON, and case files."""

from __future__ import annotations

import json

from casefile import read_cases

from tdad.evaluation.casefiles import Texts, case_file
from tdad.evaluation.records import (
    baseline_document,
    read_baseline,
    read_trial,
    trial_document,
)
from tdad.evaluation.trials import judge
from tests.unit.evaluation.builders import BASELINE, FAULT, trial

MISS = trial(
    "t.py::a",
    failing=("t.py::a", "t.py::b"),
    precautions=("all",),
    why=(("t.py::b", "shop.py:: edited: not read"),),
)


def test_a_trial_survives_json():
    assert read_trial(json.loads(json.dumps(trial_document(MISS)))) == MISS


def test_a_trial_without_a_fault_survives_json():
    commit = trial("t.py::a", fault=None, name="abc", skipped="it does not run")
    assert read_trial(json.loads(json.dumps(trial_document(commit)))) == commit


def test_a_baseline_survives_json():
    assert read_baseline(json.loads(json.dumps(baseline_document(BASELINE)))) == BASELINE


def test_a_miss_is_a_case_file_that_the_case_reader_reads(tmp_path):
    texts = Texts(
        "A = 1\n", "A = 2\n", {"t.py": "from shop import A\n\ndef b():\n    assert A == 1\n"}
    )
    path = tmp_path / "miss.case"
    path.write_text(case_file(judge(MISS, BASELINE), FAULT, texts, seed=3), encoding="utf-8")
    (case,) = read_cases(path)
    assert case.name == "audit_module_constant_shop_py_line_1"
    assert case.files == {"shop.py": "A = 1\n", "t.py": texts.tests["t.py"]}
    assert case.stages[-1].edits == {"shop.py": "A = 2\n"}
    assert case.fails == ["t.py::b"]
    assert list(case.impacts) == ["t.py::b"]
    text = path.read_text(encoding="utf-8")
    assert "--seed 3, fault 1" in text
    assert "not read" in text


def test_long_files_are_cut_down_to_what_the_case_is_about(tmp_path):
    filler = "".join(f"def f{n}():\n    return {n}\n\n" for n in range(100))
    texts = Texts(
        f"A = 1\n{filler}", f"A = 2\n{filler}", {"t.py": f"{filler}def b():\n    assert f1()\n"}
    )
    text = case_file(judge(MISS, BASELINE), FAULT, texts, seed=1)
    assert "A = 2" in text
    assert "def b():" in text
    assert "def f7" not in text

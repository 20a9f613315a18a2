"""``tdad audit`` at the rim: what the options mean, what the text says, which exit code it ends with."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from tdad.answers_audit import AuditReport
from tdad.evaluation.figures import figures, grouped
from tdad.evaluation.trials import judge
from tdad.workflows.audit import AuditOptions
from tests.unit.evaluation.builders import BASELINE, trial

JUDGED = (
    judge(trial("t.py::a", failing=("t.py::a",)), BASELINE),
    judge(replace(trial("t.py::a", failing=("u.py::c",)), number=1), BASELINE),
)
REPORT = AuditReport(
    source="record",
    subject="faults",
    seed=1,
    judged=JUDGED,
    skipped=(),
    planned=2,
    baseline=BASELINE,
    folder="/project/.tdad/audit/0",
    cases=("one.case",),
    interrupted=False,
    stopped=False,
    figures=figures(JUDGED),
    groups=(("kind", grouped(JUDGED, lambda one: str(one.trial.number))),),
)


@pytest.fixture
def audit(workflows, project, tdad):
    """Run the command with a fake workflow that gives a report."""

    def run(*arguments, report=REPORT):
        workflows.answer("audit", audit=report, AuditOptions=AuditOptions)
        workflows.answer("audit_history", audit_history=report)
        result = tdad("audit", *arguments)
        return SimpleNamespace(result=result, calls=workflows.calls)

    return run


def test_the_text_has_the_figures_and_the_misses(audit):
    out = audit().result.out
    assert "2 faults tried against the recorded map, 2 of them fail something" in out
    assert "50.0 %  1 of 2: every failing test was selected" in out
    assert "1 more is set aside" in out
    assert "    u.py::c" in out
    assert "1 case file of the misses in /project/.tdad/audit/0/cases" in out


def test_options_reach_the_workflow(audit):
    ended = audit(
        "--faults", "7", "--seed", "3", "--jobs", "2", "--time-budget", "1.5m", "--static",
        "--python", "py", "--", "-k", "x",
    )  # fmt: skip
    (name, (_, options), _) = ended.calls[0]
    assert name == "audit"
    assert options == AuditOptions(
        faults=7, seed=3, jobs=2, budget_s=90, static=True, python="py", arguments=("-k", "x")
    )


def test_history_is_another_workflow(audit):
    (name, _, options) = audit("--history", "4").calls[0]
    assert (name, options["number"]) == ("audit_history", 4)


@pytest.mark.parametrize(
    ("arguments", "report", "code"),
    [
        ([], REPORT, 0),
        (["--min-safe", "0.5"], REPORT, 0),
        (["--min-safe", "0.99"], REPORT, 1),
        (["--min-safe", "0.99"], replace(REPORT, figures=figures([])), 3),
        ([], replace(REPORT, interrupted=True, stopped=True), 130),
        (["--history", "3", "--static"], REPORT, 2),
        (["--time-budget", "soon"], REPORT, 2),
        (["--faults", "0"], REPORT, 2),
    ],
)
def test_exit_codes(audit, arguments, report, code):
    assert audit(*arguments, report=report).result.code == code


def test_json(audit):
    document = json.loads(audit("--json").result.out)
    assert document["schema"] == "tdad.audit/1"
    assert document["figures"]["safe_share"] == 0.5
    assert document["trials"][1]["missed"] == ["u.py::c"]
    assert document["groups"]["kind"]["1"]["safe"] == 0

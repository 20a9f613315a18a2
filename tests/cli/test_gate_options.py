"""The command line of the gate: what it is asked for, how it answers, with which exit code it ends."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tdad.answers_gate import GateEnd
from tdad.facts_gate import Verdict
from tdad.report.gate_formats import WRITERS
from tests.unit.report.gates import USUAL

BASE = ("gate", "--base", "main")


@pytest.fixture
def asked(tdad, project, workflows) -> Any:
    """Answer with the usual report; options → those that the workflow got."""
    workflows.answer("gate", gate=USUAL)

    def ask(*arguments: str) -> Any:
        assert tdad(*BASE, *arguments).code == 1
        return workflows.calls[-1][1][1]

    return ask


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (GateEnd.PASSED, 0),
        (GateEnd.REGRESSION, 1),
        (GateEnd.UNDECIDED, 3),
        (GateEnd.POLICY, 4),
    ],
)
def test_every_end_has_its_exit_code(tdad, project, workflows, end, code):
    workflows.answer("gate", gate=replace(USUAL, end=end))
    assert tdad(*BASE).code == code


def test_a_list_of_verdicts_never_lets_regressions_pass(asked):
    """Who adds a verdict does not mean to drop that one."""
    assert asked().fail_on == (Verdict.REGRESSION, Verdict.NEW_FAILING)
    assert asked("--fail-on", "flaky").fail_on == (Verdict.REGRESSION, Verdict.FLAKY)
    assert asked("--fail-on", "").fail_on == (Verdict.REGRESSION,)
    assert asked("--fail-on", "removed, regression").fail_on == (
        Verdict.REGRESSION,
        Verdict.REMOVED,
    )


@pytest.mark.parametrize(("text", "share"), [("5%", 0.05), ("0.05", 0.05), ("100%", 1.0)])
def test_a_share_is_a_percentage_or_a_number(asked, text, share):
    assert asked("--sample", text).sample == share


def test_times_have_units(asked):
    options = asked("--budget", "5m", "--test-time", "90s")
    assert (options.budget_s, options.test_limit_s) == (300.0, 90.0)


@pytest.mark.parametrize(
    ("arguments", "slug"),
    [
        (("--fail-on", "regressions"), "gate-verdict-unknown"),
        (("--sample", "150%"), "gate-share-malformed"),
        (("--output", "html=gate.html"), "gate-output-malformed"),
        (("--output", "json="), "gate-output-malformed"),
        (("--budget", "soon"), "time-malformed"),
        (("--format", "html"), "usage"),
    ],
)
def test_what_cannot_be_meant_is_said_before_anything_runs(
    tdad, project, workflows, arguments, slug
):
    workflows.answer("gate", gate=USUAL)
    result = tdad(*BASE, *arguments)
    assert (result.code, result.out) == (2, "")
    assert slug in result.err
    assert not workflows.calls


def test_files_are_written_beside_the_answer(tdad, project, workflows):
    workflows.answer("gate", gate=USUAL)
    outputs = [part for form in WRITERS for part in ("--output", f"{form}=out/gate.{form}")]
    result = tdad(*BASE, "--json", *outputs)
    for form in WRITERS:
        assert Path("out", f"gate.{form}").read_text(encoding="utf-8") == WRITERS[form](USUAL)
    assert json.loads(result.out)["schema"] == "tdad.gate/1"

from __future__ import annotations

from dataclasses import replace

from tdad.answers_gate import Chosen, GateEnd, GateReport, Suggestion, Version
from tdad.facts import Site, Status
from tdad.facts_gate import (
    Attempt,
    Author,
    Finding,
    Judged,
    Level,
    Manner,
    Phase,
    PolicyKind,
    Uncollected,
    Verdict,
)
from tdad.report.documents import dumps
from tdad.report.gate import gate_lines
from tdad.report.gate_json import gate_document
from tests.unit.report.test_documents import check

PASSED = Attempt(Status.PASSED, 0.1)
FAILED = Attempt(
    Status.FAILED, 0.1, "AssertionError: assert 9 == 10", Phase.CALL, Site("shop.py", 12)
)
REPORT = GateReport(
    end=GateEnd.REGRESSION,
    baseline=Version("main", "a" * 40, "/python"),
    head=Version("HEAD", "b" * 40, "/python"),
    tests=(
        Judged("t.py::test_a[1]", Verdict.REGRESSION, 2, (PASSED,), (FAILED, FAILED), Manner.FAILURE,
               "the baseline passed 1 of 1, head failed 2 of 2", ("shop.py::total edited",), fails_gate=True),
        Judged("t.py::test_a[2]", Verdict.REGRESSION, 2, (PASSED,), (FAILED,), Manner.FAILURE, fails_gate=True),
        Judged("t.py::test_b", Verdict.FLAKY, 3, (PASSED,), (FAILED, PASSED)),
        Judged("t.py::test_c", Verdict.UNCHANGED, 1, (), (PASSED,)),
    ),
    uncollected=(Uncollected("u.py", "ImportError: no", 3, before=False),),
    findings=(Finding(PolicyKind.WEAKENED_TEST, Level.WARN, "t.py", 4, "an assertion is gone"),),
    chosen=Chosen("impacted", "recorded map", 650, 30, 30, partial=False, time_share=0.02),
    suggestions=(Suggestion(("t.py::test_a[1]",), "undoes 1 hunk", "-a\n+b\n"),),
    author=Author("claude", "high", ("trailer",)),
)  # fmt: skip


def test_the_document_keeps_to_its_schema():
    import json

    document = json.loads(dumps(gate_document(REPORT)))
    check(document)
    assert document["counts"]["regression"] == 2
    assert document["tests"][0]["rate"] == 1.0


def test_the_text_shows_what_matters_once():
    text = "\n".join(line.plain for line in gate_lines(REPORT))
    assert text.startswith("regression: 2 tests that fail the gate, 1 flaky")
    assert text.count("t.py::test_a") == 1
    assert "and 1 more of its parameter sets" in text
    assert "because shop.py::total edited" in text
    assert "AssertionError: assert 9 == 10 at shop.py:12" in text
    assert "u.py cannot be collected any more (3 tests): ImportError: no" in text
    assert "weakened-test (warn)  t.py:4" in text
    assert "test_c" not in text
    assert "30 tests of 650 selected (by the recorded map), 2% of the suite's time" in text


def test_unselected_tests_without_a_turn_are_told_apart():
    late = Judged("u.py::test_d", Verdict.NOT_RUN, 29, sampled=True)
    text = "\n".join(line.plain for line in gate_lines(replace(REPORT, tests=(late,))))
    assert "0 unselected tests ran to watch the selection (1 had no turn): 0 regressions" in text

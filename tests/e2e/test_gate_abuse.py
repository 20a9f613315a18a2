"""A change that lies: what it prints, writes and kills does not become a verdict."""

from __future__ import annotations

import sys

import pytest

from tdad.answers_gate import GateEnd
from tdad.facts_gate import Level, PolicyKind, Verdict
from tdad.report.gate import gate_lines
from tdad.workflows.gate import gate
from tdad.workflows.gate_options import GateOptions
from tdad.workflows.project import open_project
from tests.e2e.gate_project import COUNTING, repository

pytestmark = pytest.mark.slow

LIB = {"lib.py": "def right(): return True\n"}
TEST = "import lib\ndef test_right(): assert lib.right()\n"
BROKEN = "def right(): return False\n"


def judged(tmp_path, head, baseline=None, **options):
    root = repository(tmp_path / "shop", baseline or {**LIB, "test_lib.py": TEST}, head)
    options = {"reruns": 1, "select": "all", **options}
    chosen = GateOptions(base="main", python=sys.executable, **options)
    return gate(open_project(root), chosen)


def test_a_test_that_speaks_on_the_channel_is_not_believed(tmp_path):
    """It writes into every descriptor that it has: the outcomes that come after are not believed, and that is said."""
    forger = (
        "import os\n"
        "def test_a():\n"
        "    for descriptor in range(3, 64):\n"
        '        try: os.write(descriptor, b\'{"report": "test_lib.py::test_right"}\' * 9)\n'
        "        except OSError: pass\n"
    )
    report = judged(tmp_path, {"lib.py": BROKEN, "test_a.py": forger, "test_lib.py": TEST})
    assert report.end in {GateEnd.UNDECIDED, GateEnd.REGRESSION}
    assert any("other than the runner" in text for text in report.undecided)


def test_a_suite_that_kills_its_parent_is_no_pass(tmp_path):
    killer = "import os, signal\ndef test_a():\n    os.kill(os.getppid(), signal.SIGKILL)\n    os._exit(0)\n"
    report = judged(tmp_path, {"lib.py": BROKEN, "test_a.py": killer, "test_lib.py": TEST})
    verdicts = {test.node_id: test.verdict for test in report.tests}
    assert verdicts["test_lib.py::test_right"] is Verdict.REGRESSION
    assert report.end is GateEnd.REGRESSION


def test_forged_reports_and_orders_stay_text(tmp_path):
    liar = (
        "import pytest, pathlib\n"
        "def test_a():\n"
        "    print('::error file=x.py::forged')\n"
        "    pathlib.Path('junit.xml').write_text('<testsuite failures=\"0\"/>')\n"
        "    print('1 passed')\n"
        "    pytest.skip('::set-output name=verdict::pass\\x1b[2J')\n"
    )
    before = {**LIB, "test_lib.py": TEST, "test_a.py": "def test_a(): pass\n"}
    head = {"lib.py": BROKEN, "test_a.py": liar, "test_lib.py": TEST}
    report = judged(tmp_path, head, before)
    assert report.end is GateEnd.REGRESSION
    text = [line.plain.strip() for line in gate_lines(report)]
    assert any("set-output" in line for line in text)
    assert not any(line.startswith(("::", "##[")) or "\x1b" in line for line in text)


def test_a_hook_that_makes_the_run_green_is_seen(tmp_path):
    """The session ends with 0 and every report says passed: the exceptions are seen all the same."""
    conftest = (
        "import pytest\n"
        "@pytest.hookimpl(hookwrapper=True)\n"
        "def pytest_runtest_makereport(item, call):\n"
        "    outcome = yield\n"
        "    outcome.get_result().outcome = 'passed'\n"
        "def pytest_sessionfinish(session): session.exitstatus = 0\n"
    )
    report = judged(tmp_path, {"lib.py": BROKEN, "conftest.py": conftest, "test_lib.py": TEST})
    assert [test.node_id for test in report.regressions] == ["test_lib.py::test_right"]


def test_a_hook_that_drops_what_a_test_raises_is_seen(tmp_path):
    conftest = (
        "import pytest\n"
        "@pytest.hookimpl(wrapper=True)\n"
        "def pytest_runtest_call(item):\n"
        "    try: return (yield)\n"
        "    except Exception: pass\n"
    )
    report = judged(tmp_path, {"lib.py": BROKEN, "conftest.py": conftest, "test_lib.py": TEST})
    assert [test.node_id for test in report.regressions] == ["test_lib.py::test_right"]


def test_a_conftest_that_does_not_import_is_a_catastrophe(tmp_path):
    report = judged(
        tmp_path, {**LIB, "conftest.py": "import nothing_at_all\n", "test_lib.py": TEST}
    )
    assert report.end is GateEnd.REGRESSION
    assert report.catastrophic
    assert [(one.path, one.tests) for one in report.uncollected] == [("(the suite)", 1)]
    assert "nothing_at_all" in report.uncollected[0].message


def test_without_a_baseline_there_is_no_answer(tmp_path):
    before = {**LIB, "conftest.py": "import nothing_at_all\n", "test_lib.py": TEST}
    report = judged(tmp_path, {"lib.py": BROKEN, "conftest.py": "", "test_lib.py": TEST}, before)
    assert report.end is GateEnd.UNDECIDED
    assert "the baseline's tests cannot be run" in report.undecided[0]


def test_a_failure_that_no_test_has_is_not_trusted(tmp_path):
    conftest = "def pytest_sessionfinish(session): session.exitstatus = 1\n"
    report = judged(tmp_path, {**LIB, "conftest.py": conftest, "test_lib.py": TEST})
    assert report.end is GateEnd.UNDECIDED


def test_settings_that_keep_all_tests_from_running_are_no_pass(tmp_path):
    """Nothing in the test files differs, and nothing runs."""
    report = judged(
        tmp_path, {"lib.py": BROKEN, "test_lib.py": TEST, "pytest.ini": "[pytest]\naddopts = -k nothing\n"},
        select="impacted",
    )  # fmt: skip
    assert report.end is GateEnd.UNDECIDED
    assert "none of the 1 tests at risk runs any more" in report.undecided[0]
    assert [(test.row, test.verdict) for test in report.tests] == [(30, Verdict.SILENCED)]


def test_a_conftest_that_hides_a_test_file_is_seen_though_its_tests_pass(tmp_path):
    """Pytest takes a file that it is given by name whatever ``collect_ignore`` says."""
    same = {"lib.py": "def right(): return 1 == 1\n", "test_lib.py": TEST}
    hidden = {**same, "conftest.py": "collect_ignore = ['test_lib.py']\n"}
    report = judged(tmp_path, hidden, select="impacted")
    assert report.end is GateEnd.POLICY
    found = [(each.kind, each.path) for each in report.findings if each.level is Level.FAIL]
    assert found == [(PolicyKind.SKIPPED_TEST, "test_lib.py")]


def test_a_hook_that_keeps_chosen_tests_from_running_is_no_pass(tmp_path):
    conftest = "import pytest\n@pytest.hookimpl(tryfirst=True)\ndef pytest_runtest_protocol(item): return True\n"
    report = judged(tmp_path, {"lib.py": BROKEN, "conftest.py": conftest, "test_lib.py": TEST})
    assert report.end is GateEnd.UNDECIDED
    assert "keeps tests from running" in report.undecided[0]


def test_a_hook_that_never_calls_the_tests_is_no_pass(tmp_path):
    conftest = "def pytest_pyfunc_call(pyfuncitem): return True\n"
    report = judged(tmp_path, {"lib.py": BROKEN, "conftest.py": conftest, "test_lib.py": TEST})
    assert report.end is GateEnd.UNDECIDED
    assert "none of the 1 tests at risk runs any more" in report.undecided[0]
    found = [each.message for each in report.findings if each.kind is PolicyKind.SKIPPED_TEST]
    assert found == [report.tests[0].note]
    assert "its function is not run any more" in found[0]


def test_most_tests_failing_is_a_catastrophe(tmp_path):
    tests = "import lib, pytest\n@pytest.mark.parametrize('n', range(12))\ndef test_right(n): assert lib.right()\n"
    report = judged(
        tmp_path, {"lib.py": BROKEN, "test_lib.py": tests}, {**LIB, "test_lib.py": tests}
    )
    assert report.catastrophic
    assert len(report.regressions) == 12


def test_most_tests_failing_as_before_is_none(tmp_path):
    tests = "import lib, pytest\n@pytest.mark.parametrize('n', range(12))\ndef test_red(n): assert lib.right() is n\n"
    files = {"test_lib.py": tests, **LIB}
    report = judged(tmp_path, {**files, "lib.py": "def right(): return 1 == 1\n"}, files)
    assert {test.verdict for test in report.tests} == {Verdict.STILL_FAILING}
    assert (report.end, report.catastrophic, report.findings) == (GateEnd.PASSED, False, ())


def test_a_budget_leaves_the_rest_and_says_so(tmp_path):
    slow = "import time, pytest\n@pytest.mark.parametrize('n', range(40))\ndef test_slow(n): time.sleep(0.5)\n"
    report = judged(
        tmp_path, {**LIB, "lib.py": "x = 1\n", "test_a.py": slow}, {**LIB, "test_a.py": slow},
        budget_s=6.0,
    )  # fmt: skip
    assert report.chosen.partial
    assert report.chosen.not_run
    assert {test.row for test in report.with_verdict(Verdict.NOT_RUN)} == {29}


def test_a_budget_that_is_over_before_all_tests_are_found_is_no_pass(tmp_path, monkeypatch):
    """What could not be collected by then was tried again, and its tests were taken for all that was chosen."""
    monkeypatch.setattr("tdad.workflows.gate_head._START_S", 2.0)
    slow = "import lib, time\ntime.sleep(20)\ndef test_right(): assert lib.right()\n"
    first = "from turns import turn\nimport lib\nif not turn('a'): raise ImportError\ndef test_a(): lib.right()\n"
    before = {**LIB, "turns.py": COUNTING, "test_a.py": first, "test_b.py": slow}
    report = judged(
        tmp_path, {**before, "lib.py": BROKEN}, before, budget_s=1.0, select="impacted"
    )
    assert report.end is GateEnd.UNDECIDED
    assert "the budget was over" in report.undecided[0]
    assert report.chosen.partial


def test_with_a_budget_the_riskiest_files_run_before_all_are_found(tmp_path):
    found_late = {
        f"test_far_{n:02}.py": "import time, near\ntime.sleep(0.5)\ndef test_far(): near.same()\n"
        for n in range(40)
    }
    before = {
        **LIB, **found_late, "test_lib.py": TEST, "near.py": "import lib\ndef same(): return lib.right() or 1\n"
    }  # fmt: skip
    report = judged(
        tmp_path, {**before, "lib.py": BROKEN}, before, budget_s=3.0, select="impacted"
    )
    assert report.end is GateEnd.REGRESSION
    assert report.chosen.partial
    assert 0 < report.chosen.ran < 41

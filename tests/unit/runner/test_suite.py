"""One quiet run of a suite: outcomes by hooks, limits, crashes. pytest runs for real."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest

from tdad.facts import Status
from tdad.runner.sandbox import Strictness, chosen
from tdad.runner.suite import CALM, SuiteOptions, SuiteRun, run_suite
from tests.lean import ADDOPTS

OPTIONS = SuiteOptions(python=sys.executable, arguments=("-p", "no:cacheprovider"))


def run(
    tmp_path: Path,
    text: str,
    options: SuiteOptions = OPTIONS,
    stop: Event | None = None,
    more: Mapping[str, str] = {},
) -> SuiteRun:
    root = tmp_path / "project"
    root.mkdir()
    (root / "pytest.ini").write_text(f"[pytest]\naddopts = -x {ADDOPTS}\n", encoding="utf-8")
    for name, content in {"test_a.py": text, **more}.items():
        (root / name).write_text(content, encoding="utf-8")
    return run_suite(root, options, tmp_path / "scratch", stop)


EVERY_WAY = """\
import pytest

def test_passed(): pass
def test_failed(): assert 0
@pytest.mark.skip
def test_skipped(): pass
@pytest.mark.xfail
def test_xfailed(): assert 0
@pytest.mark.xfail
def test_xpassed(): pass
@pytest.fixture
def broken(): raise OSError
def test_error(broken): pass
@pytest.fixture
def leaves(): yield; raise OSError
def test_left(leaves): pass
"""
STATUSES = {
    "test_a.py::test_passed": Status.PASSED,
    "test_a.py::test_failed": Status.FAILED,
    "test_a.py::test_skipped": Status.SKIPPED,
    "test_a.py::test_xfailed": Status.XFAILED,
    "test_a.py::test_xpassed": Status.XPASSED,
    "test_a.py::test_error": Status.ERROR,
    "test_a.py::test_left": Status.ERROR,
}


@pytest.mark.parametrize("extra", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_every_way_a_test_can_end(tmp_path, extra):
    """Also with ``-x`` in the project's options, and with a file that cannot be collected."""
    options = SuiteOptions(sys.executable, arguments=(*OPTIONS.arguments, *extra))
    found = run(tmp_path, EVERY_WAY, options, more={"test_b.py": "import nothing_of_that_name\n"})
    assert {name: out.status for name, out in found.outcomes.items()} == STATUSES
    assert list(found.uncollected) == ["test_b.py"]
    assert "nothing_of_that_name" in found.uncollected["test_b.py"]
    assert "def test_failed" not in found.said, "a traceback takes longer than the test"
    assert found.whole
    assert found.failing == {
        "test_a.py::test_failed",
        "test_a.py::test_error",
        "test_a.py::test_left",
    }


@pytest.mark.parametrize(
    "extra",
    [
        ("-p", "no:xdist", "-p", "no:pytest_cov"),
        ("-n", "2", "--cov", "--cov-report="),
        ("-p", "no:xdist", "-p", "xdist.plugin"),
    ],
    ids=["blocked", "active", "by another name"],
)
def test_other_plugins_are_kept_out_whether_they_are_active_or_not(tmp_path, extra):
    options = SuiteOptions(sys.executable, arguments=(*extra, CALM))
    found = run(
        tmp_path,
        "import os\n\ndef test(): assert 'PYTEST_XDIST_WORKER' not in os.environ\n",
        options,
    )
    assert found.exit_code == 0, found.said
    assert found.outcomes["test_a.py::test"].status is Status.PASSED


def test_a_test_that_never_ends_is_ended_and_the_others_run(tmp_path):
    limits = tmp_path / "limits.json"
    limits.write_text(json.dumps({"test_a.py::test_loops": 1.0}), encoding="utf-8")
    options = SuiteOptions(sys.executable, limits=str(limits), timeout_s=60)
    text = "def test_loops():\n    while True: pass\n\ndef test_after(): pass\n"
    found = run(tmp_path, text, options)
    assert found.outcomes["test_a.py::test_loops"].status is Status.TIMEOUT
    assert found.outcomes["test_a.py::test_after"].status is Status.PASSED
    assert found.whole


STUCK = """\
import time

def test_quick(): pass

def test_stuck():
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass
"""


def test_a_run_that_is_stopped_keeps_what_it_had(tmp_path):
    stop = Event()
    told = tmp_path / "scratch" / "outcomes.jsonl"

    def wait_for_it() -> None:
        while not (told.exists() and "test_stuck" in told.read_text(encoding="utf-8")):
            time.sleep(0.1)
        stop.set()

    watcher = Thread(target=wait_for_it, daemon=True)
    watcher.start()
    found = run(tmp_path, STUCK, stop=stop)
    assert found.cut_short
    assert not found.whole
    assert found.outcomes["test_a.py::test_quick"].status is Status.PASSED
    assert found.outcomes["test_a.py::test_stuck"].status is Status.TIMEOUT


def test_a_run_that_takes_too_long_is_ended(tmp_path):
    found = run(tmp_path, STUCK, SuiteOptions(sys.executable, timeout_s=0.1))
    assert found.cut_short
    assert found.wall_s < 30


def test_a_crash_of_the_interpreter_is_a_failing_test(tmp_path):
    found = run(tmp_path, "import os\ndef test_a(): pass\ndef test_dies(): os._exit(3)\n")
    assert found.outcomes["test_a.py::test_a"].status is Status.PASSED
    assert found.outcomes["test_a.py::test_dies"].status is Status.CRASHED
    assert found.exit_code == -1


def test_nothing_runs_when_a_conftest_is_broken(tmp_path):
    found = run(tmp_path, "def test_a(): pass\n", more={"conftest.py": "1 / 0\n"})
    assert not found.outcomes
    assert not found.whole
    assert "ZeroDivisionError" in found.said


def test_the_tests_see_the_environment_as_it_is_without_us(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "till.py").write_text("A = 1\n")
    text = (
        "import os, till\ndef test_a():\n"
        f"    assert os.environ['PYTHONPATH'] == {str(tmp_path / 'lib')!r}\n"
        "    assert not [n for n in os.environ if n.startswith('TDAD_OUTCOMES')]\n"
    )
    options = SuiteOptions(sys.executable, pythonpath=(str(tmp_path / "lib"),))
    assert run(tmp_path, text, options).outcomes["test_a.py::test_a"].status is Status.PASSED


def test_modules_out_of_a_foreign_tree_are_told(tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "till.py").write_text("A = 1\n")
    options = SuiteOptions(
        sys.executable,
        pythonpath=(str(tmp_path / "lib"),),
        foreign_root=str((tmp_path / "lib").resolve()),
    )
    assert run(tmp_path, "import till\ndef test_a(): pass\n", options).foreign == ("till.py",)


def test_a_fault_cannot_write_into_the_users_tree_or_home(tmp_path: Path) -> None:
    """A dropped condition or a swapped argument makes a clean-up of anything."""
    if chosen(Strictness.AUTO).not_covered:
        pytest.skip("nothing on this machine covers it")
    users = tmp_path / "users"
    users.mkdir()
    (users / "work.py").write_text("kept")
    home = Path.home() / ".tdad-test-of-the-sandbox"
    text = (
        "import os, pytest\n"
        f"def test_tree():\n    os.remove({str(users / 'work.py')!r})\n"
        f"def test_home():\n    open({str(home)!r}, 'w')\n"
        "def test_own(tmp_path):\n    (tmp_path / 'a').write_text('')\n    open('here', 'w')\n"
    )
    done = run(tmp_path, text, replace(OPTIONS, protected=(str(users),)))
    ended = {name.partition("::")[2]: out.status for name, out in done.outcomes.items()}
    assert ended == {
        "test_tree": Status.FAILED,
        "test_home": Status.FAILED,
        "test_own": Status.PASSED,
    }
    assert (users / "work.py").read_text() == "kept"
    assert not home.exists()

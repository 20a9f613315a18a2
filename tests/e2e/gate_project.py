"""A repository with a baseline and a head in which every row of the decision table happens."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.lean import ADDOPTS

CONFIGURED = {"pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"}
"""Files of a project that say how its tests run."""

COUNTING = '''
import pathlib, tempfile
def turn(name):
    """0 the first time that anybody asks on this side of the gate, then 1, 2, …"""
    file = pathlib.Path(tempfile.gettempdir()) / name
    count = int(file.read_text()) if file.exists() else 0
    file.write_text(str(count + 1))
    return count
def forever():
    while True:
        pass
'''

LIB = {
    "broken": ("'ok'", "'no'"),
    "flaky": ("True", "turn('flaky') > 0"),
    "flaky_before": ("turn('before') > 0", "turn('before') > 0"),
    "old_failure": ("{}['a']", "{}['a']"),
    "other_failure": ("{}['a']", "[][0]"),
    "fixed": ("False", "True"),
    "lucky": ("turn('lucky') > 0", "True"),
    "raises_in_setup": ("True", "1 / 0"),
    "dies": ("True", "__import__('os')._exit(7)"),
    "hangs": ("True", "forever()"),
    "slow": ("True", "turn('slow') > 0 or forever()"),
    "leaks": ("None", "seen.append(1)"),
    "hidden": ("True", "False"),
    "hollow": ("False", "True"),
}
"""Function of ``lib`` → what it returns on the baseline, on head."""

TESTS = """
import pytest
import lib
@pytest.fixture
def ready(): return lib.raises_in_setup()
def test_leaks_on_head(): lib.leaks()
def test_after_the_leak(): assert not lib.seen
def test_spoils(): lib.spoilt.append(1)
def test_after_the_spoiling(): assert not lib.spoilt
def test_unchanged(): assert lib.same()
def test_broken(): assert lib.broken() == 'ok'
def test_flaky(): assert lib.flaky()
def test_flaky_before(): assert lib.flaky_before()
def test_old_failure(): lib.old_failure()
def test_other_failure(): lib.other_failure()
def test_fixed(): assert lib.fixed()
def test_lucky(): assert lib.lucky()
def test_setup(ready): assert ready
def test_dies(): assert lib.dies()
def test_after_the_death(): assert lib.same()
def test_hangs(): assert lib.hangs()
def test_slow(): assert lib.slow()
def test_hidden(): assert lib.hidden()
def test_hollow(): assert not lib.hollow()
"""

BEFORE = """
def test_skipped_now(): assert lib.same()
def test_failing_then_skipped(): assert lib.no()
def test_failing_then_gone(): assert lib.no()
@pytest.mark.xfail
def test_mark_gone(): assert lib.fixed()
@pytest.mark.xfail
def test_mark_stale(): assert lib.fixed()
@pytest.mark.xfail(strict=True)
def test_mark_strict(): assert lib.fixed()
@pytest.mark.xfail
def test_mark_gone_still_failing(): assert lib.no()
def test_excused(): assert lib.same()
def test_removed(): assert lib.same() is True
def test_old_name():
    value = lib.same()
    assert value, "the same body"
@pytest.mark.parametrize("n", [1, 2], ids=["one", "two"])
def test_ids(n): assert n
@pytest.mark.skip(reason="always")
def test_always_skipped(): pass
def test_held_back(): assert lib.same()
"""

AFTER = """
@pytest.mark.skip(reason="does not work here")
def test_skipped_now(): assert lib.same()
@pytest.mark.skip
def test_failing_then_skipped(): assert lib.no()
def test_mark_gone(): assert lib.fixed()
@pytest.mark.xfail
def test_mark_stale(): assert lib.fixed()
@pytest.mark.xfail(strict=True)
def test_mark_strict(): assert lib.fixed()
def test_mark_gone_still_failing(): assert lib.no()
@pytest.mark.xfail(reason="later")
def test_excused(): assert lib.no()
def test_new_name():
    value = lib.same()
    assert value, "the same body"
@pytest.mark.parametrize("n", [1, 2], ids=["first", "second"])
def test_ids(n): assert n
@pytest.mark.skip(reason="always")
def test_always_skipped(): pass
def test_held_back(): assert lib.same()
test_held_back.__test__ = False
def test_new(): assert lib.same()
def test_new_failing(): assert lib.same() and lib.no()
def test_new_flaky(): assert lib.turn('new') > 0
"""

CONFTEST = """
import pytest
@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if item.name == "test_hidden" and report.failed:
        report.outcome = "passed"
def pytest_pyfunc_call(pyfuncitem):
    import lib
    return True if pyfuncitem.name == "test_hollow" and lib.hollow() else None
"""


def repository(root: Path, baseline: dict[str, str], head: dict[str, str]) -> Path:
    """Make a repository at ``root`` whose branch ``main`` is the baseline and whose HEAD is the head."""
    root.mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    if not CONFIGURED & {*baseline, *head}:
        lean = {"pytest.ini": f"[pytest]\naddopts = {ADDOPTS}\n"}
        baseline, head = {**baseline, **lean}, {**head, **lean}
    ignored = ".tdad/\n__pycache__/\n.pytest_cache/\n"
    commit(root, {**baseline, ".gitignore": ignored}, "baseline")
    git(root, "checkout", "-q", "-b", "change")
    for path in baseline.keys() - head.keys():
        (root / path).unlink()
    commit(root, head, "head")
    return root


def commit(root: Path, files: dict[str, str], message: str) -> None:
    """Write files and commit everything."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", message)


def git(root: Path, *arguments: str) -> None:
    """Run git as nobody in particular."""
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


def every_row() -> tuple[dict[str, str], dict[str, str]]:
    """Files of the baseline and of head."""
    return _side(0, BEFORE), _side(1, AFTER)


def _side(which: int, tests: str) -> dict[str, str]:
    lines = [
        COUNTING,
        "seen, spoilt = [], []",
        "def same(): return True",
        "def no(): return False",
    ]
    lines += [f"def {name}(): return {values[which]}" for name, values in LIB.items()]
    if which == 0:
        lines.append("gone = 1")
    return {
        "lib.py": "\n".join(lines) + "\n",
        "conftest.py": CONFTEST,
        "tests/test_rows.py": TESTS + tests,
        "tests/test_import.py": "from lib import gone\ndef test_a(): pass\ndef test_b(): pass\n",
        "tests/test_never.py": "import not_there\ndef test_a(): pass\n",
    }

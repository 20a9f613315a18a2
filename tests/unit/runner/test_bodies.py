"""Which tests came to the end of their functions, whatever calls them, and whatever the suite's hooks say."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tdad.facts import Status
from tdad.facts_gate import Attempt, Body
from tdad.runner.confined import Cell
from tdad.runner.sandbox import Strictness, choose
from tdad.runner.suite import SuiteOptions
from tdad.runner.witnessed import Wanted, run_witnessed

HONEST = """
import asyncio, functools, os, unittest, pytest
from unittest import mock

def loud(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        return function(*args, **kwargs)
    return inner

@pytest.fixture
def two(): return 2
def test_plain(two): assert two == 2
@pytest.mark.parametrize("n", [1, 2])
def test_rows(n): assert n
@loud
@mock.patch("os.getcwd", lambda: "here")
def test_decorated(two):
    import os
    assert os.getcwd() == "here"
test_partial = functools.partial(lambda n: None, 1)
class TestClass:
    @pytest.fixture
    def mine(self): return self
    def test_method(self, request): assert request.getfixturevalue("mine") is self
    @staticmethod
    def test_static(): pass
    @classmethod
    def test_class(cls): pass
class Old(unittest.TestCase):
    def test_case(self): self.assertTrue(True)
    def test_parts(self):
        for n in range(3):
            with self.subTest(n=n): self.assertEqual(n, n)
class OldAsync(unittest.IsolatedAsyncioTestCase):
    async def test_case_later(self): await asyncio.sleep(0)
def forked(function):
    @functools.wraps(function)
    def inner():
        if child := os.fork():
            assert os.waitpid(child, 0)[1] == 0
        else:
            function()
            os._exit(0)
    return inner
@forked
def test_forked(): assert os.getppid()
def test_skips(): pytest.skip("here")
@pytest.mark.xfail
def test_excused(): assert False
"""
LATER = """
import asyncio, pytest
from hypothesis import assume, given, settings, strategies as st

@pytest.mark.asyncio
async def test_asyncio(): await asyncio.sleep(0)
@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_anyio(anyio_backend): await asyncio.sleep(0)
@settings(max_examples=5)
@given(st.integers())
def test_given(n): assume(n != 0)
@pytest.mark.asyncio
@settings(max_examples=5)
@given(n=st.integers())
async def test_given_later(n): assume(n != 0)
"""
HOLLOW = """
import pytest
@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if "never" in pyfuncitem.name: return True
    if "dropped" in pyfuncitem.name:
        try: pyfuncitem.obj()
        except AssertionError: pass
        return True
"""
HOLLOW_TESTS = """
def test_never(): assert False
def test_dropped(): assert False
class TestClass:
    def test_never(self): assert False
def test_honest(): pass
"""


def run(tmp_path: Path, files: Mapping[str, str], *arguments: str) -> dict[str, Attempt]:
    python = os.environ.get("TDAD_TEST_PYTHON", sys.executable)  # by hand: another interpreter
    root = tmp_path / "copy"
    root.mkdir()
    for name, text in files.items():
        (root / name).write_text(text)
    cell = Cell(choose(Strictness.OFF), (Path(python).parent.parent,))
    options = SuiteOptions(python, arguments=("-p", "no:cacheprovider", *arguments), timeout_s=120)
    wanted = Wanted(everything=True)
    done = run_witnessed(root, options, tmp_path / "scratch", cell, around=root, wanted=wanted)
    assert done.attempts, done.said
    return {name.partition("::")[2]: attempt for name, attempt in done.attempts.items()}


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_honest_tests_are_honest(tmp_path: Path, workers: tuple[str, ...]) -> None:
    files = {"test_a.py": HONEST} if workers else {"test_a.py": HONEST, "test_b.py": LATER}
    ran = run(tmp_path, files, *workers)
    passed = {name: a.body for name, a in ran.items() if a.status is Status.PASSED}
    assert len(passed) > 10
    assert not {name for name in passed if ran[name].hollow}, passed
    assert passed["test_plain"] is passed["TestClass::test_method"] is Body.ENDED


def test_a_hook_that_does_not_call_a_test_or_drops_what_it_raises(tmp_path: Path) -> None:
    ran = run(tmp_path, {"conftest.py": HOLLOW, "test_a.py": HOLLOW_TESTS})
    assert {attempt.status for attempt in ran.values()} == {Status.PASSED}
    assert {name: attempt.body for name, attempt in ran.items()} == {
        "test_never": Body.NEVER,
        "test_dropped": Body.BEGUN,
        "TestClass::test_never": Body.NEVER,
        "test_honest": Body.ENDED,
    }

"""Runs a test runner and writes down how each test ended, one JSON line each: no part of tdad is involved.

    python gate_patches_listen.py FILE SCRIPT ARGUMENTS…        a runner of unittest's tests, in this process
    python -m pytest -p gate_patches_listen …                   FILE is in LISTEN_TO

Runs in the interpreter of the project, down to Python 3.6: standard library only.
"""

# ruff: noqa: UP006, UP035  # what this Python would have instead, Python 3.6 has not

import json
import os
import runpy
import sys
import unittest
from pathlib import Path
from typing import Any, Callable, Dict, List, Set

Write = Callable[[str, str], None]


def _writer(path: str) -> Write:
    file = Path(path).open("a", encoding="utf-8")  # noqa: SIM115  # until the process ends

    def write(name: str, end: str) -> None:
        file.write(json.dumps([name, end]) + "\n")
        file.flush()

    return write


def _listen(write: Write) -> None:
    """Wrap what results are told. A test under way in a test has another result, and is none of ours."""
    failed: Set[str] = set()
    outer: List[unittest.TestResult] = []

    def wrap(name: str, then: Callable[..., None]) -> None:
        method = getattr(unittest.TestResult, name)

        def wrapped(result: unittest.TestResult, test: Any, *rest: Any) -> Any:
            if not outer:
                outer.append(result)
            if result is outer[0]:
                then(test, *rest)
            return method(result, test, *rest)

        setattr(unittest.TestResult, name, wrapped)

    def passed(test: Any) -> None:
        if test.id() not in failed:
            write(test.id(), "passed")

    def ended(end: str) -> Callable[..., None]:
        def then(test: Any, *_rest: Any) -> None:
            if end == "failed":
                failed.add(test.id())
            write(test.id(), end)

        return then

    def sub(test: Any, _subtest: Any, err: Any) -> None:
        if err is not None:
            failed.add(test.id())
            write(test.id(), "failed")

    wrap("addSuccess", passed)
    wrap("addError", ended("failed"))
    wrap("addFailure", ended("failed"))
    wrap("addUnexpectedSuccess", ended("failed"))
    wrap("addExpectedFailure", ended("xfailed"))
    wrap("addSkip", ended("skipped"))
    wrap("addSubTest", sub)


def pytest_runtest_logreport(report: Any) -> None:
    """One phase of a test ended (a hook of pytest)."""
    if "write" not in _state:
        _state["write"] = _writer(os.environ["LISTEN_TO"])
    if report.failed:
        _state["write"](report.nodeid, "failed")
    elif report.when == "call" or report.skipped:
        _state["write"](report.nodeid, report.outcome)


_state: Dict[str, Write] = {}

if __name__ == "__main__":
    _listen(_writer(sys.argv[1]))
    sys.argv[:] = sys.argv[2:]
    sys.path[0] = str(Path(sys.argv[0]).resolve().parent)
    runpy.run_path(sys.argv[0], run_name="__main__")

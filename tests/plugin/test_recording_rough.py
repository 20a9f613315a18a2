"""Rough runs: crashes under xdist, segfaults, time-outs, programs in tests, switches of Python and pytest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tdad.facts import Site, Status
from tests.plugin.recording_project import Project, pythons


@pytest.fixture(params=pythons(), ids=lambda path: Path(path).name)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    return Project(tmp_path, request.param).write(
        lib="""
        def one():
            return 1

        def two():
            return 2
        """
    )


CRASH = """
    import lib, os

    def test_before(): lib.one()
    def test_dies(): {how}
    def test_after(): lib.two()
    """


def test_a_worker_of_xdist_dies(project: Project) -> None:
    if not project.has("xdist"):
        pytest.skip("pytest-xdist is not installed")
    project.write(test_crash=CRASH.format(how="os._exit(3)"))
    assert project.run("-n1", "-p", "xdist").returncode == 1
    seen = project.read()
    statuses = {test.node_id.rpartition("_")[2]: test.status for test in seen.run.tests}
    assert statuses == {
        "before": Status.PASSED,
        "dies": Status.CRASHED,
        "after": Status.PASSED,
    }
    assert seen.seen("test", "test_crash.py::test_before").starts["lib.py"] == {1}
    assert seen.seen("test", "test_crash.py::test_after").starts["lib.py"] == {4}


def test_a_segmentation_fault_keeps_the_finished_tests(project: Project) -> None:
    project.write(test_crash=CRASH.format(how="__import__('ctypes').string_at(0)"))
    assert project.run().returncode < 0
    seen = project.read()
    assert [test.status for test in seen.run.tests] == [Status.PASSED, Status.CRASHED]
    assert not seen.run.complete


def test_a_program_in_a_test_belongs_to_the_test(project: Project) -> None:
    project.write(
        program="""
        import lib

        def main():
            return lib.one()

        RESULT = main()
        """,
        test_program="""
        import pathlib, runpy

        def test_path():
            runpy.run_path("program.py", run_name="__main__")

        def test_module():
            runpy.run_module("program", run_name="__main__")

        def test_exec():
            exec(compile(pathlib.Path("program.py").read_text(), "program.py", "exec"), {})
        """,
    )
    seen = project.record()
    for name, line in (("path", 4), ("module", 7), ("exec", 10)):
        test = seen.seen("test", f"test_program.py::test_{name}")
        assert test.starts["lib.py"] == {1}, name
        assert test.starts["program.py"] == {3}, name
        assert test.imports["program.py"] == Site("test_program.py", line), name
    assert not seen.seen("import", "program.py").starts


def test_importlib_mode(project: Project) -> None:
    project.write(
        sub__test_lib="""
        import lib
        def test_one(): lib.one()
        """,
        other__test_lib="""
        import lib
        def test_two(): lib.two()
        """,
    )
    seen = project.record("--import-mode=importlib", "-o", "pythonpath=.")
    assert seen.seen("test", "sub/test_lib.py::test_one").starts["lib.py"] == {1}
    assert seen.seen("test", "other/test_lib.py::test_two").starts["lib.py"] == {4}
    assert "lib.py" in seen.seen("import", "other/test_lib.py").imports


@pytest.mark.parametrize("variable", ["PYTHONDONTWRITEBYTECODE", "PYTHONOPTIMIZE"])
def test_switches_of_python(project: Project, variable: str) -> None:
    project.write(test_lib="import lib\ndef test_one(): lib.one()\n")
    switch: dict[str, Any] = {variable: "1"}
    for _ in range(2):  # the second time from byte code, if any was written
        assert project.run(**switch).returncode == 0
        seen = project.read()
        assert seen.seen("test", "test_lib.py::test_one").starts == {
            "lib.py": {1},
            "test_lib.py": {2},
        }
        assert seen.run.digests["lib.py"]


def test_anyio(project: Project) -> None:
    if not project.has("anyio"):
        pytest.skip("anyio is not installed")
    project.write(
        test_any="""
        import pytest, lib

        @pytest.fixture
        def anyio_backend(): return "asyncio"

        @pytest.fixture
        async def value(): return lib.two()

        @pytest.mark.anyio
        async def test_any(value): lib.one()

        def test_none(): pass
        """
    )
    seen = project.record()
    assert seen.seen("test", "test_any.py::test_any").starts["lib.py"] == {1, 4}
    assert "lib.py" not in seen.seen("test", "test_any.py::test_none").starts


@pytest.mark.parametrize("method", ["signal", "thread"])
def test_timeout(project: Project, method: str) -> None:
    if not project.has("pytest_timeout"):
        pytest.skip("pytest-timeout is not installed")
    project.write(test_crash=CRASH.format(how="(lib.two(), __import__('time').sleep(60))"))
    project.run("--timeout=2", f"--timeout-method={method}")
    seen = project.read()
    statuses = {test.node_id.rpartition("_")[2]: test.status for test in seen.run.tests}
    assert statuses["before"] is Status.PASSED
    assert statuses["dies"] is (Status.FAILED if method == "signal" else Status.CRASHED)
    assert seen.seen("test", "test_crash.py::test_before").starts["lib.py"] == {1}
    if method == "thread":  # it ends the process by os._exit, which lets us write first
        assert seen.seen("test", "test_crash.py::test_dies").starts["lib.py"] == {4}

"""The recorder beside other plugins: xdist, pytest-cov, reruns; and stopped early."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tdad.facts import Status
from tests.plugin.recording_project import Project, pythons

PAIR = """
    import lib, pytest

    @pytest.fixture(scope="module")
    def shared():
        lib.two()

    @pytest.mark.parametrize("n", range(6))
    def test_n(n, shared):
        lib.one()
    """


@pytest.fixture(params=pythons(), ids=lambda path: Path(path).name)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    made = Project(tmp_path, request.param)
    return made.write(
        lib="""
        def one():
            return 1

        def two():
            return one() + 1
        """,
        test_lib=PAIR,
    )


def skip_without(project: Project, module: str) -> None:
    if not project.has(module):
        pytest.skip(f"{module} is not installed for {project.python}")


@pytest.mark.parametrize("options", [["-n2"], ["-n2", "--dist=loadscope"]], ids=" ".join)
def test_xdist(project: Project, options: list[str]) -> None:
    skip_without(project, "xdist")
    seen = project.record(*options)
    assert len(seen.run.tests) == 6
    assert seen.run.complete
    assert seen.run.full
    for number in range(6):
        assert seen.entered(f"test_lib.py::test_n[{number}]", "lib.py") == {1, 4}
    assert seen.run.digests["lib.py"]


def test_pytest_cov_in_the_same_run(project: Project) -> None:
    skip_without(project, "pytest_cov")
    done = project.run("--cov=lib", "--cov-report=term")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "100%" in done.stdout
    seen = project.read()
    assert seen.entered("test_lib.py::test_n[3]", "lib.py") == {1, 4}
    assert seen.seen("test", "test_lib.py::test_n[3]").starts["lib.py"] == {1}
    assert seen.run.recorder in {"monitoring", "profile"}


def test_the_last_attempt_counts(project: Project) -> None:
    skip_without(project, "pytest_rerunfailures")
    project.write(
        test_lib="""
        tries = []
        def test_flaky():
            tries.append(1)
            assert len(tries) > 1
        """
    )
    seen = project.record("--reruns=2")
    assert seen.test("test_lib.py::test_flaky").status is Status.PASSED
    assert len(seen.run.tests) == 1


def test_stopped_early_is_not_full(project: Project) -> None:
    project.write(
        test_lib="""
        def test_done(): pass
        def test_fails(): assert 0
        def test_never(): pass
        """
    )
    assert project.run("-x").returncode == 1
    seen = project.read()
    assert [test.status for test in seen.run.tests] == [Status.PASSED, Status.FAILED]
    assert not seen.run.full


def test_interrupted_keeps_the_finished_tests(project: Project) -> None:
    project.write(
        test_lib="""
        def test_done(): pass
        def test_interrupts(): raise KeyboardInterrupt
        """
    )
    assert project.run().returncode == 2
    seen = project.read()
    assert [test.status for test in seen.run.tests] == [Status.PASSED]
    assert not seen.run.complete


def test_deselection_is_not_full(project: Project) -> None:
    assert not project.record("-k", "1").run.full


def test_a_path_is_the_scope_of_a_full_run(project: Project) -> None:
    seen = project.record("test_lib.py").run
    assert (seen.full, seen.scope) == (True, ("test_lib.py",))


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="the C tracer serves Python < 3.12")
def test_without_coverage_calls_are_traced(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write(
        coverage="raise ImportError\n",
        lib="def one():\n    return 1\n",
        test_lib="import lib\ndef test_one(): lib.one()\n",
    )
    done = project.run(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    assert done.returncode == 0, done.stdout + done.stderr
    seen = project.read()
    assert seen.run.recorder == "settrace"
    assert seen.seen("test", "test_lib.py::test_one").starts["lib.py"] == {1}


@pytest.mark.skipif(not hasattr(sys, "monitoring") and len(pythons()) < 2, reason="needs >= 3.12")
def test_no_free_tool_id(tmp_path: Path) -> None:
    project = Project(tmp_path, pythons()[-1])
    project.write(
        taken="""
        import sys
        for tool in (3, 4):
            sys.monitoring.use_tool_id(tool, "somebody")
        """,
        lib="def one():\n    return 1\n",
        test_lib="import lib\ndef test_one(): lib.one()\n",
    )
    done = project.run("-p", "taken", PYTHONPATH=_path(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    seen = project.read()
    assert seen.run.recorder != "monitoring"
    assert seen.seen("test", "test_lib.py::test_one").starts["lib.py"] == {1}


def _path(folder: Path) -> str:
    from tests.plugin.recording_project import SOURCE

    return f"{folder}:{SOURCE}"

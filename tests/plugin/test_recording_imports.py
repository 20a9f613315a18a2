"""Imports, on every interpreter: which statement caused what, and the recorder is back in place afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from tdad.facts import Site
from tests.plugin.recording_project import Project, pythons


@pytest.fixture(params=pythons(), ids=lambda path: Path(path).name)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    return Project(tmp_path, request.param).write(
        deep="""
        import lib
        VALUE = lib.one()
        """,
        lib="""
        def one():
            return 1

        def two():
            return 2

        def one_line(): return 1

        def lazy():
            import deep
            two()
            return deep.VALUE
        """,
    )


@pytest.mark.parametrize("lines", [False, True], ids=["functions", "lines"])
def test_the_recorder_is_back_after_lazy_imports(project: Project, lines: bool) -> None:
    project.write(
        test_lazy="""
        import lib

        def helper():
            lib.lazy()

        def test_lazy():
            helper()
            if lib:
                after()

        def after():
            lib.one()

        def test_next():
            lib.two()
        """
    )
    seen = project.record(lines=lines)
    lazy = seen.seen("test", "test_lazy.py::test_lazy")
    assert lazy.starts == {"lib.py": {1, 4, 9}, "test_lazy.py": {3, 6, 11}}
    assert lazy.imports == {"deep.py": Site("lib.py", 10)}
    assert seen.seen("import", "deep.py").causes == {2: {Site("lib.py", 1)}}
    assert seen.seen("test", "test_lazy.py::test_next").starts["lib.py"] == {4}
    if lines:
        assert lazy.lines["lib.py"] >= {2, 5, 10, 11, 12}
        assert lazy.lines["test_lazy.py"] >= {4, 7, 8, 9, 12}
        assert max(lazy.lines["test_lazy.py"]) == 12


def test_an_import_that_fails_leaves_the_recorder_in_place(project: Project) -> None:
    project.write(
        broken="""
        import lib
        lib.one()
        raise RuntimeError
        """,
        test_broken="""
        import lib

        def test_broken():
            try:
                import broken
            except RuntimeError:
                lib.two()

        def test_next():
            lib.one()
        """,
    )
    seen = project.record()
    broken = seen.seen("test", "test_broken.py::test_broken")
    assert broken.starts["lib.py"] == {4}
    assert broken.imports["broken.py"] == Site("test_broken.py", 5)
    assert seen.seen("import", "broken.py").causes == {2: {Site("lib.py", 1)}}
    assert seen.seen("test", "test_broken.py::test_next").starts["lib.py"] == {1}


def test_a_one_line_function_is_not_entered_by_its_definition(project: Project) -> None:
    project.write(
        test_one="""
        import lib
        def test_calls(): lib.one_line()
        def test_does_not(): lib.one()
        """
    )
    seen = project.record()
    assert seen.seen("test", "test_one.py::test_calls").starts["lib.py"] == {7}
    assert "lib.py" not in seen.seen("import", "lib.py").starts
    assert "test_one.py" not in seen.seen("import", "test_one.py").starts


def test_lines_of_an_import(project: Project) -> None:
    project.write(test_deep="import deep\ndef test_deep(): pass\n")
    deep = project.record(lines=True).seen("import", "deep.py")
    assert deep.lines["deep.py"] >= {1, 2}
    assert deep.lines["lib.py"] >= {2}


def test_a_class_in_a_function_is_caused_by_the_statement_that_called_it(project: Project) -> None:
    project.write(
        made="""
        import lib

        def make():
            class Made:
                value = lib.one()
            return Made

        MADE = make()
        """,
        test_made="import made\ndef test_made(): pass\n",
    )
    causes = project.record().seen("import", "made.py").causes
    assert {Site("made.py", 3), Site("lib.py", 1)} <= causes[8]
    assert set(causes) == {8}


def test_threads_of_an_import_do_not_disturb(project: Project) -> None:
    project.write(
        threaded="""
        import threading, lib

        def work():
            lib.two()

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        VALUE = lib.one()
        """,
        test_threaded="""
        import lib

        def test_threaded():
            import threaded
            lib.one_line()
        """,
    )
    seen = project.record()
    assert Site("lib.py", 1) in seen.seen("import", "threaded.py").causes[9]
    assert {4, 7} <= seen.seen("test", "test_threaded.py::test_threaded").starts["lib.py"]


def test_coverage_loses_nothing_of_imports(project: Project) -> None:
    if not project.has("pytest_cov"):
        pytest.skip("pytest-cov is not installed")
    project.write(
        test_cov="""
        import lib

        def test_cov():
            import deep
            lib.two()
        """
    )
    done = project.run("--cov=deep", "--cov-report=term")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "100%" in done.stdout
    seen = project.read()
    assert seen.seen("test", "test_cov.py::test_cov").starts["lib.py"] == {4}
    assert seen.seen("import", "deep.py").causes[2] == {Site("lib.py", 1)}


def test_a_debugger_started_by_an_import_stays(project: Project) -> None:
    project.write(
        debugger="""
        import sys
        events = []
        def trace(frame, event, arg):
            events.append(event)
        sys.settrace(trace)
        """,
        test_debugger="""
        import lib

        def test_debugger():
            import sys, debugger
            assert sys.gettrace() is debugger.trace
            lib.one()
            sys.settrace(None)
            assert debugger.events

        def test_next():
            lib.two()
        """,
    )
    seen = project.record()
    assert seen.seen("test", "test_debugger.py::test_next").starts["lib.py"] == {4}

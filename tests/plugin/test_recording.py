"""Who gets what ran: tests, fixture instances, imports, collection; on every interpreter that is at hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tdad.facts import OwnerKind, Site, Status, Use, Used
from tests.plugin.recording_project import Project, pythons

LIBRARY = """
    def one():
        return 1

    def two():
        return one() + 1

    def unused():
        return 0
    """


@pytest.fixture(params=pythons(), ids=lambda path: Path(path).name)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    return Project(tmp_path, request.param).write(lib=LIBRARY)


def test_a_test_owns_what_it_entered(project: Project) -> None:
    project.write(
        test_lib="""
        import lib

        def test_one():
            assert lib.one() == 1

        def test_two():
            assert lib.two() == 2

        def test_none():
            pass
        """
    )
    seen = project.record()
    assert seen.seen("test", "test_lib.py::test_one").starts["lib.py"] == {1}
    assert seen.seen("test", "test_lib.py::test_two").starts["lib.py"] == {1, 4}
    assert "lib.py" not in seen.seen("test", "test_lib.py::test_none").starts
    assert seen.run.complete
    assert seen.run.full
    assert [test.node_id for test in seen.run.tests] == [
        "test_lib.py::test_one",
        "test_lib.py::test_two",
        "test_lib.py::test_none",
    ]
    assert seen.run.digests["lib.py"]


def test_shared_fixtures_belong_to_all_their_tests(project: Project) -> None:
    project.write(
        conftest="""
        import lib, pytest

        @pytest.fixture(scope="module", params=["a", "b"])
        def shared(request):
            lib.one()
            yield request.param
            lib.unused()
        """,
        test_lib="""
        def test_first(shared): pass
        def test_second(shared): pass
        def test_third(request): request.getfixturevalue("capsys")
        """,
    )
    seen = project.record()
    assert seen.entered("test_lib.py::test_first[a]", "lib.py") == {1, 7}
    assert seen.entered("test_lib.py::test_second[b]", "lib.py") == {1, 7}
    assert seen.entered("test_lib.py::test_third", "lib.py") == set()
    names = {owner.name for owner in seen.test("test_lib.py::test_first[a]").owners}
    assert "::shared[0]@test_lib.py" in names
    assert "::shared[1]@test_lib.py" not in names


def test_class_set_up_of_unittest_belongs_to_all_its_tests(project: Project) -> None:
    project.write(
        test_case="""
        import lib, unittest

        class Base(unittest.TestCase):
            @classmethod
            def setUpClass(cls):
                lib.one()

            def test_inherited(self):
                lib.two()

        class TestMore(Base):
            def test_own(self):
                for number in (1, 2):
                    with self.subTest(number=number):
                        self.assertEqual(number, number)
        """
    )
    seen = project.record()
    assert 1 in seen.entered("test_case.py::TestMore::test_own", "lib.py")
    inherited = seen.test("test_case.py::TestMore::test_inherited")
    assert inherited.definition == "test_case.py::Base.test_inherited"


def test_what_an_import_runs_belongs_to_the_import(project: Project) -> None:
    project.write(
        registry="""
        import lib

        VALUE = lib.one()

        class Table:
            size = lib.two()
        """,
        test_import="""
        def test_lazy():
            import registry

        def test_late():
            import registry
        """,
    )
    seen = project.record()
    registry = seen.seen("import", "registry.py")
    assert registry.starts["lib.py"] == {1, 4}
    assert Site("lib.py", 1) in registry.causes[3]
    assert Site("lib.py", 4) not in registry.causes[3]
    assert registry.causes[6] == {Site("lib.py", 1), Site("lib.py", 4)}
    lazy = seen.seen("test", "test_import.py::test_lazy")
    assert lazy.imports["registry.py"] == Site("test_import.py", 2)
    assert "lib.py" not in lazy.starts


def test_generators_belong_to_every_test_that_resumes_them(project: Project) -> None:
    project.write(
        tally="""
        def count():
            n = 0
            while True:
                n += 1
                yield n

        COUNTER = count()
        """,
        test_tally="""
        import tally

        def test_first(): next(tally.COUNTER)
        def test_second(): next(tally.COUNTER)
        """,
    )
    seen = project.record()
    for name in ("first", "second"):
        assert seen.seen("test", f"test_tally.py::test_{name}").starts["tally.py"] == {1}


def test_threads_and_async_code_belong_to_the_test(project: Project) -> None:
    project.write(
        test_lib="""
        import asyncio, threading, lib

        async def work():
            return lib.two()

        def test_thread():
            thread = threading.Thread(target=lib.one)
            thread.start()
            thread.join()

        def test_async():
            assert asyncio.run(work()) == 2
        """
    )
    seen = project.record()
    assert seen.seen("test", "test_lib.py::test_thread").starts["lib.py"] == {1}
    assert seen.seen("test", "test_lib.py::test_async").starts["lib.py"] == {1, 4}


def test_files_listings_absences_and_variables(project: Project) -> None:
    project.file("data/case.json", "{}")
    project.write(
        test_use="""
        import os, pathlib, pytest
        HERE = pathlib.Path(__file__).parent

        def test_read(): (HERE / "data" / "case.json").read_text()
        def test_list(): sorted(HERE.joinpath("data").iterdir())
        def test_absent():
            with pytest.raises(OSError):
                open(HERE / "no.txt")
            try:
                import no_such_module
            except ImportError:
                pass
        def test_env():
            os.environ.get("TDAD_A"); "TDAD_B" in os.environ; dict(os.environ)
            with pytest.raises(KeyError):
                os.environ["TDAD_C"]
        """
    )
    seen = project.record()
    used = {
        name: seen.seen("test", f"test_use.py::test_{name}").used
        for name in ("read", "list", "absent", "env")
    }
    assert used["read"] == {Used(Use.READ, "data/case.json")}
    assert used["list"] == {Used(Use.LISTED, "data")}
    assert used["absent"] == {Used(Use.ABSENT, "no.txt"), Used(Use.NO_MODULE, "no_such_module")}
    assert used["env"] == {Used(Use.ENV, f"TDAD_{letter}") for letter in "ABC"}
    assert seen.run.environment.variables["TDAD_A"] == ""


def test_parametrisation_that_runs_code_belongs_to_collection(project: Project) -> None:
    project.write(
        conftest="""
        import lib

        def pytest_generate_tests(metafunc):
            metafunc.parametrize("n", range(lib.two()))
        """,
        test_lib="def test_n(n): pass\n",
    )
    seen = project.record()
    assert 4 in seen.entered("test_lib.py::test_n[0]", "lib.py")


def test_outcomes(project: Project) -> None:
    project.write(
        test_ends="""
        import pytest

        @pytest.fixture
        def broken(): raise ValueError

        def test_passed(): pass
        def test_failed(): assert 0
        def test_error(broken): pass
        def test_skipped(): pytest.skip("so")
        @pytest.mark.xfail
        def test_xfailed(): assert 0
        @pytest.mark.xfail
        def test_xpassed(): pass
        """
    )
    assert project.run().returncode == 1
    for test in project.read().run.tests:
        assert test.node_id.endswith(test.status.value)


def test_lines(project: Project) -> None:
    project.write(
        branch="""
        def choose(flag):
            if flag:
                return 1
            return 2
        """,
        test_branch="""
        import branch
        def test_yes(): branch.choose(True)
        def test_no(): branch.choose(False)
        """,
    )
    seen = project.record(lines=True)
    assert seen.seen("test", "test_branch.py::test_yes").lines["branch.py"] >= {2, 3}
    assert 4 not in seen.seen("test", "test_branch.py::test_yes").lines["branch.py"]
    assert seen.seen("test", "test_branch.py::test_no").lines["branch.py"] >= {2, 4}
    assert seen.run.granularity == "lines"


def test_doctests(project: Project) -> None:
    project.file(
        "documented.py",
        '''
        import lib

        def shown():
            """
            >>> shown()
            2
            """
            return lib.two()
        ''',
    )
    project.file("read.txt", ">>> import lib\n>>> lib.one()\n1\n")
    seen = project.record("--doctest-modules", "--doctest-glob=*.txt")
    assert seen.seen("test", "documented.py::documented.shown").starts["lib.py"] == {1, 4}
    assert seen.test("documented.py::documented.shown").definition == "documented.py::shown"
    assert seen.seen("test", "read.txt::read.txt").starts["lib.py"] == {1}
    assert Used(Use.READ, "read.txt") in seen.seen("test", "read.txt::read.txt").used


@pytest.mark.parametrize("how", ["os._exit(3)", "os.kill(os.getpid(), 9)"])
def test_a_crash_keeps_the_finished_tests(project: Project, how: str) -> None:
    project.write(
        test_crash=f"""
        import lib, os
        def test_done(): lib.one()
        def test_dies(): {how}
        def test_never(): pass
        """
    )
    assert project.run().returncode
    seen = project.read()
    assert seen.test("test_crash.py::test_done").status is Status.PASSED
    assert seen.test("test_crash.py::test_dies").status is Status.CRASHED
    assert seen.seen("test", "test_crash.py::test_done").starts["lib.py"] == {1}
    assert seen.run.digests["lib.py"]
    assert not seen.run.complete


def test_node_ids_are_relative_to_the_project(project: Project) -> None:
    project.file("sub/pytest.ini", "[pytest]\n")
    project.file("sub/test_here.py", "def test_here(): pass\n")
    seen = project.record(cwd="sub")
    assert [test.node_id for test in seen.run.tests] == ["sub/test_here.py::test_here"]


def test_tests_that_break_everything_do_not_disturb(project: Project) -> None:
    project.write(
        test_nasty="""
        import builtins, os, sys, time, lib

        def test_patched(monkeypatch):
            def no(*args, **kwargs): raise RuntimeError
            for thing, name in ((builtins, "open"), (os, "listdir"), (os, "write"), (os, "stat")):
                monkeypatch.setattr(thing, name, no)
            monkeypatch.setattr(time, "time", no)
            monkeypatch.setattr(os, "environ", {})

        def test_chdir(tmp_path, monkeypatch):
            monkeypatch.chdir(tmp_path)
            lib.one()

        def test_modules():
            before = dict(sys.modules)
            sys.modules.clear()
            sys.modules.update(before)

        def test_descriptors():
            os.closerange(20, 2000)

        def test_trace():
            sys.settrace(None)
            sys.setprofile(None)

        def test_profile():
            import cProfile
            cProfile.Profile().runcall(lib.one)

        def test_after():
            lib.two()
        """
    )
    seen = project.record("-W", "error", "-p", "no:asyncio")
    assert len(seen.run.tests) == 7
    assert seen.seen("test", "test_nasty.py::test_after").starts["lib.py"] == {1, 4}
    assert seen.seen("test", "test_nasty.py::test_chdir").starts["lib.py"] == {1}


def test_pytest_sees_no_difference(project: Project) -> None:
    project.write(
        test_fails="""
        import os, lib
        def test_key(): os.environ["TDAD_MISSING"]
        def test_assert(): assert lib.two() == 3
        """
    )
    with_probe = stable(project.run("--tb=native").stdout)
    without = stable(project.run("--tb=native", TDAD_PROBE="").stdout)
    assert "KeyError" in without
    assert with_probe == without


def stable(output: str) -> str:
    """Drop what differs between any two runs: addresses and durations."""
    return re.sub(r"0x[0-9a-f]+|in [0-9.]+s", "", output)


def test_kinds_of_owners_are_those_of_the_facts() -> None:
    from tdad.trace.probe import owners

    kinds = {owners.TEST, owners.FIXTURE, owners.IMPORT, owners.COLLECT, owners.SESSION}
    assert kinds == {kind.value for kind in OwnerKind}

from __future__ import annotations

from tdad.runner.unittests import (
    MOST,
    blamed,
    by_folder,
    command,
    fitting,
    folder_of,
    group_of,
    last_line,
    path_of,
    places_of,
    portions,
)


def test_labels_are_relative_to_the_runner():
    ids = ["tests/a/tests.py::A::test_b", "tests/test_c.py"]
    assert command("python tests/runtests.py -v2 {tests}", "/env/python", ids) == [
        "/env/python", "tests/runtests.py", "-v2", "a.tests.A.test_b", "test_c",
    ]  # fmt: skip
    assert command("python -m unittest {tests}", "/p", ids)[3:] == [
        "tests.a.tests.A.test_b",
        "tests.test_c",
    ]


def test_a_module_is_found_again():
    assert folder_of(["python", "tests/runtests.py"]) == "tests"
    assert path_of("a.tests", "tests", ["tests/a/tests.py"]) == "tests/a/tests.py"
    assert path_of("a", ".", ["a/__init__.py"]) == "a/__init__.py"
    assert path_of("a.tests.Shop", "tests", ["tests/a/tests.py"]) == "tests/a/tests.py::Shop"
    assert path_of("gone.tests", "tests", ["tests/a/tests.py"]) == "tests/gone/tests.py"


def test_of_a_module_that_cannot_be_imported_unittest_may_say_the_last_name_only():
    files = ["a/test_x.py", "b/test_x.py", "b/test_y.py"]
    assert places_of("test_y", ".", files, ["b/test_y.py"]) == ("b/test_y.py",)
    assert places_of("test_x", ".", files, files) == ("a/test_x.py", "b/test_x.py")
    assert places_of("b.test_x", ".", files, files) == ("b/test_x.py",)
    assert places_of("b/test_x.py", ".", files, []) == ("b/test_x.py",)
    assert places_of("test_z", ".", files, files) == ("test_z.py",)


def test_a_command_line_names_what_it_can_hold():
    tests = [f"t/test_{number % 300}.py::C{number % 900}::test_{number}" for number in range(5000)]
    assert fitting(tests[:50]) == tuple(tests[:50])
    assert fitting(tests) == tuple(f"t/test_{n % 300}.py::C{n}" for n in range(900))
    many = [f"t/test_{number}.py::C::test" for number in range(5000)]
    assert fitting(many[:2000]) == tuple(many[:2000])
    assert fitting(many) == (), "all tests have to be run"


def test_tests_are_cut_between_folders():
    tests = ["a/t.py::A::x", "b/t.py", "a/u.py::B::y", "c/t.py"]
    assert by_folder(tests) == [("a/t.py::A::x", "a/u.py::B::y", "b/t.py"), ("c/t.py",)]
    assert by_folder(tests[::2]) == [("a/t.py::A::x", "a/u.py::B::y")]
    assert last_line("Testing\nAborting: no database\n\n") == "Aborting: no database"
    assert last_line(" \n") == "the runner ended before the first test"


def test_portions_are_small_at_first_and_keep_the_order():
    tests = [f"test_{number}" for number in range(6000)]
    found = list(portions(tests))
    assert [len(one) for one in found] == [100, 300, 900, MOST, MOST, 700]
    assert [name for one in found for name in one] == tests
    assert list(portions([])) == []


def test_what_a_runner_names_at_its_end_is_to_blame():
    tests = ["tests/gis/geo/tests.py::A::x", "tests/mail/tests.py", "tests/test_c.py"]
    assert [group_of(name, "tests") for name in tests] == [
        "tests/gis",
        "tests/mail",
        "tests/test_c.py",
    ]
    assert group_of("a/t.py::A::x", ".") == "a"
    said = "Aborting: a database is required to run gis."
    assert blamed(said, tests, "tests") == {"tests/gis"}
    assert blamed("no module named 'test_c'", tests, "tests") == {"tests/test_c.py"}
    assert not blamed("Aborting: no database, regis", tests, "tests")

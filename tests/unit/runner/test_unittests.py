from __future__ import annotations

from tdad.runner.unittests import command, folder_of, path_of


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

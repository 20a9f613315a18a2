"""A copy of the package that the change brings along is not the version under test."""

from __future__ import annotations

from tdad.workflows.gate_imports import strays

IMPORTED = {"shop": "good/shop/__init__.py"}


def test_a_copy_that_the_change_brings_along():
    files = ["shop/__init__.py", "good/shop/__init__.py"]
    (why,) = strays(IMPORTED, files, {"good/shop/__init__.py"})
    assert (
        "good/shop/__init__.py, which the change brings along, instead of shop/__init__.py" in why
    )


def test_what_was_there_before_or_moved_is_none():
    files = ["shop/__init__.py", "good/shop/__init__.py"]
    assert not [*strays(IMPORTED, files, set())]
    assert not [*strays(IMPORTED, files[1:], {"good/shop/__init__.py"})]
    assert not [*strays({}, files, {"good/shop/__init__.py"})]
    assert not [
        *strays({"other": "good/shop/__init__.py"}, [*files, "other/__init__.py"], {*files})
    ]


def test_where_several_have_the_name_nobody_knows_which_is_meant():
    files = ["a/shop/__init__.py", "b/shop/__init__.py", "good/shop/__init__.py"]
    assert not [*strays(IMPORTED, files, {"good/shop/__init__.py"})]

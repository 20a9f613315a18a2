from __future__ import annotations

from tdad.facts import Change, ChangeKind, Part
from tdad.gate.renames import Renames, other_parameters, renames_of

CHANGE = Change(
    "tests/test_b.py", "Cart.test_new", ChangeKind.RENAMED, Part.WHOLE,
    old_path="tests/test_a.py", old_qualname="Cart.test_old",
)  # fmt: skip


def test_a_renamed_test_keeps_its_parameters():
    renames = renames_of([CHANGE], [])
    assert (
        renames.old_id("tests/test_b.py::Cart::test_new[1]")
        == "tests/test_a.py::Cart::test_old[1]"
    )
    assert (
        renames.old_id("tests/test_b.py::Cart::test_newer") == "tests/test_b.py::Cart::test_newer"
    )


def test_a_renamed_file_takes_its_tests_along():
    renames = renames_of([], [("tests/old.py", "tests/new.py")])
    assert renames.old_id("tests/new.py::test_a") == "tests/old.py::test_a"


def test_as_many_parameter_sets_are_matched_in_their_order():
    renames = other_parameters(
        ["t.py::f[a]", "t.py::f[b]"], ["t.py::f[x]", "t.py::f[y]"], Renames()
    )
    assert renames.old_id("t.py::f[x]") == "t.py::f[a]"
    assert renames.old_id("t.py::f[y]") == "t.py::f[b]"


def test_more_or_fewer_parameter_sets_are_not_matched():
    renames = other_parameters(["t.py::f[a]"], ["t.py::f[x]", "t.py::f[y]"], Renames())
    assert renames.old_id("t.py::f[x]") == "t.py::f[x]"

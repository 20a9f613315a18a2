from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdad.report.ids import files_of, from_cwd, to_cwd

ROOT = Path("/home/me/shop")


@pytest.mark.parametrize(
    ("cwd", "shown"),
    [
        ("", "tests/test_a.py::test_x[a/b::c]"),
        ("tests", "test_a.py::test_x[a/b::c]"),
        ("src/pkg", "../../tests/test_a.py::test_x[a/b::c]"),
    ],
)
def test_only_the_file_part_is_translated(cwd, shown):
    node_id = "tests/test_a.py::test_x[a/b::c]"
    assert to_cwd(node_id, ROOT, ROOT / cwd) == shown
    assert from_cwd(shown, ROOT, ROOT / cwd) == node_id


parts = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=5)
paths = st.lists(parts, min_size=1, max_size=4).map("/".join)


@given(
    path=paths, below=st.one_of(st.just(""), paths), rest=st.sampled_from(["", "::f", "::T::f[x]"])
)
def test_there_and_back(path, below, rest):
    cwd = ROOT / below
    assert from_cwd(to_cwd(path + rest, ROOT, cwd), ROOT, cwd) == path + rest


def test_an_id_that_is_relative_to_the_root_is_understood_in_a_sub_directory(tmp_path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").touch()
    assert from_cwd("tests/test_a.py::t", tmp_path, tmp_path / "tests") == "tests/test_a.py::t"


def test_a_file_outside_the_project_stays_what_it_is():
    assert from_cwd("../../else/test_a.py::t", ROOT, ROOT) == "../../else/test_a.py::t"


def test_files_keep_the_order_of_their_best_test():
    assert files_of(["b.py::x", "a.py::y", "b.py::z"]) == ["b.py", "a.py"]


def test_separators_are_slashes():
    assert os.sep not in to_cwd("a/b.py", ROOT, ROOT / "c").replace("/", "")

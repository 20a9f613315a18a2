"""Sets of parameters whose ids are others in every process are found by their places."""

from __future__ import annotations

import runpy
from pathlib import Path

from tdad.facts import Status
from tdad.runner.suite import INJECT
from tdad.runner.witnessed import Wanted, _document
from tdad.workflows.gate_spots import as_many, spots_of

Choice = runpy.run_path(str(Path(INJECT) / "tdad_wanted.py"))["Choice"]
BEFORE = ["a.py::f[x1]", "a.py::g", "a.py::f[x2]", "a.py::h[1]"]
NOW = ["a.py::f[y1]", "a.py::g", "a.py::f[y2]", "a.py::h[1]"]


def chosen(names: list[str], **wanted: object) -> dict[str, str]:
    """Test that is run → what it was asked for as."""
    choice = Choice(_document(Wanted(**wanted)))  # type: ignore[arg-type]
    choice.match(names)
    return {name: choice.aliases.get(name, name) for name in names if choice.wanted(name)}


def test_a_place_is_counted_within_the_function():
    spots = spots_of(["a.py::f[x2]", "a.py::g", "a.py::h[9]"], BEFORE)
    assert spots == {"a.py::f[x2]": (1, 2)}


def test_a_set_that_is_not_there_is_found_by_its_place():
    asked = ("a.py::f[x2]", "a.py::h[1]")
    spots = spots_of(asked, BEFORE)
    assert chosen(NOW, ids=asked, spots=spots) == {"a.py::f[y2]": asked[0], asked[1]: asked[1]}
    assert chosen(BEFORE, ids=asked, spots=spots) == {name: name for name in asked}
    more = [*NOW, "a.py::f[y3]"]
    assert chosen(more, ids=asked, spots=spots) == {asked[1]: asked[1]}, "not as many"


def test_what_was_recorded_by_other_ids_is_run_with_all_its_sets():
    asked = ("a.py::f[x2]",)
    assert list(chosen(NOW, ids=asked, loose=True)) == ["a.py::f[y1]", "a.py::f[y2]"]
    assert list(chosen(BEFORE, ids=asked, loose=True)) == list(asked)
    recorded = dict.fromkeys(BEFORE, Status.PASSED)
    assert as_many(recorded, NOW) == {"a.py::f", "a.py::h"}
    assert as_many(recorded, NOW[1:]) == {"a.py::h"}

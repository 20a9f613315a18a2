"""What is said where files of the versions that are compared are not here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Event

from tdad.facts_gate import Judged, Verdict
from tdad.runner.sandbox import Strictness, choose
from tdad.workflows.gate_ground import Field, Side
from tdad.workflows.gate_missing import hidden_by_missing, notes_of_missing
from tdad.workflows.gate_options import GateOptions
from tdad.workflows.project import open_project


def sides(baseline: Sequence[str] = (), head: Sequence[str] = ()) -> Field:
    place, confinement = Path(), choose(Strictness.OFF)
    project, options = open_project(place), GateOptions(base="main")

    def side(name: str, commit: str, pointers: Sequence[str]) -> Side:
        return Side(
            name,
            commit * 40,
            project,
            place,
            confinement,
            options,
            Event(),
            pointers=tuple(pointers),
        )

    return Field(side("head", "b", head), side("baseline", "a", baseline), confinement, place)


FAILING = Judged("test_a.py::test_a", Verdict.STILL_FAILING, 5)


def test_contents_that_only_the_baseline_lacks_leave_what_fails_on_both_sides_open():
    (why,) = hidden_by_missing(sides(baseline=["a.bin"]), [FAILING])
    assert why.endswith(f"git lfs fetch origin {'a' * 12}")
    assert not [*hidden_by_missing(sides(baseline=["a.bin"]), [])]
    assert not [*hidden_by_missing(sides(["a.bin"], ["a.bin"]), [FAILING])], (
        "as in the user's tree"
    )


def test_the_command_names_the_commits_that_lack_something():
    (note,) = notes_of_missing(sides(["a.bin"], ["a.bin", "b.bin"]))
    assert "the contents of 2 files" in note
    assert note.endswith(f"git lfs fetch origin {'a' * 12} {'b' * 12}")
    assert not [*notes_of_missing(sides())]

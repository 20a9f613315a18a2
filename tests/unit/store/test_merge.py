from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tdad.facts import FileFacts, Owner, Run, Status, Use, Used
from tdad.store import open_map
from tests.unit.store.builders import (
    PYTHON_311,
    digest,
    fixture,
    imported,
    record,
    run,
    saw,
    test_owner,
)

A, B = "tests/test_a.py::test_a", "tests/test_b.py::test_b"
DB = fixture("conftest.py::db@tests")


def made(path: Path, runs: Iterable[Run]) -> Path:
    path.unlink(missing_ok=True)
    with open_map(path, mode="write") as opened:
        for one in runs:
            opened.save(one, {})
    return path


def merged(into: Path, other: Path) -> str:
    with open_map(into, mode="write") as one, open_map(other, mode="read") as two:
        one.merge(two)
        return json.dumps(one.export_document())


def test_shards_of_one_commit_become_one_map(tmp_path: Path) -> None:
    one = made(tmp_path / "1", [run(1, {A: {"m.py": [1]}})])
    two = made(tmp_path / "2", [run(2, {B: {"m.py": [2]}}, environment=PYTHON_311)])
    merged(one, two)

    with open_map(one, mode="read") as opened:
        recorded = opened.recorded()
        assert list(recorded.tests) == [A, B]
        assert recorded.entered("m.py", digest("m.py")) == {test_owner(A): {1}, test_owner(B): {2}}
        assert recorded.environment_of(B) == PYTHON_311
        assert opened.stats().python == ("cpython 3.11.9", "cpython 3.13.0")


def test_the_newest_record_wins_whichever_way_round(tmp_path: Path) -> None:
    old = [run(1, {A: {"m.py": [1]}})]
    new = [run(2, [record(A, status=Status.FAILED)], versions={"m.py": 2})]
    for first, second in ((old, new), (new, old)):
        one, two = made(tmp_path / "1", first), made(tmp_path / "2", second)
        merged(one, two)
        with open_map(one, mode="read") as opened:
            assert opened.recorded().tests[A].status is Status.FAILED
            assert opened.recorded(1).tests[A].status is Status.PASSED


def test_facts_come_along(tmp_path: Path) -> None:
    one = made(tmp_path / "1", [])
    facts = FileFacts("m.py", digest("m.py"), "m")
    with open_map(tmp_path / "2", mode="write") as opened:
        opened.save(run(1, {A: {"m.py": [1]}}), {"m.py": facts})
    merged(one, tmp_path / "2")

    with open_map(one, mode="read") as opened:
        assert opened.recorded().facts("m.py", digest("m.py")) == facts


def test_a_map_merged_with_itself_is_the_same(tmp_path: Path) -> None:
    runs = [run(n, {A: {"m.py": [n]}, B: {}}, saw(DB, {"m.py": [n]})) for n in (1, 2, 3)]
    one, two = made(tmp_path / "1", runs), made(tmp_path / "2", runs)
    with open_map(one, mode="read") as opened:
        before = json.dumps(opened.export_document())

    assert merged(one, two) == before


NODE_IDS = st.sampled_from([A, B, "tests/test_a.py::test_c[0]", "test_root.py::T::test_d"])
ENTERED = st.dictionaries(
    st.sampled_from(["m.py", "n.py"]), st.sets(st.integers(1, 4), min_size=1), max_size=2
)
USES = st.lists(
    st.builds(Used, st.sampled_from([Use.READ, Use.ENV]), st.sampled_from("xy")), max_size=2
)


@st.composite
def some_run(draw: st.DrawFn, number: int) -> Run:
    owners: list[Owner] = draw(st.sampled_from([[], [DB]]))
    tests = draw(st.sets(NODE_IDS, min_size=1))
    observations = [saw(test_owner(one), draw(ENTERED), *draw(USES)) for one in sorted(tests)]
    observations += [saw(DB, draw(ENTERED)), saw(imported("m.py"), draw(ENTERED))]
    records = [
        record(one, *owners, status=draw(st.sampled_from([Status.PASSED, Status.FAILED])))
        for one in sorted(tests)
    ]
    versions = draw(st.dictionaries(st.sampled_from(["m.py", "n.py"]), st.integers(1, 2)))
    return run(number, records, *observations, versions=versions)


@st.composite
def two_histories(draw: st.DrawFn) -> tuple[list[Run], list[Run]]:
    runs = [draw(some_run(number)) for number in range(1, draw(st.integers(2, 7)))]
    sides = [draw(st.integers(0, 2)) for _ in runs]
    return (
        [one for one, side in zip(runs, sides, strict=True) if side in {0, 2}],
        [one for one, side in zip(runs, sides, strict=True) if side in {1, 2}],
    )


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories=two_histories())
def test_the_order_of_merging_does_not_matter(
    histories: tuple[list[Run], list[Run]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        one, other = histories
        names = [Path(folder, name) for name in "abcd"]
        there = merged(made(names[0], one), made(names[1], other))
        back = merged(made(names[2], other), made(names[3], one))

    assert there == back

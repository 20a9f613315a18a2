from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tdad.errors import MapLocked
from tdad.facts_flaky import Flakes, Sample
from tdad.store import open_map, schema
from tdad.store.flakes import FADES_S, SAMPLES, TESTS, joined
from tests.unit.store.builders import run

A, B = "tests/test_a.py::test_a", "tests/test_b.py::test_b"
DAY_S = 24 * 3600.0


def sample(day: float, asked: int = 4, failed: int = 1, *, flaky: bool = True) -> Sample:
    return Sample(day * DAY_S, asked, failed, flaky)


def test_what_gates_found_out_is_added_up(tmp_path: Path) -> None:
    path = tmp_path / "map.sqlite3"
    with open_map(path, mode="write") as opened:
        opened.add_flakes({A: sample(1), B: sample(1, 3, 0)})
        opened.add_flakes({A: sample(2, 2, 2, flaky=False)})
    with open_map(path, mode="read") as opened:
        found = opened.flakes()
    assert list(found) == [A, B]
    assert (found[A].asked, found[A].failed, found[A].rate) == (6, 3, 0.5)
    assert found[B].samples == (sample(1, 3, 0),)


def test_it_survives_recordings_and_goes_with_the_test(tmp_path: Path) -> None:
    with open_map(tmp_path / "map.sqlite3", mode="write") as opened:
        opened.save(run(1, {A: {}, B: {}}, full=True), {})
        opened.add_flakes({A: sample(1), B: sample(1)})
        opened.save(run(2, {A: {}}), {})
        assert list(opened.flakes()) == [A, B], "not a full run"
        opened.save(run(3, {A: {}}, full=True), {}, scope=["tests/test_a.py"])
        assert list(opened.flakes()) == [A, B], "a full run of another file"
        opened.save(run(4, {A: {}}, full=True), {})
        assert list(opened.flakes()) == [A]


def test_merging_adds_up_and_counts_nothing_twice(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in "12"]
    for path, day in zip(paths, (2, 3), strict=True):
        with open_map(path, mode="write") as opened:
            opened.save(run(1, {A: {}}), {})
            opened.add_flakes({A: sample(1)})
            opened.add_flakes({A: sample(day), B: sample(day)})
    with open_map(paths[0], mode="write") as one, open_map(paths[1], mode="read") as two:
        backward = joined(two.flakes(), one.flakes())
        one.merge(two)
        one.merge(two)
        found = one.flakes()
        document = one.export_document()
    assert found == backward
    assert found[A].samples == (sample(3), sample(2), sample(1))
    assert found[B].samples == (sample(3), sample(2))
    assert json.loads(json.dumps(document))["flaky"][B] == [
        [3 * DAY_S, 4, 1, True], [2 * DAY_S, 4, 1, True]
    ]  # fmt: skip


def test_old_samples_fade() -> None:
    many = Flakes(tuple(sample(day) for day in range(100, 0, -1)))
    assert joined({A: many})[A].samples == many.samples[:SAMPLES]
    old = {A: Flakes((sample(1),)), B: Flakes((sample(2 + FADES_S / DAY_S),))}
    assert list(joined(old)) == [B]
    calm = Flakes((*(sample(day, flaky=False) for day in range(100, 76, -1)), sample(1)))
    assert joined({A: calm}) == {}, "in so many gates nobody called it flaky"
    tests = {f"t.py::{number}": Flakes((sample(number / 1000),)) for number in range(TESTS + 5)}
    assert set(joined(tests)) == set(list(tests)[5:])


def test_a_map_of_an_earlier_version_has_none_until_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "map.sqlite3"
    with open_map(path, mode="write") as opened:
        opened.save(run(1, {A: {"m.py": [1]}}), {})
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE flaky_file")
    connection.execute("PRAGMA user_version = 2")
    connection.commit()
    connection.close()

    with open_map(path, mode="read") as opened:
        assert opened.flakes() == {}
        assert list(opened.recorded().tests) == [A]
    with open_map(tmp_path / "new", mode="write") as new, open_map(path, mode="read") as opened:
        new.add_flakes({B: sample(1)})
        new.merge(opened)
        assert list(new.flakes()) == [B]
    with open_map(path, mode="write") as opened:
        opened.add_flakes({A: sample(1)})
        assert list(opened.flakes()) == [A]
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
    connection.close()


def test_who_waits_for_another_writer_gives_up_in_time(tmp_path: Path) -> None:
    path = tmp_path / "map.sqlite3"
    with open_map(path, mode="write") as opened, open_map(path, mode="write") as other:
        other.add_flakes({A: sample(1)})
        other.rows.connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(MapLocked):
            opened.add_flakes({A: sample(2)}, wait_s=0.05)
        other.rows.connection.execute("ROLLBACK")
        assert opened.flakes()[A].samples == (sample(1),)

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tdad.facts import FileFacts, Observation, Owner, OwnerKind, Site, Status, Use, Used
from tdad.store import Map, open_map
from tests.unit.store.builders import digest, fixture, imported, record, run, saw, test_owner

A, B = "tests/test_a.py::test_a", "tests/test_b.py::TestB::test_b[1-x]"
DB = fixture("tests/conftest.py::db@tests")


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Map]:
    with open_map(tmp_path / ".tdad" / "map.sqlite3", mode="write") as found:
        yield found


def test_a_recorded_run_answers_the_questions_of_the_graph(opened: Map) -> None:
    opened.save(
        run(
            1,
            [record(A, DB), record(B)],
            saw(test_owner(A), {"shop.py": [3, 900]}, Used(Use.READ, "prices.csv")),
            saw(test_owner(B), {"shop.py": [3]}, Used(Use.ABSENT, "local.cfg")),
            saw(DB, {"db.py": [7]}),
            Observation(
                imported("shop.py"),
                {"shop.py": frozenset({20})},
                causes={5: frozenset({Site("shop.py", 20)})},
                imports={"db.py": Site("shop.py", 1)},
                used=frozenset({Used(Use.MODULE, "numpy", 2)}),
            ),
        ),
        {"shop.py": FileFacts("shop.py", digest("shop.py"), "shop")},
    )
    recorded = opened.recorded()

    assert list(recorded.tests) == [A, B]
    assert recorded.tests[A] == record(A, DB)
    assert recorded.tests[B] == record(B)
    assert recorded.granularity == "functions"
    assert recorded.environment is not None
    assert recorded.environment.packages == {"numpy": "2.1.0"}
    assert recorded.versions("shop.py") == [digest("shop.py")]
    assert recorded.versions("local.cfg") == [""]
    assert recorded.versions("unknown.py") == []
    assert recorded.entered("shop.py", digest("shop.py")) == {
        test_owner(A): {3, 900},
        test_owner(B): {3},
        imported("shop.py"): {20},
    }
    assert recorded.entered("shop.py", "other") == {}
    assert recorded.executed("shop.py", digest("shop.py")) == {}
    assert recorded.inheritors(DB) == [A]
    assert recorded.inheritors(test_owner(B)) == (B,)
    assert recorded.inheritors(Owner(OwnerKind.SESSION, "")) == (A, B)
    assert recorded.inheritors(imported("shop.py")) == ()
    assert recorded.users(Use.READ, "prices.csv") == {test_owner(A): ()}
    assert recorded.users(Use.MODULE, "numpy") == {imported("shop.py"): (2,)}
    assert recorded.used_names(Use.ABSENT) == ["local.cfg"]
    assert recorded.importers("db.py") == {imported("shop.py"): (Site("shop.py", 1),)}
    assert recorded.causes(Site("shop.py", 20)) == (Site("shop.py", 5),)
    assert recorded.causes(Site("shop.py", 3)) == ()
    assert recorded.breadth(A) == 3
    assert recorded.facts("shop.py", digest("shop.py")) is not None
    assert recorded.facts("db.py", digest("db.py")) is None
    assert "db.py" in recorded.paths()


def test_executed_lines_are_kept_apart_from_first_lines(opened: Map) -> None:
    seen = Observation(
        test_owner(A), {"m.py": frozenset({1})}, lines={"m.py": frozenset({1, 2, 400})}
    )
    opened.save(run(1, [record(A)], seen, granularity="lines"), {})
    recorded = opened.recorded()

    assert recorded.granularity == "lines"
    assert recorded.executed("m.py", digest("m.py")) == {test_owner(A): {1, 2, 400}}
    assert recorded.entered("m.py", digest("m.py")) == {test_owner(A): {1}}


def test_several_observations_of_one_owner_are_united(opened: Map) -> None:
    opened.save(
        run(1, [record(A)], saw(test_owner(A), {"m.py": [1]}), saw(test_owner(A), {"m.py": [2]})),
        {},
    )

    assert opened.recorded().entered("m.py", digest("m.py")) == {test_owner(A): {1, 2}}


def test_tests_that_did_not_run_keep_their_record(opened: Map) -> None:
    opened.save(run(1, {A: {"m.py": [1]}, B: {"m.py": [2]}}), {})
    opened.save(run(2, {A: {"m.py": [3]}}, versions={"m.py": 2}), {})
    recorded = opened.recorded()

    assert recorded.versions("m.py") == [digest("m.py", 2), digest("m.py")]
    assert recorded.entered("m.py", digest("m.py", 2)) == {test_owner(A): {3}}
    assert recorded.entered("m.py", digest("m.py")) == {test_owner(B): {2}}
    assert recorded.during("m.py", digest("m.py")) == {B}
    assert recorded.during("m.py", digest("m.py", 2)) == {A}


def test_the_generation_before_has_the_older_record_and_only_that(opened: Map) -> None:
    opened.save(run(1, {A: {"m.py": [1]}, B: {"m.py": [2]}}), {})
    opened.save(run(2, {A: {"m.py": [3]}}, versions={"m.py": 2}), {})
    older = opened.recorded(1)

    assert list(older.tests) == [A]
    assert older.entered("m.py", digest("m.py")) == {test_owner(A): {1}}
    assert older.versions("m.py") == [digest("m.py")]
    assert opened.recorded(2).tests == {}


def test_the_same_content_again_makes_no_second_record(opened: Map) -> None:
    opened.save(run(1, {A: {"m.py": [1]}}), {})
    again = run(2, [record(A, status=Status.FAILED)], saw(test_owner(A), {"m.py": [1]}))
    opened.save(again, {})

    assert opened.recorded(1).tests == {}
    newest = opened.recorded().tests[A]
    assert (newest.status, newest.recent) == (Status.FAILED, (Status.PASSED,))
    assert opened.stats().runs == 1


def test_going_back_to_a_known_version_makes_its_record_the_newest(opened: Map) -> None:
    for number, version in ((1, 1), (2, 2), (3, 1)):
        opened.save(run(number, {A: {"m.py": [1]}}, versions={"m.py": version}), {})

    assert opened.recorded().versions("m.py") == [digest("m.py")]
    assert opened.recorded(1).versions("m.py") == [digest("m.py", 2)]
    assert opened.recorded(2).tests == {}


def test_only_four_records_and_ten_outcomes_are_kept(opened: Map) -> None:
    for number in range(1, 15):
        opened.save(run(number, {A: {"m.py": [1]}}, versions={"m.py": number}), {})

    assert [len(opened.recorded(k).tests) for k in range(5)] == [1, 1, 1, 1, 0]
    assert opened.recorded().tests[A].recent == (Status.PASSED,) * 10
    assert opened.recorded(3).versions("m.py") == [digest("m.py", 11)]


def test_saving_one_run_twice_changes_nothing(opened: Map) -> None:
    one = run(1, [record(A, DB)], saw(test_owner(A), {"m.py": [1]}), saw(DB, {"m.py": [9]}))
    opened.save(one, {})
    before = opened.export_document()
    opened.save(one, {})

    assert opened.export_document() == before
    assert opened.recorded().tests[A].recent == ()


def test_a_full_run_drops_tests_that_are_gone(opened: Map) -> None:
    opened.save(run(1, {A: {}, B: {}}), {})
    opened.save(run(2, {A: {}}, full=True), {})

    assert list(opened.recorded().tests) == [A]
    assert opened.recorded().complete


def test_an_interrupted_or_partial_run_drops_nothing(opened: Map) -> None:
    opened.save(run(1, {A: {}, B: {}}), {})
    opened.save(run(2, {A: {}}, full=True, complete=False), {})
    opened.save(run(3, {A: {}}, full=False), {})

    assert list(opened.recorded().tests) == [A, B]
    assert not opened.recorded().complete


def test_a_full_run_of_some_paths_drops_only_there(opened: Map) -> None:
    opened.save(run(1, {A: {}, "tests/test_a.py::old": {}, "unit/test_c.py::old": {}, B: {}}), {})
    opened.save(run(2, {A: {}}, full=True), {}, scope=["tests/test_a.py", "unit"])

    assert list(opened.recorded().tests) == [A, B]
    assert not opened.recorded().complete


def test_a_folder_in_the_scope_is_no_prefix_of_names(opened: Map) -> None:
    opened.save(run(1, {"tests_more/test_a.py::a": {}}), {})
    opened.save(run(2, {A: {}}, full=True), {}, scope=["tests"])

    assert set(opened.recorded().tests) == {"tests_more/test_a.py::a", A}


def test_a_full_run_puts_the_tests_in_its_order(opened: Map) -> None:
    opened.save(run(1, {B: {}, A: {}}), {})
    opened.save(run(2, {A: {}, "tests/test_a.py::z": {}, B: {}}, full=True), {})

    assert list(opened.recorded().tests) == [A, "tests/test_a.py::z", B]


def test_each_test_inherits_the_fixture_instance_of_its_own_run(opened: Map) -> None:
    opened.save(run(1, [record(A, DB), record(B, DB)], saw(DB, {"m.py": [1]})), {})
    opened.save(run(2, [record(A, DB)], saw(DB, {"m.py": [2]}), versions={"m.py": 2}), {})
    recorded = opened.recorded()

    older = Owner(DB.kind, f"{DB.name}~2")
    assert recorded.tests[A].owners == (DB,)
    assert recorded.tests[B].owners == (older,)
    assert recorded.entered("m.py", digest("m.py", 2)) == {DB: {2}}
    assert recorded.entered("m.py", digest("m.py")) == {older: {1}}
    assert recorded.inheritors(DB) == [A]
    assert recorded.inheritors(older) == [B]


def test_a_file_that_changed_during_the_run_has_the_empty_digest(opened: Map) -> None:
    one = run(1, {A: {"m.py": [1]}})
    opened.save(replace(one, digests={**one.digests, "m.py": ""}), {})

    assert opened.recorded().versions("m.py") == [""]
    assert opened.recorded().entered("m.py", "") == {test_owner(A): {1}}


def test_what_nothing_refers_to_is_gone_from_every_table(opened: Map) -> None:
    for number in range(1, 40):
        facts = FileFacts("m.py", digest("m.py", number), "m")
        seen = saw(DB, {"m.py": [number]}, Used(Use.ENV, f"V{number}"))
        opened.save(run(number, [record(A, DB)], seen, versions={"m.py": number}), {"m.py": facts})

    assert opened.recorded().used_names(Use.ENV) == ["V39"]
    with sqlite3.connect(opened.path) as reader:
        rows = {
            table: reader.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("run", "version", "trace", "facts", "environment")
        }
    reader.close()
    # Four records; the test file itself has one version throughout.
    assert rows == {"run": 4, "version": 5, "trace": 4, "facts": 4, "environment": 1}


def test_the_file_does_not_grow_when_the_same_is_recorded_again(opened: Map) -> None:
    tests = {f"tests/test_a.py::test_{n}": {"m.py": [n, n + 1]} for n in range(300)}
    sizes = []
    for number in range(1, 31):
        opened.save(run(number, tests, versions={"m.py": number}), {})
        with sqlite3.connect(opened.path) as reader:
            sizes.append(reader.execute("PRAGMA page_count").fetchone()[0])
        reader.close()

    assert max(sizes[10:]) <= 1.25 * min(sizes[10:])


def test_names_that_are_no_unicode_are_kept(opened: Map) -> None:
    odd = "tests/test_\udcff.py::test_\ud800"
    opened.save(run(1, {odd: {"m\udcff.py": [1]}}), {})

    assert list(opened.recorded().tests) == [odd]
    assert opened.recorded().paths() == ["m\udcff.py", "tests/test_\udcff.py"]


def test_an_error_while_saving_leaves_the_map_as_it_was(opened: Map) -> None:
    opened.save(run(1, {A: {"m.py": [1]}}), {})
    before = opened.export_document()
    with pytest.raises(ValueError, match="negative"):
        opened.save(run(2, {A: {"m.py": [-1]}, B: {}}), {})

    assert opened.export_document() == before

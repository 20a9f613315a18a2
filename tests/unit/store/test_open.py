from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from tdad.errors import MapCorrupt, MapLocked, MapNewer, MapNotFound, NotAMap
from tdad.store import migrations, open_map, schema
from tests.unit.store.builders import run

A = "test_a.py::test_a"


def test_no_map_says_how_to_make_one(tmp_path: Path) -> None:
    with (
        pytest.raises(MapNotFound, match="pytest --tdad-map"),
        open_map(tmp_path / "no", mode="read"),
    ):
        pass
    assert not list(tmp_path.iterdir())


def test_the_folder_ignores_itself_in_git(tmp_path: Path) -> None:
    with open_map(tmp_path / ".tdad" / "map.sqlite3", mode="write"):
        pass

    assert (tmp_path / ".tdad" / ".gitignore").read_text() == "*\n"


def test_what_is_in_a_gitignore_already_stays(tmp_path: Path) -> None:
    (tmp_path / ".tdad").mkdir()
    (tmp_path / ".tdad" / ".gitignore").write_text("mine\n")
    with open_map(tmp_path / ".tdad" / "map.sqlite3", mode="write"):
        pass

    assert (tmp_path / ".tdad" / ".gitignore").read_text() == "mine\n"


def test_nothing_but_the_map_is_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "map.sqlite3"
    with open_map(path, mode="write") as opened:
        opened.save(run(1, {A: {}}), {})
    with open_map(path, mode="read") as opened:
        assert list(opened.recorded().tests) == [A]

    assert list(tmp_path.iterdir()) == [path]


def test_a_name_with_characters_of_a_uri_is_only_a_name(tmp_path: Path) -> None:
    path = tmp_path / "a?mode=memory#b%20c.sqlite3"
    with open_map(path, mode="write") as opened:
        opened.save(run(1, {A: {}}), {})

    assert path.exists()


@pytest.mark.parametrize("mode", ["read", "write"])
@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"hello", NotAMap),
        (os.urandom(5000), NotAMap),
        (b"SQLite format 3\0", MapCorrupt),
        (b"SQLite format 3\0" + b"\xff" * 5000, (NotAMap, MapCorrupt)),
    ],
)
def test_garbage_is_refused_and_kept(
    tmp_path: Path, mode: str, content: bytes, error: type[Exception]
) -> None:
    path = tmp_path / "map.sqlite3"
    path.write_bytes(content)
    with pytest.raises(error), open_map(path, mode=mode):  # type: ignore[arg-type]  # parametrised
        pass

    assert path.read_bytes() == content


@pytest.mark.parametrize("mode", ["read", "write"])
def test_the_database_of_another_program_is_refused_and_kept(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "map.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE precious (data)")
    connection.commit()
    connection.close()
    content = path.read_bytes()
    with pytest.raises(NotAMap, match="another program"), open_map(path, mode=mode):  # type: ignore[arg-type]  # parametrised
        pass

    assert path.read_bytes() == content


def test_a_folder_is_no_map(tmp_path: Path) -> None:
    with pytest.raises(NotAMap, match="directory"), open_map(tmp_path, mode="read"):
        pass


@pytest.mark.parametrize("mode", ["read", "write"])
def test_a_newer_map_is_refused_and_kept(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "map.sqlite3"
    with open_map(path, mode="write"):
        pass
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    connection.close()
    with pytest.raises(MapNewer, match="Upgrade"), open_map(path, mode=mode):  # type: ignore[arg-type]  # parametrised
        pass


def test_a_locked_map_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "map.sqlite3"
    with open_map(path, mode="write") as opened:
        opened.save(run(1, {A: {}}), {})
        opened.rows.connection.execute("PRAGMA busy_timeout = 50")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(MapLocked, match="another process"):
            opened.save(run(2, {A: {}}), {})
        assert list(opened.recorded().tests) == [A]
        other.execute("ROLLBACK")
        other.close()
        opened.save(run(2, {A: {}}), {})


def test_a_reader_keeps_its_snapshot_while_another_writes(tmp_path: Path) -> None:
    path = tmp_path / "map.sqlite3"
    with open_map(path, mode="write") as writer:
        writer.save(run(1, {A: {"m.py": [1]}}), {})
        with open_map(path, mode="read") as reader:
            recorded = reader.recorded()
            assert list(recorded.tests) == [A]
            writer.save(run(2, {"test_b.py::test_b": {"m.py": [2]}}), {})
            assert recorded.paths() == ["m.py", "test_a.py"]


def test_all_steps_of_a_migration_or_none(tmp_path: Path) -> None:
    path = tmp_path / "map.sqlite3"
    with open_map(path, mode="write") as opened:
        opened.save(run(1, {A: {}}), {})
    connection = sqlite3.connect(path, isolation_level=None)

    now = schema.VERSION

    def good(target: sqlite3.Connection) -> None:
        target.execute("ALTER TABLE run ADD COLUMN note TEXT")

    def bad(target: sqlite3.Connection) -> None:
        target.execute("ALTER TABLE nowhere ADD COLUMN note TEXT")

    with pytest.raises(sqlite3.OperationalError):
        migrations.migrate(connection, {now + 1: good, now + 2: bad}, now + 2)
    assert migrations.version_of(connection) == now
    assert "note" not in str(connection.execute("SELECT sql FROM sqlite_master").fetchall())

    migrations.migrate(connection, {now + 1: good}, now + 1)
    assert migrations.version_of(connection) == now + 1
    assert connection.execute("SELECT note FROM run").fetchall() == [(None,)]
    connection.close()


def test_every_version_has_its_step_and_its_history() -> None:
    assert sorted(schema.HISTORY) == list(range(1, schema.VERSION + 1))
    assert sorted(migrations.STEPS) == list(range(2, schema.VERSION + 1))


def test_every_column_has_a_comment() -> None:
    for statement in migrations.statements(schema.TABLES):
        for line in statement.splitlines():
            if line.startswith("    "):
                assert " -- " in line, line


def test_the_tables_of_the_schema_are_the_ones_that_are_counted() -> None:
    created = {
        statement.partition("CREATE TABLE ")[2].partition(" ")[0]
        for statement in migrations.statements(schema.TABLES)
    }
    assert created == {*schema.COUNTED, "header"}


def test_a_lost_row_is_damage_and_not_absence(tmp_path: Path) -> None:
    path = tmp_path / "map.sqlite3"
    with open_map(path, mode="write") as opened:
        opened.save(run(1, {A: {"m.py": [1]}}), {})
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM trace")
    connection.commit()
    connection.close()
    with open_map(path, mode="read") as opened:
        recorded = opened.recorded()
        with pytest.raises(MapCorrupt, match="rows of table trace"):
            [recorded.entered(name, recorded.versions(name)[0]) for name in recorded.paths()]


def test_the_reference_shows_the_tables_as_they_are() -> None:
    page = Path(__file__).parents[3] / "docs" / "reference" / "map-file.md"
    text = page.read_text(encoding="utf-8")

    assert schema.TABLES.strip() in text
    for version, what in schema.HISTORY.items():
        assert f"| {version} | {what} |" in text

"""Opening the map file: what it may turn out to be, and the ``Map`` that comes back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from tdad.errors import DiskFull, MapCorrupt, MapNewer, MapNotFound, MapReadOnly, NotAMap
from tdad.store import migrations, schema
from tdad.store.map import Map
from tdad.store.rows import BUSY_TIMEOUT_S, Rows, guarded

_MAGIC = b"SQLite format 3\0"


@contextmanager
def open_map(path: Path, *, mode: Literal["read", "write"]) -> Iterator[Map]:
    """Open the map at ``path``; ``write`` creates it (and a folder that git ignores) when it is not there.

    Raises:
        MapNotFound: nothing is there (``read`` only).
        NotAMap: what is there is something else.
        MapNewer: a newer tdad wrote it.
        MapCorrupt: it is damaged.
        MapLocked: another process wrote for longer than we wait.
        MapReadOnly: it cannot be written (``write`` only: reading needs no write access).
        DiskFull: there is no room.
    """
    with guarded(str(path)):
        connection = _connect_to_write(path) if mode == "write" else _connect_to_read(path)
    with closing(connection):
        opened = Map(Rows(connection, str(path)), path)
        yield opened
        opened.rows.end_reading()


def _connect_to_write(path: Path) -> sqlite3.Connection:
    _make_folder(path)
    _look(path, missing_ok=True)
    connection = _connect(path, "rwc")
    try:
        new = _is_empty(connection)
        if not new:
            _check_version(connection, path)
        else:
            connection.execute(f"PRAGMA page_size = {schema.PAGE_SIZE}")
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        if new:
            migrations.create(connection)
        migrations.migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_to_read(path: Path) -> sqlite3.Connection:
    _look(path, missing_ok=False)
    # Not "ro": the last one to close a WAL database needs the right to clean up behind itself.
    connection = _connect(path, "rw")
    try:
        connection.execute("PRAGMA query_only = ON")
        _check_version(connection, path)
    except sqlite3.OperationalError as error:
        connection.close()
        if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}:
            raise
        # WAL needs a file next to the map even to read. Where none can be made nobody writes either.
        connection = _connect(path, "ro", "&immutable=1")
        _check_version(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(path: Path, mode: str, more: str = "") -> sqlite3.Connection:
    uri = f"file:{quote(str(path.absolute()))}?mode={mode}{more}"
    return sqlite3.connect(
        uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        ignore = path.parent / ".gitignore"
        if path.parent.name == ".tdad" and not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise _not_writable(path, error) from error


def _not_writable(path: Path, error: OSError) -> DiskFull | MapReadOnly:
    reason = error.strerror or str(error)
    if error.errno in {28, 122, 27}:  # ENOSPC, EDQUOT, EFBIG
        return DiskFull(str(path), reason)
    return MapReadOnly(str(path), reason)


def _look(path: Path, *, missing_ok: bool) -> None:
    """Refuse what is no SQLite database of ours before SQLite creates files next to it."""
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except FileNotFoundError:
        if missing_ok:
            return
        raise MapNotFound(str(path)) from None
    except IsADirectoryError:
        raise NotAMap(str(path), "it is a directory") from None
    except NotADirectoryError:
        raise MapNotFound(str(path)) from None
    except OSError as error:
        raise MapReadOnly(str(path), error.strerror or str(error)) from error
    if not head:
        if missing_ok or path.with_name(f"{path.name}-wal").exists():
            return
        raise MapCorrupt(str(path), "the file is empty")
    if not head.startswith(_MAGIC):
        raise NotAMap(str(path), "not an SQLite database")
    if len(head) < 100:
        raise MapCorrupt(str(path), "the file is cut off")


def _is_empty(connection: sqlite3.Connection) -> bool:
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    return tables == 0 and application == 0 and migrations.version_of(connection) == 0


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    application = int(connection.execute("PRAGMA application_id").fetchone()[0])
    version = migrations.version_of(connection)
    if application != schema.APPLICATION_ID:
        raise NotAMap(str(path), "a database of another program")
    if version > schema.VERSION:
        raise MapNewer(str(path), version, schema.VERSION)
    if version == 0:
        raise MapCorrupt(str(path), "it has no schema version")

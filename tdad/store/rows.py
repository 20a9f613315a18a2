"""Rows of the map file ↔ values: the only place with SQL for the recordings and the facts.

Whatever SQLite, a frame or a codec says about damage leaves here as one of the map's errors.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tdad.errors import DiskFull, MapCorrupt, MapError, MapLocked, MapReadOnly, NotAMap
from tdad.store import schema
from tdad.store.frame import FrameError, seal, seal_json, unseal, unseal_json

BUSY_TIMEOUT_S = 10.0
"""How long we wait for another writer."""

BRIEFLY_S = 1.0
"""How long when we can do without: what is written only saves work the next time."""

_FREE_SHARE = 8
"""Shrink when more than one page in so many is free."""

_ESCAPED = "\x01"
"""Begins the keys that are stored as hex."""

_KEYS = {
    "environment": "id",
    "run": "id",
    "version": "id",
    "trace": "version",
    "test_file": "path",
    "owner_file": "path",
    "used": "how",
    "facts": "version",
    "folder": "path",
    "flaky_file": "path",
}
assert tuple(_KEYS) == schema.COUNTED


_UNREADABLE = {
    sqlite3.SQLITE_IOERR_READ,
    sqlite3.SQLITE_IOERR_SHORT_READ,
    sqlite3.SQLITE_IOERR_CORRUPTFS,
    sqlite3.SQLITE_IOERR_DATA,
}
"""Input errors that are no want of room; never call a map damaged because the disk is full."""


def explained(error: sqlite3.Error, path: str, wait_s: float = BUSY_TIMEOUT_S) -> MapError:
    """Return what ``error`` means for the user of the map at ``path``, for whose lock we waited ``wait_s``."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = (code or 0) & 0xFF
    if primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return MapLocked(path, wait_s)
    if primary == sqlite3.SQLITE_FULL or (
        primary == sqlite3.SQLITE_IOERR and code not in _UNREADABLE
    ):
        return DiskFull(path, str(error))
    if primary in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}:
        return MapReadOnly(path, str(error))
    if primary == sqlite3.SQLITE_NOTADB:
        return NotAMap(path, str(error))
    return MapCorrupt(path, str(error))


@contextmanager
def guarded(path: str, wait_s: float = BUSY_TIMEOUT_S) -> Iterator[None]:
    """Turn what SQLite and the frames complain about into the map's errors."""
    try:
        yield
    except sqlite3.Error as error:
        raise explained(error, path, wait_s) from error
    except (FrameError, UnicodeDecodeError, MemoryError, OverflowError) as error:
        # A damaged length makes SQLite or zlib ask for absurd amounts of memory.
        raise MapCorrupt(path, str(error) or type(error).__name__) from error


@dataclass(slots=True)
class Rows:
    """The tables of one open map file."""

    connection: sqlite3.Connection
    path: str
    _checked: dict[str, frozenset[Any]] = field(default_factory=dict)
    _touched: set[str] = field(default_factory=set)
    """Tables that this transaction changed: the header does not know about it yet."""

    def begin_reading(self) -> None:
        """Hold on to one snapshot until the next write: all that is read until then fits together."""
        if not self.connection.in_transaction:
            self._checked.clear()
            self.connection.execute("BEGIN DEFERRED")

    @contextmanager
    def writing(self, wait_s: float = BUSY_TIMEOUT_S) -> Iterator[None]:
        """Run the block in one transaction, alone among all writers; all or nothing.

        Raises:
            MapLocked: another process wrote for longer than ``wait_s``.
        """
        with guarded(self.path, wait_s):
            self.end_reading()
            self.connection.execute(f"PRAGMA busy_timeout = {int(wait_s * 1000)}")
            try:
                self.connection.execute("BEGIN IMMEDIATE")
            finally:
                self.connection.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_S * 1000)}")
            try:
                yield
                self._count()
                self._shrink()
                self.connection.execute("COMMIT")
            finally:
                self._checked.clear()
                self._touched.clear()
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")

    def _shrink(self) -> None:
        """Give pages back to the disk when a good part of the file is free."""
        (free,) = self.connection.execute("PRAGMA freelist_count").fetchone()
        (pages,) = self.connection.execute("PRAGMA page_count").fetchone()
        if free * _FREE_SHARE > pages:
            self.connection.execute("PRAGMA incremental_vacuum").fetchall()

    def end_reading(self) -> None:
        """Let go of the snapshot."""
        self._checked.clear()
        if self.connection.in_transaction:
            self.connection.execute("COMMIT")

    def has(self, table: str) -> bool:
        """Tell whether the file has the table: one that is only read may be of an earlier version."""
        with guarded(self.path):
            self.begin_reading()
            found = self.connection.execute(
                "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)
            ).fetchone()
        return found is not None

    def keys(self, table: str) -> frozenset[Any]:
        """Return the keys of ``table``, compared with what the header says about them."""
        known = self._checked.get(table)
        if known is None:
            with guarded(self.path):
                self.begin_reading()
                known = self._keys(table)
                expected = self._expected().get(table, [0, 0])
            if table in self._touched:
                return known
            if _summary(known) != expected:
                raise MapCorrupt(self.path, f"rows of table {table} are missing")
            self._checked[table] = known
        return known

    def _keys(self, table: str) -> frozenset[Any]:
        rows = self.connection.execute(f"SELECT {_KEYS[table]} FROM {table}")  # noqa: S608 - own names
        return frozenset(_restored(key) for (key,) in rows)

    def _expected(self) -> dict[str, list[int]]:
        row = self.connection.execute("SELECT value FROM header WHERE key = 'rows'").fetchone()
        if row is None:
            return {}
        found: dict[str, list[int]] = unseal_json("header rows", row[0])
        return found

    def _count(self) -> None:
        """Write into the header which rows there are; the last thing a transaction does."""
        self.set_number("rows", {table: _summary(self._keys(table)) for table in schema.COUNTED})

    def number(self, key: str) -> int:
        """Return one number of the header, 0 when it was never set."""
        with guarded(self.path):
            self.begin_reading()
            row = self.connection.execute(
                "SELECT value FROM header WHERE key = ?", (key,)
            ).fetchone()
            return 0 if row is None else int(unseal_json(f"header {key}", row[0]))

    def set_number(self, key: str, value: int | dict[str, list[int]]) -> None:
        """Set one value of the header."""
        self.connection.execute(
            "INSERT OR REPLACE INTO header VALUES (?, ?)", (key, seal_json(f"header {key}", value))
        )

    def get(self, table: str, key: int | str, column: str = "data") -> bytes | None:
        """Return the payload of one row, or ``None`` when there is none."""
        if key not in self.keys(table):
            return None
        with guarded(self.path):
            row = self.connection.execute(
                f"SELECT {column} FROM {table} WHERE {_KEYS[table]} = ?",  # noqa: S608 - own names
                (_storable(key),),
            ).fetchone()
            return unseal(f"{table}.{column} {key}", row and row[0])

    def all(self, table: str, column: str = "data") -> dict[Any, bytes]:
        """Return the payloads of all rows by key, in the order of the keys."""
        keys = self.keys(table)
        with guarded(self.path):
            rows = self.connection.execute(
                f"SELECT {_KEYS[table]}, {column} FROM {table} ORDER BY 1"  # noqa: S608 - own names
            )
            found: dict[Any, bytes] = {}
            for stored, frame in rows:
                key = _restored(stored)
                found[key] = unseal(f"{table}.{column} {key}", frame)
        if found.keys() != keys:
            raise MapCorrupt(self.path, f"rows of table {table} are missing")
        return found

    def put(self, table: str, key: int | str, **payloads: bytes) -> None:
        """Insert or replace one row."""
        self._touch(table)
        columns = ", ".join([_KEYS[table], *payloads])
        marks = ", ".join("?" * (len(payloads) + 1))
        frames = [seal(f"{table}.{column} {key}", data) for column, data in payloads.items()]
        self.connection.execute(
            f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({marks})",  # noqa: S608 - own names
            (_storable(key), *frames),
        )

    def _touch(self, table: str) -> None:
        self._touched.add(table)
        self._checked.pop(table, None)

    def delete(self, table: str, keys: Iterable[int | str]) -> None:
        """Delete rows by key."""
        self._touch(table)
        self.connection.executemany(
            f"DELETE FROM {table} WHERE {_KEYS[table]} = ?",  # noqa: S608 - own names
            [(_storable(key),) for key in keys],
        )


def _storable(key: int | str) -> int | str:
    """Return ``key`` as SQLite takes it: a file name that is no UTF-8 has lone surrogates in Python."""
    if isinstance(key, int) or not any("\ud800" <= char <= "\udfff" for char in key):
        return key
    return _ESCAPED + key.encode("utf-8", "surrogatepass").hex()


def _restored(stored: object) -> object:
    if isinstance(stored, str) and stored.startswith(_ESCAPED):
        try:
            return bytes.fromhex(stored[len(_ESCAPED) :]).decode("utf-8", "surrogatepass")
        except ValueError as error:
            raise FrameError(f"a damaged key: {stored!r}") from error
    return stored


def _summary(keys: frozenset[Any]) -> list[int]:
    text = "\n".join(sorted(repr(key) for key in keys))
    return [len(keys), zlib.crc32(text.encode("utf-8", "surrogatepass"))]

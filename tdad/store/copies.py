"""Copy a map as one consistent snapshot, whoever writes to it meanwhile."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tdad.store.open import open_map
from tdad.store.rows import guarded


def copy_map(path: Path, target: Path) -> None:
    """Copy the map at ``path`` to ``target``, which is replaced.

    Raises:
        MapNotFound, NotAMap, MapNewer, MapCorrupt, MapLocked: see :func:`tdad.store.open_map`.
        DiskFull, MapReadOnly, OSError: ``target`` cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for suffix in ("", "-wal", "-shm"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)
    with (
        open_map(path, mode="read") as source,
        closing(sqlite3.connect(target)) as copy,
        guarded(str(target)),
    ):
        source.rows.connection.backup(copy)

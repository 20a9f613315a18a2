"""Numbered steps from one schema version to the next. Each runs in the transaction that also sets ``user_version``."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping

from tdad.store import schema

Step = Callable[[sqlite3.Connection], None]


def _more_per_file(_connection: sqlite3.Connection) -> None:
    """2: what the entries of ``folder.files`` lack is added when the file is indexed again."""


def _flaky_tests(connection: sqlite3.Connection) -> None:
    """3: a table for the history of flaky tests."""
    for statement in statements(schema.TABLES):
        if "CREATE TABLE flaky_file " in statement:
            connection.execute(statement)


STEPS: Mapping[int, Step] = {2: _more_per_file, 3: _flaky_tests}
"""Version → the step that turns a file of the version before into it."""


def create(connection: sqlite3.Connection) -> None:
    """Create the tables of the current version in an empty database."""
    connection.execute("BEGIN IMMEDIATE")
    # Somebody else may have been here between our look and our lock.
    if version_of(connection) == 0:
        for statement in statements(schema.TABLES):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {schema.VERSION}")
    connection.execute("COMMIT")


def migrate(
    connection: sqlite3.Connection, steps: Mapping[int, Step] = STEPS, target: int = schema.VERSION
) -> None:
    """Bring the file to version ``target`` in one transaction: all steps or none."""
    if version_of(connection) >= target:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for version in range(version_of(connection) + 1, target + 1):
            steps[version](connection)
            connection.execute(f"PRAGMA user_version = {version}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def version_of(connection: sqlite3.Connection) -> int:
    """Return ``PRAGMA user_version``."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def statements(script: str) -> list[str]:
    """Return the statements of ``script``; comments stay in, so that ``.schema`` explains itself."""
    found: list[str] = []
    begun = ""
    for line in script.splitlines(keepends=True):
        begun += line
        if sqlite3.complete_statement(begun):
            found.append(begun.strip())
            begun = ""
    return found

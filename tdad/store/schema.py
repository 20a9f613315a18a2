"""The tables of the map file, with a comment per column, and the history of the schema.

Blobs over rows: what is read together is one frame (see ``frame.py``), so that the file stays small and an answer
decodes in C. What is looked up by key is a row. ``docs/reference/map-file.md`` shows this page to users.
"""

from __future__ import annotations

APPLICATION_ID = 0x54444144
"""``TDAD`` in ASCII, at offset 68 of the file: `file(1)` and we tell a map from other databases by it."""

VERSION = 3
"""``PRAGMA user_version`` of the files that this program writes."""

HISTORY = {
    1: "First version.",
    2: "folder.files: inode, and how much is in the facts.",
    3: "flaky_file: what gates found out about flaky tests.",
}
"""Schema version → what changed with it; ``migrations.py`` has a step for each but the first."""

PAGE_SIZE = 1024
"""Bytes. Small, because the last page of every long blob is half empty on average."""

TABLES = """
-- Single numbers.
CREATE TABLE header (
    key     TEXT PRIMARY KEY,   -- next_observation, next_run, next_version, next_environment,
                                -- dead, whole, layout, rows
    value   BLOB NOT NULL       -- frame of JSON: a number; rows: {table: [number, CRC of keys]}
) WITHOUT ROWID;

-- Where runs were made: several runs share one.
CREATE TABLE environment (
    id      INTEGER PRIMARY KEY, -- never used twice
    data    BLOB NOT NULL       -- frame of JSON: python, platform, packages, variables, plugins, modules, search,
                                -- elsewhere (if any)
);

-- Recorded runs to which some record still refers.
CREATE TABLE run (
    id          INTEGER PRIMARY KEY, -- never used twice
    data        BLOB NOT NULL,  -- frame of JSON: [run_id, started_at, granularity, recorder,
                                -- complete, full, environment]
    versions    BLOB NOT NULL,  -- frame of a line set: the file versions this run saw
    shared      BLOB NOT NULL   -- frame of a line set: its observations of imports and of the session
);

-- Versions of files: recorded ones and the current one.
CREATE TABLE version (
    id      INTEGER PRIMARY KEY, -- never used twice
    name    BLOB NOT NULL       -- frame of JSON: [path, digest]; empty: absent, or changed during the run
);

-- Who entered what in one version of a file, inverted: from sets of lines to observations.
CREATE TABLE trace (
    version INTEGER PRIMARY KEY REFERENCES version (id), -- which file, in which version
    data    BLOB NOT NULL       -- frame of chunks in threes: s(tarts) or l(ines), line set,
                                -- set of observations
);

-- Tests, one row per test file.
CREATE TABLE test_file (
    path        TEXT PRIMARY KEY,   -- the file the tests are collected from
    data        BLOB NOT NULL       -- frame of JSON: position in collection order, tests with their records
);

-- Observations of fixture instances, imports, collection and session, one row per file part of their names.
CREATE TABLE owner_file (
    path    TEXT PRIMARY KEY,   -- what is before the first :: of the owner's name
    data    BLOB NOT NULL       -- frame of JSON, per observation: [id, kind, name, digest,
                                -- code objects entered, causes]
);

-- What was used besides code, inverted.
CREATE TABLE used (
    how     TEXT PRIMARY KEY,   -- facts.Use, or "import" for imports
    data    BLOB NOT NULL       -- frame of JSON: name -> [[lines or site, observations], ...]
);

-- Facts of Python files, by version.
CREATE TABLE facts (
    version INTEGER PRIMARY KEY REFERENCES version (id), -- which file, in which version
    data    BLOB NOT NULL       -- frame of codec.py
);

-- The current version of the Python files, one row per folder.
CREATE TABLE folder (
    path    TEXT PRIMARY KEY,   -- POSIX, relative to the project root; empty for the root itself
    files   BLOB NOT NULL,      -- frame of JSON: file name -> [mtime_ns, size, digest, inode,
                                -- definitions, references, broken]
    words   BLOB NOT NULL       -- frame: per file NUL, file name, newline, sorted identifiers,
                                -- each with a newline
);

-- What gates found out about tests that do not always end alike, one row per test file.
CREATE TABLE flaky_file (
    path    TEXT PRIMARY KEY,   -- what is before the first :: of the node ids
    data    BLOB NOT NULL       -- frame of JSON: node id -> [[when, times asked on the baseline, times failed there,
                                -- called flaky], ...], newest first
);
"""

COUNTED = (
    "environment",
    "run",
    "version",
    "trace",
    "test_file",
    "owner_file",
    "used",
    "facts",
    "folder",
    "flaky_file",
)
"""Tables whose number of rows is in the header: a lost row is damage, not absence."""

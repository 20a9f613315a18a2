"""What git lists as different between a commit and the work tree, before anyone looks into the files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from tdad.errors import GitFailed
from tdad.repo.files import joined
from tdad.repo.git import Git
from tdad.repo.listing import SUBMODULE, Listing

ABSENT = "000000"
"""Mode of a side that has no file."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One difference, as git reports it. Paths are relative to ``Git.cwd``."""

    path: str
    old_path: str
    old_mode: str
    new_mode: str
    old_id: str
    new_id: str
    status: str


def entries_of(git: Git, commit: str, specs: Sequence[str]) -> list[Entry]:
    """Return what differs below ``specs`` between ``commit`` and the work tree."""
    # diff-index, not diff: the latter may rewrite the index. It lists more (files that were only touched), and
    # unchanged() sorts those out by content.
    text = git.run(
        "diff-index",
        "--raw",
        "-z",
        "--no-abbrev",
        "-M",
        "-l2000",
        "--no-ext-diff",
        "--no-textconv",
        "--ignore-submodules=none",
        "--no-relative",
        commit,
        "--",
        *(f":(literal){spec}" for spec in specs),
    )
    fields = iter(os.fsdecode(text).split("\0"))
    entries = {}
    for field in fields:
        if not field:
            continue
        old_mode, new_mode, old_id, new_id, status = field[1:].split(" ")
        old_path = git.relative(next(fields))
        path = git.relative(next(fields)) if status[0] in "RC" else old_path
        # An unmerged path may be listed twice; the entry with what is in the work tree comes last.
        entries[path] = Entry(path, old_path, old_mode, new_mode, old_id, new_id, status[0])
    return list(entries.values())


def unwatched(here: Listing, listed: set[str], git: Git, commit: str) -> list[Entry]:
    """Return entries for files marked assume-unchanged: git does not look at them, Python does."""
    paths = [
        path for path in here.unwatched if path not in listed and here.tracked[path] != SUBMODULE
    ]
    if not paths:
        return []
    entries = []
    for path in sorted(paths):
        done = git.ask(
            "rev-parse", "--verify", "--quiet", f"{commit}:{joined(git.prefix or '.', path)}"
        )
        old_id = done.stdout.decode().strip()
        mode = here.tracked[path]
        zero = "0" * 40
        entries.append(
            Entry(path, path, mode if old_id else ABSENT, mode, old_id or zero, zero, "M")
        )
    return entries


def unchanged(git: Git, entries: Sequence[Entry]) -> frozenset[str]:
    """Return the paths whose contents git would store as the very blob that is there.

    ``hash-object`` applies what .gitattributes and the settings say (line endings, filters, encodings), and writes
    nothing. A filter that fails decides nothing.
    """
    asked = [
        entry
        for entry in entries
        if entry.status in "MRTU"
        and entry.new_mode.startswith("100")
        and entry.old_id.strip("0")
        and not entry.path.startswith('"')
        and "\n" not in entry.path
        and os.path.isfile(os.path.join(git.cwd, entry.path))  # noqa: PTH113, PTH118 - hot
    ]
    if not asked:
        return frozenset()
    lines = b"".join(os.fsencode(entry.path) + b"\n" for entry in asked)
    try:
        ids = git.run("hash-object", "--stdin-paths", stdin=lines).decode().split()
    except GitFailed:
        return frozenset()
    return frozenset(
        entry.path for entry, blob in zip(asked, ids, strict=True) if blob == entry.old_id
    )

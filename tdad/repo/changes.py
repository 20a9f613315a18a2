"""Which files differ between a commit and the work tree: ``git diff``, untracked files included.

Nothing here looks at the index alone: the tests run what is in the work tree, staged or not.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tdad.config import Config
from tdad.errors import GitFailed, RevisionUnknown
from tdad.facts import FileVersion
from tdad.repo.content import (
    Content,
    blobs,
    in_endings_of,
    is_pointer_to,
    on_disk,
    same_text,
)
from tdad.repo.entries import ABSENT, Entry, entries_of, unchanged, unwatched
from tdad.repo.files import joined, source_path
from tdad.repo.git import Git, discover, find, nested
from tdad.repo.links import links_onto, seen_through_links
from tdad.repo.listing import SUBMODULE, SYMLINK, Listing, listing
from tdad.repo.patterns import is_project
from tdad.repo.renames import pair_renames
from tdad.repo.revisions import base_commit, head


def changed_files(
    root: Path, base: str | None = None, *, exact: bool = False, config: Config | None = None
) -> tuple[FileVersion, ...]:
    """Return the files that differ between a commit and the work tree, sorted by path.

    ``base=None``: against HEAD, so uncommitted, staged and untracked work. ``base=REV``: against the merge base of REV
    and HEAD, so the branch and the uncommitted work; with ``exact`` against REV itself. Only files below ``root`` and
    the ``source`` folders of ``config``. Submodules and repositories inside, and source folders in repositories of
    their own, are compared with what the commit records, else with their own HEAD.

    A rename is one FileVersion with ``old_path``. A difference in line endings alone is none (in Python files always,
    in others when git's attributes and settings say so). ``note`` has ``mode``, ``symlink`` (the contents are those
    of the file it leads to, if that is in the project), ``submodule`` (the contents are the recorded commits;
    ``unreadable``: its files cannot be compared), ``unmerged``, ``large`` (the contents are a digest), ``unreadable``.

    Raises:
        NotARepository, GitUntrusted, GitFailed: git cannot answer.
        RevisionUnknown, RevisionAmbiguous, RevisionShallow, RevisionUnrelated: see ``base_commit``.
    """
    config = config or Config()
    git = discover(root)
    commit = base_commit(git, base, exact=exact)
    inside, outside = _source_specs(root, git, config)
    found = list(_changes(git, commit, inside))
    for folder, other in outside:
        found += _moved(_changes(other, _base_elsewhere(other, base, exact=exact), ["."]), folder)
    wanted = [version for version in found if _wanted(version, config)]
    return tuple(
        sorted(pair_renames(wanted), key=lambda version: (version.path, version.old_path or ""))
    )


def _source_specs(root: Path, git: Git, config: Config) -> tuple[list[str], list[tuple[str, Git]]]:
    """Return the folders in this repository, and those in others with their repositories."""
    inside, outside = ["."], []
    for source in config.source:
        folder = source_path(root, source)
        other = find(root / folder)
        if other is None:
            continue
        if os.path.realpath(other.toplevel) == os.path.realpath(git.toplevel):
            inside.append(folder)
        elif folder.startswith("../"):
            outside.append((folder, other))
    return inside, outside


def _base_elsewhere(git: Git, base: str | None, *, exact: bool) -> str:
    """Return what a repository beside ours is compared with: ``base`` when it knows that name, else its HEAD."""
    try:
        return base_commit(git, base, exact=exact)
    except RevisionUnknown:
        return base_commit(git, None)


def _wanted(version: FileVersion, config: Config) -> bool:
    return is_project(version.path, config.exclude)


def _moved(versions: Iterable[FileVersion], folder: str) -> Iterator[FileVersion]:
    for version in versions:
        old_path = joined(folder, version.old_path) if version.old_path else None
        yield replace(version, path=joined(folder, version.path), old_path=old_path)


# --------------------------------------------------------------------------------------
# One repository
# --------------------------------------------------------------------------------------


def _changes(git: Git, commit: str, specs: Sequence[str]) -> Iterator[FileVersion]:
    """Yield what differs below ``specs`` between ``commit`` and the work tree of one repository."""
    here = listing(git, specs)
    entries = [
        replace(entry, status="U") if entry.path in here.unmerged else entry
        for entry in entries_of(git, commit, specs)
    ]
    entries += unwatched(here, {entry.path for entry in entries}, git, commit)
    for entry in entries:
        if SUBMODULE in {entry.old_mode, entry.new_mode}:
            yield from _submodule(git, entry)
    files = [entry for entry in entries if SUBMODULE not in {entry.old_mode, entry.new_mode}]
    versions = list(_versions(git, commit, files))
    known = {version.path for version in versions if version.new is not None}
    versions += _untracked(git, here, known)
    versions = list(_united(versions))
    yield from versions
    yield from links_onto(git.cwd, here, versions)
    for folder in here.untracked:
        if folder.endswith("/") and (inner := nested(Path(git.cwd, folder), git)):
            yield from _moved(_changes(inner, base_commit(inner, None), ["."]), folder.rstrip("/"))


def _versions(git: Git, commit: str, entries: Sequence[Entry]) -> Iterator[FileVersion]:
    """Yield the entries that are a difference to whoever reads or runs the files."""
    untouched = unchanged(git, entries)
    wanted: dict[str, str] = {}
    for entry in entries:
        if entry.old_mode != ABSENT:
            wanted[_old_name(entry, git, commit)] = entry.old_path
    olds = blobs(git, wanted)
    for entry in entries:
        if entry.path in untouched and entry.old_mode == entry.new_mode and entry.status != "R":
            continue
        old = Content(None) if entry.old_mode == ABSENT else olds[_old_name(entry, git, commit)]
        new = (
            on_disk(git.cwd, entry.path)
            if entry.new_mode != ABSENT or entry.status == "U"
            else Content(None)
        )
        if SYMLINK in {entry.old_mode, entry.new_mode}:
            modes = (entry.old_mode, entry.new_mode)
            old, new = seen_through_links(git, commit, entry.path, modes, old)
        if version := _version(entry, old, new, same=entry.path in untouched):
            yield version


def _old_name(entry: Entry, git: Git, commit: str) -> str:
    if entry.old_id.strip("0"):
        return entry.old_id
    return f"{commit}:{joined(git.prefix or '.', entry.old_path)}"


def _version(entry: Entry, old: Content, new: Content, *, same: bool) -> FileVersion | None:
    notes = {*old.note.split(), *new.note.split()}
    if entry.status == "U":
        notes.add("unmerged")
    if SYMLINK in {entry.old_mode, entry.new_mode}:
        notes.add("symlink")
    elif ABSENT not in {entry.old_mode, entry.new_mode} and entry.old_mode != entry.new_mode:
        notes.add("mode")
    old_data, new_data = old.data, new.data
    if old_data is not None and new_data is not None:
        if same or same_text(entry.path, old_data, new_data) or is_pointer_to(old_data, new_data):
            old_data = new_data
        else:
            old_data = in_endings_of(old_data, new_data)
    renamed = entry.old_path if entry.old_path != entry.path and entry.status == "R" else None
    if entry.status == "C":
        old_data = None
    if old_data == new_data and not renamed and not notes:
        return None
    return FileVersion(entry.path, old_data, new_data, renamed, " ".join(sorted(notes)))


def _untracked(git: Git, here: Listing, known: set[str]) -> Iterator[FileVersion]:
    for path in here.untracked:
        if path.endswith("/") or path in known:
            continue
        new = on_disk(git.cwd, path)
        if new.data is not None:
            yield FileVersion(path, None, new.data, None, new.note)


def _united(versions: Iterable[FileVersion]) -> Iterator[FileVersion]:
    """Yield one version per path: a file taken out of the index and still there is deleted and untracked at once."""
    by_path: dict[str, FileVersion] = {}
    for version in versions:
        earlier = by_path.get(version.path)
        if earlier is None:
            by_path[version.path] = version
        elif earlier.old != version.new or earlier.note:
            by_path[version.path] = replace(earlier, new=version.new)
        else:
            del by_path[version.path]
    yield from by_path.values()


def _submodule(git: Git, entry: Entry) -> Iterator[FileVersion]:
    """Yield a submodule's pointer, and its files when both commits are there."""
    inner = nested(Path(git.cwd, entry.path), git)
    if inner is not None and inner.prefix:
        inner = None  # not checked out: an empty folder of the repository around it
    old_id = entry.old_id if entry.old_mode == SUBMODULE else ""
    new_id = (head(inner) or "") if inner else entry.new_id
    note = "submodule"
    files: list[FileVersion] = []
    if inner is None:
        note = "submodule unreadable"
    else:
        start = old_id or base_commit(inner, None)
        try:
            files = list(_moved(_changes(inner, start, ["."]), entry.path))
        except GitFailed:
            note = "submodule unreadable"
    if old_id != new_id or note != "submodule":
        old, new = _pointer(old_id), _pointer(new_id if entry.new_mode == SUBMODULE else "")
        if old != new:
            yield FileVersion(entry.path, old, new, None, note)
    yield from files


def _pointer(commit: str) -> bytes | None:
    return f"Subproject commit {commit}\n".encode() if commit.strip("0") else None

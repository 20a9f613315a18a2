"""What changed: from the options of a command to changes, and the versions of the source they are between."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tdad import repo, source
from tdad.errors import UsageError
from tdad.facts import (
    FORGOTTEN,
    PRESENT,
    SOURCE_READERS,
    Change,
    ChangeKind,
    FileFacts,
    FileVersion,
    Part,
    Recorded,
    Use,
)
from tdad.source.digests import digest
from tdad.store import Map
from tdad.workflows.head import HeadFacts, OldFacts, read_bytes
from tdad.workflows.index import Head
from tdad.workflows.project import Project

Pair = tuple[FileFacts | None, FileFacts | None]


@dataclass(frozen=True, slots=True)
class ChangeOptions:
    """Which change is meant; nothing given: what differs from the recorded versions."""

    base: str | None = None
    exact: bool = False
    """Compare with ``base`` itself, not with the merge base."""
    patch: str | None = None
    """A file's name, or ``-`` for standard input."""
    files: tuple[str, ...] = ()
    uncommitted: bool = False

    @property
    def since_recording(self) -> bool:
        """Compare with the recorded versions."""
        return not (
            self.base is not None or self.patch is not None or self.files or self.uncommitted
        )


@dataclass(frozen=True, slots=True)
class Changed:
    """The changes, and the two versions they are between."""

    changes: tuple[Change, ...]
    head: HeadFacts
    before: OldFacts
    old: Mapping[str, FileFacts] = field(default_factory=dict)
    """Path → facts of the old version of each changed file."""

    @property
    def is_one_version(self) -> bool:
        """Whether the code is the same in both: whole files, or data."""
        return self.before.paths() == self.head.paths() and all(
            (now := self.head.get(path)) is not None and now.digest == was.digest
            for path, was in self.old.items()
        )


class PatchMissingError(UsageError):
    """The patch file cannot be read."""

    slug = "patch-missing"

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        super().__init__(
            f"cannot read the patch {name} ({reason}). Give a file or -: git diff | tdad impact --patch -"
        )


def collect(
    project: Project, options: ChangeOptions, store: Map, recorded: Recorded | None, head: Head
) -> Changed:
    """The changes that ``options`` mean.

    Raises:
        TdadError: the revision, patch or files are not there or do not fit.
    """
    if options.since_recording and recorded is not None:
        return since_recording(project, recorded, head)
    versions = _versions(project, options)
    pairs: list[Pair] = []
    changes: list[Change] = []
    extra: dict[str, FileFacts] = {}
    for version in versions:
        pair = _pair(version, store) if _is_python(version) else None
        if pair is None:
            changes += data_changes(version)
            continue
        pairs.append(pair)
        changes += _whole(version, pair)
        if recorded is not None and version.path in recorded.used_names(Use.READ):
            changes += data_changes(version)
        if options.patch is not None and pair[1] is not None:
            extra[version.path] = pair[1]
    compared = [pair for pair in pairs if pair[0] is None or pair[1] is None or pair[0] != pair[1]]
    changes = [*source.compare_all(compared), *changes]
    facts = head.facts
    if options.patch is not None:
        gone = {v.path for v in versions if v.new is None} | {
            v.old_path for v in versions if v.old_path
        }
        digests = {p: d for p, d in head.python.items() if p not in gone}
        digests |= {path: found.digest for path, found in extra.items()}
        facts = HeadFacts(project.root, digests, store, extra)
    old = {pair[0].path: pair[0] for pair in pairs if pair[0] is not None}
    added = [pair[1].path for pair in pairs if pair[0] is None and pair[1] is not None]
    added += [v.path for v in versions if v.old_path and v.old_path != v.path]
    return Changed(_sorted(changes), facts, OldFacts(facts, old, added), old)


def _versions(project: Project, options: ChangeOptions) -> Sequence[FileVersion]:
    if options.patch is not None:
        return repo.patched_files(
            project.root, _read_patch(options.patch), options.base, config=project.config
        )
    if options.files:
        return repo.whole_files(project.root, options.files, project.cwd)
    return repo.changed_files(
        project.root, options.base, exact=options.exact, config=project.config
    )


def _read_patch(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise PatchMissingError(name, error.strerror or str(error)) from None


def _is_python(version: FileVersion) -> bool:
    paths = [version.path, version.old_path or version.path]
    return all(path.endswith(".py") for path in paths) and not (
        {"large", "unreadable", "submodule"} & set(version.note.split())
    )


def _pair(version: FileVersion, store: Map) -> Pair:
    old_path = version.old_path or version.path
    return _facts(old_path, version.old, store), _facts(version.path, version.new, store)


def _facts(path: str, data: bytes | None, store: Map) -> FileFacts | None:
    if data is None:
        return None
    return store.cached_facts(path, digest(data)) or source.index(path, data)


def _whole(version: FileVersion, pair: Pair) -> list[Change]:
    """``--files``: everything in the file counts as changed."""
    new = pair[1]
    if "whole" not in version.note.split() or new is None:
        return []
    change = Change(
        version.path,
        "",
        ChangeKind.EDITED,
        Part.WHOLE,
        old_digest=new.digest,
        detail="taken as a whole",
    )
    return [change, *data_changes(version)]


def data_changes(version: FileVersion) -> list[Change]:
    """The change of a file that is data."""
    notes = version.note.split()
    if "submodule" in notes and "unreadable" not in notes:
        return []  # its files are compared one by one
    if version.old is None:
        kind = ChangeKind.ADDED
    elif version.new is None:
        kind = ChangeKind.REMOVED
    elif version.old_path and version.old_path != version.path:
        kind = ChangeKind.RENAMED
    elif version.old == version.new and not {"whole", "submodule"} & set(notes):
        return []
    else:
        kind = ChangeKind.EDITED
    detail = "submodule" if "submodule" in notes else ""
    return [
        Change(version.path, "", kind, Part.DATA, old_path=version.old_path or "", detail=detail)
    ]


# ------------------------------------------------------------------------------------ against what was recorded


def since_recording(project: Project, recorded: Recorded, head: Head) -> Changed:
    """What differs between the recorded versions and now, whatever git says."""
    pairs: list[Pair] = []
    changes: list[Change] = []
    old: dict[str, FileFacts] = {}
    added: list[str] = []
    known = frozenset(recorded.paths())
    for path in sorted(known | set(head.python) | set(head.others)):
        versions = [digest for digest in recorded.versions(path) if digest]
        if path in head.python or (path.endswith(".py") and versions and versions != [PRESENT]):
            found = _python_pairs(path, versions, recorded, head)
            pairs += found
            changes += _forgotten(path, versions, recorded, head.python.get(path))
            if versions and any(digest != head.python.get(path) for digest in versions):
                changes += _read_as_data(path, recorded, head)
            for previous, _ in found:
                if previous is not None:
                    old.setdefault(path, previous)
            if not versions:
                added.append(path)
                changes += _missing_version(path, recorded)
        else:
            changes += _data(project, path, versions, recorded, here=path in head.others)
    changes = [*source.compare_all(pairs), *changes]
    return Changed(_sorted(changes), head.facts, OldFacts(head.facts, old, added), old)


def _python_pairs(
    path: str, versions: Sequence[str], recorded: Recorded, head: Head
) -> list[Pair]:
    now = head.python.get(path)
    others = [digest for digest in versions if digest != now]
    if versions and not others:
        return []  # nearly every file: its facts are not even read
    new = None if now is None else head.facts.get(path)
    if not versions:
        return [(None, new)] if new is not None else []
    return [(old, new) for digest in others if (old := recorded.facts(path, digest)) is not None]


def _forgotten(
    path: str, versions: Sequence[str], recorded: Recorded, now: str | None
) -> list[Change]:
    """Recorded versions whose facts are no longer known (an older tdad made them): all in the file may differ."""
    return [
        Change(path, "", ChangeKind.EDITED, Part.WHOLE, old_digest=digest, detail=FORGOTTEN)
        for digest in versions
        if digest not in {now, PRESENT} and recorded.facts(path, digest) is None
    ]


def _missing_version(path: str, recorded: Recorded) -> list[Change]:
    """A file that changed while it was recorded: which version ran is not known."""
    if "" not in recorded.versions(path) or path in recorded.used_names(Use.ABSENT):
        return []
    return [
        Change(path, "", ChangeKind.EDITED, Part.WHOLE, detail="it changed while it was recorded")
    ]


def _read_as_data(path: str, recorded: Recorded, head: Head) -> list[Change]:
    """Its text matters to who opened it, and to who asks ``inspect`` for the source of things."""
    if path not in recorded.used_names(Use.READ) and not (
        recorded.is_text_kept(path)
        and any(True for name in SOURCE_READERS for _ in head.facts.mentioning(name))
    ):
        return []
    kind = ChangeKind.EDITED if path in head.python else ChangeKind.REMOVED
    return [Change(path, "", kind, Part.DATA)]


def _data(
    project: Project, path: str, versions: Sequence[str], recorded: Recorded, *, here: bool
) -> Iterable[Change]:
    content = [version for version in versions if version != PRESENT]
    if not here:
        outside = path.startswith("../") or read_bytes(project.root / path) is not None
        if versions and not outside:
            return [Change(path, "", ChangeKind.REMOVED, Part.DATA)]
        here = outside
    if not versions:
        unknown = "" in recorded.versions(path) and path not in recorded.used_names(Use.ABSENT)
        kind = ChangeKind.EDITED if unknown else ChangeKind.ADDED
        detail = "it changed while it was recorded" if unknown else ""
        return [Change(path, "", kind, Part.DATA, detail=detail)] if here else []
    if not content:
        return []
    data = read_bytes(project.root / path)
    now = "" if data is None else digest(data)
    return [
        Change(path, "", ChangeKind.EDITED, Part.DATA, old_digest=version)
        for version in content
        if version != now
    ]


def _sorted(changes: Iterable[Change]) -> tuple[Change, ...]:
    unique = dict.fromkeys(changes)
    return tuple(
        sorted(unique, key=lambda c: (c.path, c.new or c.old, c.qualname, c.part, c.kind))
    )

"""The project as it is now: which files, in which version, saying what."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tdad.facts import FileFacts
from tdad.repo import project_files
from tdad.source.digests import digest
from tdad.store import Map, Signature
from tdad.workflows.project import Project


class _Names:
    """The identifiers of facts that no map has an index of."""

    def __init__(self) -> None:
        self._known: dict[str, frozenset[str]] = {}

    def of(self, facts: FileFacts) -> frozenset[str]:
        """Return the names that the file mentions; the same path always has the same facts here."""
        if facts.path not in self._known:
            from tdad.source import mentioned_names

            self._known[facts.path] = mentioned_names(facts)
        return self._known[facts.path]


class HeadFacts:
    """Facts of the current version, from the map's cache where the map has them (``facts.FactsOf``)."""

    def __init__(
        self,
        root: Path,
        digests: Mapping[str, str],
        cache: Map | None,
        extra: Mapping[str, FileFacts] | None = None,
    ) -> None:
        self._root = root
        self._digests = digests
        self._cache = cache
        self._known: dict[str, FileFacts | None] = dict(extra or {})
        self._local = sorted(self._known)
        self._paths = sorted(digests)
        self._mentions: dict[str, list[str]] = {}
        self._names = _Names()

    def paths(self) -> Sequence[str]:
        """Python files of the project, sorted."""
        return self._paths

    def get(self, path: str) -> FileFacts | None:
        """Facts of the current version of ``path``."""
        if path not in self._known:
            self._known[path] = self._load(path)
        return self._known[path]

    def mentioning(self, name: str) -> Iterator[str]:
        """Paths in which the identifier occurs."""
        if name not in self._mentions:
            self._mentions[name] = self._mentioning(name)
        return iter(self._mentions[name])

    def _mentioning(self, name: str) -> list[str]:
        found: set[str] = set()
        if self._cache is not None:
            found.update(path for path in self._cache.mentioning(name) if path in self._digests)
            found.difference_update(self._local)
        for path in self._local:
            facts = self._known[path]
            if facts is not None and name in self._names.of(facts):
                found.add(path)
        return sorted(found)

    def _load(self, path: str) -> FileFacts | None:
        wanted = self._digests.get(path)
        if wanted is None:
            return None
        if self._cache is not None:
            cached = self._cache.cached_facts(path, wanted)
            if cached is not None:
                return cached
        from tdad.source import index

        data = read_bytes(self._root / path)
        return None if data is None else index(path, data)


class OldFacts:
    """The project before the change: the old version of the changed files, everything else as it is now."""

    def __init__(self, head: HeadFacts, old: Mapping[str, FileFacts], gone: Iterable[str]) -> None:
        self._head = head
        self._old = old
        self._added = frozenset(gone)
        self._paths = sorted((set(head.paths()) | set(old)) - self._added)
        self._names = _Names()

    def paths(self) -> Sequence[str]:
        """Python files before the change, sorted."""
        return self._paths

    def get(self, path: str) -> FileFacts | None:
        """Facts of ``path`` before the change."""
        if path in self._added:
            return None
        return self._old.get(path) or self._head.get(path)

    def mentioning(self, name: str) -> Iterator[str]:
        """Paths in which the identifier occurred."""
        found = {
            path
            for path in self._head.mentioning(name)
            if path not in self._old and path not in self._added
        }
        found.update(path for path, facts in self._old.items() if name in self._names.of(facts))
        return iter(sorted(found))


def current_digests(
    project: Project, cache: Map | None, reread: dict[str, Signature] | None = None
) -> tuple[dict[str, str], dict[str, str]]:
    """Digests of the project's Python files now, and of the other files that the map knows or that are small.

    Returns ``(python, listed)``: path → digest of the Python files; path → empty digest of every other file (their
    content is read only when somebody depends on it).
    """
    names = project_files(project.root, project.config)
    python = [name for name in names if name.endswith(".py")]
    others = {name: "" for name in names if not name.endswith(".py")}
    return digests_of(project.root, python, cache, reread), others


def digests_of(
    root: Path,
    paths: Sequence[str],
    cache: Map | None,
    reread: dict[str, Signature] | None = None,
) -> dict[str, str]:
    """Path → digest of what is there now; missing and unreadable files are left out.

    Files whose size and time of modification are those of the last look are not read; the others are put into
    ``reread``: path → what stat said before the reading.
    """
    stats: dict[str, Signature] = {}
    for path in paths:
        try:
            found = os.stat(root / path)  # noqa: PTH116 - one system call per file counts here
        except OSError:
            continue
        stats[path] = (found.st_mtime_ns, found.st_size, found.st_ino)
    known = cache.known_digests(stats) if cache is not None else {}
    result: dict[str, str] = {}
    for path, stat in stats.items():
        value = known.get(path)
        if value is None:
            data = read_bytes(root / path)
            if data is None:
                continue
            value = digest(data)
            if reread is not None:
                reread[path] = stat
        result[path] = value
    return result


def read_bytes(path: Path) -> bytes | None:
    """What is in the file, or ``None`` when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return None

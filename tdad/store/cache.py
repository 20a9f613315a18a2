"""The index side of the map: facts by content hash, what stat said about each file, and who mentions which name."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from posixpath import join, split
from typing import NamedTuple

from tdad.facts import FileFacts
from tdad.store import codec
from tdad.store.codec import layout
from tdad.store.ledger import VersionKey, dump, read_versions, write_version
from tdad.store.rows import Rows

RACY_NS = 2_000_000_000
"""A file that was written so shortly before we looked may be written again without its time changing."""


LAYOUT = "layout"
"""Number of the header: the layout that the facts of all current files have."""


Signature = tuple[int, int, int]
"""What ``os.stat`` said before the content was read: mtime_ns (0: not to be remembered), size, inode."""


class Stat(NamedTuple):
    """What ``os.stat`` says about a file, the digest of what was in it, and how much its facts are."""

    mtime_ns: int
    size: int
    digest: str
    inode: int = 0
    definitions: int = -1
    """-1: not counted."""
    references: int = 0
    broken: bool = False


class Indexed(NamedTuple):
    """One current Python file: its facts, its identifiers (parts of string literals included), its stat."""

    facts: FileFacts
    identifiers: Collection[str]
    signature: Signature = (0, 0, 0)


_Folders = dict[str, dict[str, Stat]]


@dataclass(eq=False)
class Cache:
    """Reads lazily and remembers; valid until the map is written."""

    rows: Rows
    _decoded: dict[VersionKey, FileFacts | None] = field(default_factory=dict)
    _mentions: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def folders(self) -> _Folders:
        """Folder → file name → stat."""
        return {
            folder: {name: Stat(*stat) for name, stat in json.loads(data).items()}
            for folder, data in self.rows.all("folder", "files").items()
        }

    @cached_property
    def stats(self) -> Mapping[str, Stat]:
        """Path → stat of each current file."""
        return {
            join(folder, name): stat
            for folder, files in self.folders.items()
            for name, stat in files.items()
        }

    @cached_property
    def numbers(self) -> Mapping[VersionKey, int]:
        """(Path, digest) → number of the version."""
        return {key: number for number, key in read_versions(self.rows).items()}

    @cached_property
    def _words(self) -> Sequence[tuple[str, bytes]]:
        return list(self.rows.all("folder", "words").items())

    def facts(self, path: str, digest: str) -> FileFacts | None:
        """Return the facts of that version, or ``None`` when they have to be made (again)."""
        key = (path, digest)
        if key not in self._decoded:
            number = self.numbers.get(key)
            data = None if number is None else self.rows.get("facts", number)
            self._decoded[key] = None if data is None else codec.decode(data)
        return self._decoded[key]

    def counts(self) -> dict[str, codec.Counts]:
        """Return path → how much is in the facts of each current file that has readable ones."""
        if self.rows.number(LAYOUT) != _layout() or any(
            stat.definitions < 0 for stat in self.stats.values()
        ):
            return self._counted()
        return {
            path: codec.Counts(stat.definitions, stat.references, stat.broken)
            for path, stat in self.stats.items()
        }

    def _counted(self) -> dict[str, codec.Counts]:
        encoded = self.rows.all("facts")
        found: dict[str, codec.Counts] = {}
        for path, stat in self.stats.items():
            data = encoded.get(self.numbers.get((path, stat.digest)))
            counted = None if data is None else codec.count(data)
            if counted is not None:
                found[path] = counted
        return found

    def unreadable(self) -> frozenset[str]:
        """Return the current files whose facts another layout wrote: they have to be made again."""
        if self.rows.number(LAYOUT) == _layout():
            return frozenset()
        return frozenset(self.stats.keys() - self._counted().keys())

    def mentioning(self, name: str) -> tuple[str, ...]:
        """Return the paths of the current files among whose identifiers ``name`` is, sorted."""
        known = self._mentions.get(name)
        if known is None:
            needle = b"\n%s\n" % name.encode("utf-8", "surrogatepass")
            known = self._mentions[name] = tuple(sorted(self._search(needle)))
        return known

    def _search(self, needle: bytes) -> Iterator[str]:
        for folder, words in self._words:
            at = words.find(needle)
            while at >= 0:
                begin = words.rfind(b"\0", 0, at) + 1
                name = words[begin : words.find(b"\n", begin)]
                yield join(folder, name.decode("utf-8", "surrogatepass"))
                end = words.find(b"\0", at)
                at = words.find(needle, end) if end >= 0 else -1


def put(
    rows: Rows, cache: Cache, entries: Iterable[Indexed], gone: Collection[str], now_ns: int
) -> None:
    """Make ``entries`` the current versions of their files, and forget the files that are ``gone``."""
    numbers, have = dict(cache.numbers), set(rows.keys("facts"))
    folders = {folder: dict(files) for folder, files in cache.folders.items()}
    words: dict[str, dict[str, bytes]] = {}
    for path in gone:
        folder, name = split(path)
        if folders.get(folder, {}).pop(name, None) is not None:
            _words_of(rows, words, folder).pop(name, None)
    for entry in entries:
        facts = entry.facts
        number = numbers.get((facts.path, facts.digest))
        if number is None:
            number = _new_version(rows, (facts.path, facts.digest))
            numbers[facts.path, facts.digest] = number
        if number not in have or cache.facts(facts.path, facts.digest) is None:
            rows.put("facts", number, data=codec.encode(facts))
            have.add(number)
        folder, name = split(facts.path)
        folders.setdefault(folder, {})[name] = Stat(
            *_trusted(entry.signature, now_ns),
            facts.digest,
            entry.signature[2],
            len(facts.definitions),
            len(facts.references),
            facts.error is not None,
        )
        _words_of(rows, words, folder)[name] = _packed_words(entry.identifiers)
    for folder, of_folder in words.items():
        _write_folder(rows, folder, folders.get(folder, {}), of_folder)
    if rows.number(LAYOUT) != _layout() and not Cache(rows).unreadable():
        rows.set_number(LAYOUT, _layout())


def _layout() -> int:
    return int.from_bytes(layout.FORMAT, "little")


def put_stats(rows: Rows, cache: Cache, stats: Mapping[str, Signature], now_ns: int) -> None:
    """Remember what stat says about current files whose content is as we know it."""
    changed: set[str] = set()
    folders = {folder: dict(files) for folder, files in cache.folders.items()}
    for path, signature in stats.items():
        folder, name = split(path)
        known = folders.get(folder, {}).get(name)
        if known is not None:
            mtime_ns, size = _trusted(signature, now_ns)
            folders[folder][name] = known._replace(
                mtime_ns=mtime_ns, size=size, inode=signature[2]
            )
            changed.add(folder)
    for folder in changed:
        words: dict[str, dict[str, bytes]] = {}
        _write_folder(rows, folder, folders[folder], _words_of(rows, words, folder))


def current_versions(cache: Cache) -> Iterator[VersionKey]:
    """Return (path, digest) of each current file."""
    for path, stat in cache.stats.items():
        yield path, stat.digest


def _trusted(signature: Signature, now_ns: int) -> tuple[int, int]:
    """``now_ns``: when we began to look, at the latest."""
    mtime_ns, size, _ = signature
    return (mtime_ns, size) if mtime_ns + RACY_NS < now_ns else (0, size)


def _new_version(rows: Rows, key: VersionKey) -> int:
    number = rows.number("next_version") or 1
    rows.set_number("next_version", number + 1)
    write_version(rows, number, key)
    return number


def _packed_words(identifiers: Collection[str]) -> bytes:
    words = sorted({word for word in identifiers if "\n" not in word and "\0" not in word})
    return "\n".join(words).encode("utf-8", "surrogatepass")


def _words_of(rows: Rows, known: dict[str, dict[str, bytes]], folder: str) -> dict[str, bytes]:
    """Return file name → words of one folder, as it is and is going to be."""
    found = known.get(folder)
    if found is None:
        found = known[folder] = {}
        for block in (rows.get("folder", folder, "words") or b"").split(b"\0")[1:]:
            name, _, words = block.partition(b"\n")
            found[name.decode("utf-8", "surrogatepass")] = words[:-1]
    return found


def _write_folder(
    rows: Rows, folder: str, files: Mapping[str, Stat], words: Mapping[str, bytes]
) -> None:
    if not files:
        rows.delete("folder", [folder])
        return
    blocks = [
        b"\0%s\n%s\n" % (name.encode("utf-8", "surrogatepass"), words.get(name, b""))
        for name in sorted(files)
    ]
    listed = {name: list(stat) for name, stat in files.items()}
    rows.put("folder", folder, files=dump(listed), words=b"".join(blocks))

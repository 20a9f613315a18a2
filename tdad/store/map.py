"""The map file, open."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tdad.facts import FileFacts, Run
from tdad.facts_flaky import Flakes, Sample
from tdad.store import cache as index
from tdad.store import flakes
from tdad.store.cache import Cache, Indexed, Signature
from tdad.store.chosen import Tables
from tdad.store.codec import Counts
from tdad.store.ledger import read_tests
from tdad.store.recorded import RecordedView
from tdad.store.rows import BUSY_TIMEOUT_S, Rows

if TYPE_CHECKING:
    from tdad.store.stats import MapStats, ShownFile, ShownTest


@dataclass(eq=False)
class Map:
    """One open map file. Everything read between two writes comes from one snapshot."""

    rows: Rows
    path: Path
    _cache: Cache | None = field(default=None, init=False)
    _tables: Tables | None = field(default=None, init=False)

    @contextmanager
    def _writing(self, wait_s: float = BUSY_TIMEOUT_S) -> Iterator[None]:
        self._cache = self._tables = None
        try:
            with self.rows.writing(wait_s):
                yield
        finally:
            self._cache = self._tables = None

    # ----------------------------------------------------------------------------------------------------------------
    # Recordings
    # ----------------------------------------------------------------------------------------------------------------

    def save(
        self,
        run: Run,
        facts: Mapping[str, FileFacts],
        *,
        scope: Collection[str] | None = None,
    ) -> bool:
        """Merge a recorded run into the map, in one transaction; tell whether who executed what has changed.

        Args:
            run: What was recorded. When it is ``full`` and ``complete``, tests that it does not have are dropped.
            facts: Path → facts of the Python files of the run, in the version the run saw.
            scope: Files and folders the run was limited to; tests of other files are never dropped.

        Raises:
            MapLocked: another process wrote for longer than we wait.
            DiskFull: there is no room; the map is as it was.
        """
        from tdad.store import save as saving

        with self._writing():
            ledger = saving.Ledger.read(self.rows, index.current_versions(self.cache))
            before = ledger.picture()
            saving.Absorber.of(ledger, run).absorb()
            if run.full and run.complete:
                saving.drop_vanished(ledger, run, scope)
                saving.put_in_order(ledger, run)
                flakes.drop_vanished(
                    self.rows,
                    (test.node_id for test in run.tests),
                    lambda path: scope is None or saving.below(path, scope),
                )
                if scope is None:
                    self.rows.set_number("whole", 1)
            saving.save_facts(ledger, facts.values())
            ledger.write()
            return ledger.picture() != before

    def recorded(self, generation: int = 0) -> RecordedView:
        """Return what was recorded: each test with its ``generation``-th newest record (0: the newest)."""
        if self._tables is None:
            self._tables = Tables(self.rows)
        return RecordedView(self.rows, generation, self._tables)

    def merge(self, other: Map) -> None:
        """Take in everything recorded in ``other`` (a shard of a CI matrix, say): newest record first per test."""
        from tdad.store import merge as merging
        from tdad.store import save as saving

        with self._writing():
            ledger = saving.Ledger.read(self.rows, index.current_versions(self.cache))
            merging.merge(ledger, other.rows)
            flakes.write_flakes(self.rows, flakes.joined(self.flakes(), other.flakes()))
            ledger.write()

    # ----------------------------------------------------------------------------------------------------------------
    # Flaky tests
    # ----------------------------------------------------------------------------------------------------------------

    def flakes(self) -> dict[str, Flakes]:
        """Return the history of flaky tests by node id, sorted."""
        return flakes.read_flakes(self.rows)

    def add_flakes(self, samples: Mapping[str, Sample], *, wait_s: float = BUSY_TIMEOUT_S) -> None:
        """Add what one gate found out (node id → sample) to the history, which is bounded: old samples go.

        Raises:
            MapLocked: another process wrote for longer than ``wait_s``.
            DiskFull: there is no room; the map is as it was.
        """
        with self._writing(wait_s):
            flakes.add(self.rows, samples)

    # ----------------------------------------------------------------------------------------------------------------
    # Figures
    # ----------------------------------------------------------------------------------------------------------------

    def stats(self) -> MapStats:
        """Return the figures of the map."""
        size_bytes = self.path.stat().st_size if self.path.exists() else 0
        indexed = {*self.recorded().paths(), *self.cache.stats}
        from tdad.store import stats as figures

        return figures.stats(self.rows, size_bytes, indexed)

    def count_tests(self) -> int:
        """Return how many tests there are."""
        return sum(len(file.tests) for file in read_tests(self.rows).values())

    def show(self, what: str) -> ShownTest | ShownFile | None:
        """Return what the map knows about a node id or a path; ``None``: nothing."""
        from tdad.store import stats as figures

        return figures.show(self.rows, what)

    def export_document(self) -> dict[str, Any]:
        """Return everything recorded as JSON values; the same content gives the same document."""
        from tdad.store import stats as figures

        return figures.export_document(self.rows)

    # ----------------------------------------------------------------------------------------------------------------
    # Index
    # ----------------------------------------------------------------------------------------------------------------

    @property
    def cache(self) -> Cache:
        """The index side, as of the current snapshot."""
        if self._cache is None:
            self._cache = Cache(self.rows)
        return self._cache

    def cached_facts(self, path: str, digest: str) -> FileFacts | None:
        """Return the facts of that version of ``path``, or ``None`` when they are not (or no longer) known."""
        return self.cache.facts(path, digest)

    def put_facts(
        self,
        entries: Iterable[Indexed],
        *,
        gone: Collection[str] = (),
        looked_ns: int | None = None,
        wait_s: float = BUSY_TIMEOUT_S,
    ) -> None:
        """Make ``entries`` the current versions of their files; forget the files that are ``gone``.

        ``looked_ns``: when the first of them was looked at (default: now). A file that was written shortly before that
        may have been written again since, without its time changing, so its signature is not trusted.
        ``wait_s``: how long to wait for another writer.
        """
        with self._writing(wait_s):
            index.put(self.rows, self.cache, entries, gone, looked_ns or time.time_ns())

    def put_stats(
        self,
        stats: Mapping[str, Signature],
        *,
        looked_ns: int | None = None,
        wait_s: float = BUSY_TIMEOUT_S,
    ) -> None:
        """Remember path → signature of current files that turned out to be unchanged."""
        with self._writing(wait_s):
            index.put_stats(self.rows, self.cache, stats, looked_ns or time.time_ns())

    def known_digests(self, stats: Mapping[str, Signature]) -> dict[str, str]:
        """Return path → digest of those files in path → signature that did not change, as far as stat can tell."""
        known = self.cache.stats
        return {
            path: stat.digest
            for path, (mtime_ns, size, inode) in stats.items()
            if mtime_ns
            and (stat := known.get(path)) is not None
            and (stat.mtime_ns, stat.size, stat.inode) == (mtime_ns, size, inode)
        }

    def current(self) -> dict[str, str]:
        """Return path → digest of the version of each Python file that was indexed last."""
        return {path: stat.digest for path, stat in sorted(self.cache.stats.items())}

    def counts(self) -> dict[str, Counts]:
        """Return path → how much is in it, of the current files whose facts can be read; nothing is decoded."""
        return self.cache.counts()

    def unreadable(self) -> frozenset[str]:
        """Return the current files whose facts another version of tdad wrote in another layout."""
        return self.cache.unreadable()

    def mentioning(self, name: str) -> Sequence[str]:
        """Return the paths of the current files in which the identifier ``name`` occurs, sorted."""
        return self.cache.mentioning(name)

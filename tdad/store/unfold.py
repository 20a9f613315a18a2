"""The map turned back into runs and observations: for merging, exporting and showing."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from tdad.facts import Observation, Owner, OwnerKind, Run, Site, TestRecord, Use, Used
from tdad.store.ledger import (
    STATUSES,
    StoredOwner,
    StoredRecord,
    StoredRun,
    TestFile,
    VersionKey,
    read_environment,
    read_owners,
    read_runs,
    read_tests,
    read_versions,
)
from tdad.store.lines import unpack
from tdad.store.rows import Rows, guarded
from tdad.store.traces import IMPORT, LINES, STARTS, read_used, triples


@dataclass(slots=True)
class Content:
    """What one stored observation says; versions as (path, digest)."""

    starts: dict[VersionKey, frozenset[int]] = field(default_factory=dict)
    lines: dict[VersionKey, frozenset[int]] = field(default_factory=dict)
    imports: dict[str, Site] = field(default_factory=dict)
    used: set[Used] = field(default_factory=set)

    def observation(self, owner: Owner, stored: StoredOwner | None) -> Observation:
        """Return it as the observation that was saved."""
        return Observation(
            owner,
            starts={path: lines for (path, _), lines in self.starts.items()},
            lines={path: lines for (path, _), lines in self.lines.items()},
            causes={}
            if stored is None
            else {
                int(line): frozenset(Site(path, at) for path, at in sites)
                for line, sites in stored.causes.items()
            },
            imports=self.imports,
            used=frozenset(self.used),
        )


@dataclass(slots=True)
class Unfolded:
    """Everything recorded, by observation instead of by file."""

    files: dict[str, TestFile]
    runs: list[StoredRun]
    """Oldest first."""
    versions: dict[int, VersionKey]
    owners: dict[int, StoredOwner]
    contents: dict[int, Content]

    @classmethod
    def read(cls, rows: Rows, only: Collection[int] | None = None) -> Unfolded:
        """Return what the map holds; ``only``: contents of these observations."""
        runs = sorted(read_runs(rows).values(), key=lambda run: run.age)
        unfolded = cls(read_tests(rows), runs, read_versions(rows), {}, {})
        for owners in read_owners(rows).values():
            unfolded.owners.update(owners)
        live = {record.observation for _, _, record in unfolded.records()} | unfolded.owners.keys()
        if only is not None:
            live &= set(only)
        unfolded.contents = {number: Content() for number in sorted(live)}
        with guarded(rows.path):
            unfolded._read_traces(rows)
        unfolded._read_uses(rows)
        return unfolded

    def _read_traces(self, rows: Rows) -> None:
        for version, data in rows.all("trace").items():
            key = self.versions[version]
            for tag, packed, numbers in triples(data):
                lines = frozenset(unpack(packed))
                for number in unpack(numbers):
                    content = self.contents.get(number)
                    if content is not None:
                        {STARTS: content.starts, LINES: content.lines}[tag][key] = lines

    def _read_uses(self, rows: Rows) -> None:
        for how in rows.keys("used"):
            for name, tags in read_used(rows, how).items():
                for tag, numbers in tags.items():
                    for number in numbers & self.contents.keys():
                        content = self.contents[number]
                        if how == IMPORT and not isinstance(tag, int):
                            content.imports[name] = Site(*tag)
                        elif isinstance(tag, int):
                            content.used.add(Used(Use(how), name, tag))

    def records(self) -> Iterator[tuple[str, str, StoredRecord]]:
        """Return (node id, path, record) of everything recorded."""
        for path, file in self.files.items():
            for node_id, test in file.tests.items():
                for record in test.records:
                    yield node_id, path, record

    def run(self, rows: Rows, stored: StoredRun) -> tuple[Run, dict[str, str]]:
        """Return one run with what is left of it, and node id → letters of earlier outcomes."""
        tests: list[TestRecord] = []
        recents: dict[str, str] = {}
        numbers = dict.fromkeys(stored.shared)
        observations: list[Observation] = []
        for node_id, path, record in self.records():
            if record.run == stored.number:
                recents[node_id] = record.recent
                tests.append(self._test(node_id, path, record))
                owner = Owner(OwnerKind.TEST, node_id)
                observations.append(self.contents[record.observation].observation(owner, None))
                numbers.update(dict.fromkeys(record.owners))
        for number in numbers:
            one = self.owners[number]
            observations.append(self.contents[number].observation(one.owner, one))
        run = Run(
            run_id=stored.run_id,
            started_at=stored.started_at,
            granularity=stored.granularity,
            recorder=stored.recorder,
            environment=read_environment(rows, stored.environment),
            observations=tuple(observations),
            tests=tuple(tests),
            digests=dict(self.versions[number] for number in stored.versions),
            complete=stored.complete,
            full=stored.full,
        )
        return run, recents

    def _test(self, node_id: str, path: str, record: StoredRecord) -> TestRecord:
        return TestRecord(
            node_id=node_id,
            path=path,
            definition=self.files[path].tests[node_id].definition,
            owners=tuple(sorted(self.owners[number].owner for number in record.owners)),
            status=record.status,
            duration_s=record.duration_s,
            recent=tuple(STATUSES[letter] for letter in record.recent),
        )


def environments(rows: Rows) -> dict[int, object]:
    """Return the environments as JSON values, by number."""
    return {number: json.loads(data) for number, data in rows.all("environment").items()}

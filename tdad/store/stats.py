"""What is in the map: figures, one test or file in detail, and everything as one document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tdad.facts import FAILING, Owner, OwnerKind, Status
from tdad.store import codec
from tdad.store.flakes import read_flakes
from tdad.store.ledger import (
    STATUSES,
    StoredRecord,
    read_environment,
    read_runs,
    read_tests,
)
from tdad.store.rows import Rows
from tdad.store.unfold import Content, Unfolded, environments

EXPORT_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class MapStats:
    """Figures of one map."""

    tests: int
    files: int
    """Files (Python and data) in the newest version that was recorded or indexed."""
    definitions: int
    """In the facts of all file versions that are kept."""
    runs: int
    """To which some record still refers."""
    records: int
    size_bytes: int
    newest: float | None
    """When the newest run began, seconds since the epoch; ``None``: nothing is recorded."""
    granularity: str
    python: tuple[str, ...]
    """Interpreters of the runs, sorted."""
    statuses: Mapping[Status, int]
    """Of the newest record of each test."""
    failing: tuple[str, ...]
    """Node ids of the tests that failed last time, in collection order."""

    def age_s(self, now: float) -> float | None:
        """Seconds since the newest run began."""
        return None if self.newest is None else max(0.0, now - self.newest)


@dataclass(frozen=True, slots=True)
class ShownRecord:
    """One record of one test."""

    run_id: str
    started_at: float
    python: str
    status: Status
    duration_s: float
    recent: tuple[Status, ...]
    entered: Mapping[str, tuple[str, tuple[int, ...]]]
    """Path → digest, first lines of the code objects entered by the test itself."""
    used: tuple[tuple[str, str], ...]
    """What else it used: how, name."""
    inherits: Mapping[Owner, Mapping[str, tuple[str, tuple[int, ...]]]]
    """Fixture instance or collection node → the same for it."""


@dataclass(frozen=True, slots=True)
class ShownTest:
    """One test with its records, newest first."""

    node_id: str
    path: str
    definition: str
    records: tuple[ShownRecord, ...]


@dataclass(frozen=True, slots=True)
class ShownFile:
    """One file: version (digest) → owners that entered something in it, or read it, sorted."""

    path: str
    versions: Mapping[str, Mapping[Owner, tuple[int, ...]]]
    users: tuple[Owner, ...]
    tests: tuple[str, ...]
    """Node ids of the tests collected from it."""


def stats(rows: Rows, size_bytes: int, indexed: set[str]) -> MapStats:
    """Return the figures of the map."""
    unfolded_files = read_tests(rows)
    runs = sorted(read_runs(rows).values(), key=lambda run: run.age)
    newest = {
        node_id: test.records[0]
        for file in unfolded_files.values()
        for node_id, test in file.tests.items()
    }
    counts = Counter(record.status for record in newest.values())
    return MapStats(
        tests=len(newest),
        files=len(indexed),
        definitions=sum(
            counted.definitions
            for data in rows.all("facts").values()
            if (counted := codec.count(data))
        ),
        runs=len(runs),
        records=sum(
            len(test.records) for file in unfolded_files.values() for test in file.tests.values()
        ),
        size_bytes=size_bytes,
        newest=runs[-1].started_at if runs else None,
        granularity="lines" if {run.granularity for run in runs} == {"lines"} else "functions",
        python=tuple(sorted({read_environment(rows, run.environment).python for run in runs})),
        statuses={status: counts[status] for status in Status if counts[status]},
        failing=tuple(node_id for node_id, record in newest.items() if record.status in FAILING),
    )


def show(rows: Rows, what: str) -> ShownTest | ShownFile | None:
    """Return what the map knows about a node id or a path; ``None``: nothing."""
    files = read_tests(rows)
    for path, file in files.items():
        if what in file.tests:
            return _shown_test(rows, path, what, file.tests[what].records)
    return _shown_file(rows, what)


def _shown_test(rows: Rows, path: str, node_id: str, records: list[StoredRecord]) -> ShownTest:
    numbers = {number for record in records for number in (record.observation, *record.owners)}
    unfolded = Unfolded.read(rows, numbers)
    runs = {run.number: run for run in unfolded.runs}
    shown: list[ShownRecord] = []
    for record in records:
        run, content = runs[record.run], unfolded.contents[record.observation]
        shown.append(
            ShownRecord(
                run_id=run.run_id,
                started_at=run.started_at,
                python=read_environment(rows, run.environment).python,
                status=record.status,
                duration_s=record.duration_s,
                recent=tuple(STATUSES[letter] for letter in record.recent),
                entered=_entered(content),
                used=tuple(sorted({(str(use.how), use.name) for use in content.used})),
                inherits={
                    unfolded.owners[number].owner: _entered(unfolded.contents[number])
                    for number in record.owners
                },
            )
        )
    return ShownTest(node_id, path, unfolded.files[path].tests[node_id].definition, tuple(shown))


def _entered(content: Content) -> dict[str, tuple[str, tuple[int, ...]]]:
    return {
        path: (digest, tuple(sorted(lines)))
        for (path, digest), lines in sorted(content.starts.items())
    }


def _shown_file(rows: Rows, path: str) -> ShownFile | None:
    unfolded = Unfolded.read(rows)
    owners = {number: one.owner for number, one in unfolded.owners.items()}
    for node_id, _, record in unfolded.records():
        owners[record.observation] = Owner(OwnerKind.TEST, node_id)
    versions: dict[str, dict[Owner, set[int]]] = {
        digest: {} for known, digest in sorted(unfolded.versions.values()) if known == path
    }
    users: set[Owner] = set()
    for number, content in unfolded.contents.items():
        for (entered, digest), lines in content.starts.items():
            if entered == path:
                versions.setdefault(digest, {}).setdefault(owners[number], set()).update(lines)
        if any(use.name == path for use in content.used):
            users.add(owners[number])
    tests = tuple(unfolded.files[path].tests) if path in unfolded.files else ()
    if not (versions or users or tests):
        return None
    entries = {
        digest: {owner: tuple(sorted(lines)) for owner, lines in sorted(of_version.items())}
        for digest, of_version in versions.items()
    }
    return ShownFile(path, entries, tuple(sorted(users)), tests)


def export_document(rows: Rows) -> dict[str, Any]:
    """Return everything recorded as JSON values; the same content gives the same document."""
    unfolded = Unfolded.read(rows)
    run_ids = {run.number: run.run_id for run in unfolded.runs}
    places = environments(rows)
    digests = {number: one.digest for number, one in unfolded.owners.items()}
    tests: dict[str, Any] = {}
    for node_id, path, record in sorted(unfolded.records(), key=lambda item: item[0]):
        digests[record.observation] = record.digest
        test = tests.setdefault(
            node_id,
            {
                "path": path,
                "definition": unfolded.files[path].tests[node_id].definition,
                "records": [],
            },
        )
        test["records"].append(
            {
                "run": run_ids[record.run],
                "status": str(record.status),
                "duration_s": record.duration_s,
                "recent": [str(STATUSES[letter]) for letter in record.recent],
                "observation": record.digest,
                "owners": _named(unfolded, record.owners),
            }
        )
    return {
        "schema": EXPORT_SCHEMA,
        "complete": bool(rows.number("whole")),
        "runs": [
            {
                "run_id": run.run_id,
                "started_at": run.started_at,
                "granularity": run.granularity,
                "recorder": run.recorder,
                "complete": run.complete,
                "full": run.full,
                "environment": places[run.environment],
                "files": sorted(list(unfolded.versions[number]) for number in run.versions),
                "shared": _named(unfolded, run.shared),
            }
            for run in unfolded.runs
        ],
        "tests": tests,
        "flaky": {
            node_id: [[one.at, one.asked, one.failed, one.flaky] for one in flakes.samples]
            for node_id, flakes in read_flakes(rows).items()
        },
        "observations": {
            digest: _content_document(unfolded, number)
            for digest, number in sorted((digests[number], number) for number in unfolded.contents)
        },
    }


def _named(unfolded: Unfolded, numbers: tuple[int, ...] | list[int]) -> list[list[str]]:
    owners = [unfolded.owners[number] for number in numbers]
    return sorted([str(one.owner.kind), one.owner.name, one.digest] for one in owners)


def _content_document(unfolded: Unfolded, number: int) -> dict[str, Any]:
    content = unfolded.contents[number]
    stored = unfolded.owners.get(number)
    return {
        "starts": [[*key, sorted(lines)] for key, lines in sorted(content.starts.items())],
        "lines": [[*key, sorted(lines)] for key, lines in sorted(content.lines.items())],
        "causes": {} if stored is None else dict(stored.causes),
        "imports": {
            path: [site.path, site.line] for path, site in sorted(content.imports.items())
        },
        "used": sorted([str(use.how), use.name, use.line] for use in content.used),
    }

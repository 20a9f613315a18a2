"""The recording side of the map as values in memory, and how its rows are read and written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tdad.errors import MapCorrupt
from tdad.facts import Elsewhere, Environment, Owner, OwnerKind, Status
from tdad.store.lines import pack, unpack
from tdad.store.rows import Rows

LETTERS: Mapping[Status, str] = {
    Status.PASSED: "p",
    Status.FAILED: "f",
    Status.ERROR: "e",
    Status.SKIPPED: "s",
    Status.XFAILED: "x",
    Status.XPASSED: "X",
    Status.TIMEOUT: "t",
    Status.CRASHED: "c",
    Status.MISSING: "m",
}
STATUSES: Mapping[str, Status] = {letter: status for status, letter in LETTERS.items()}

VersionKey = tuple[str, str]
"""Path and digest."""


@dataclass(slots=True)
class StoredRecord:
    """One record of one test."""

    run: int
    observation: int
    owners: tuple[int, ...]
    """Observations of the fixture instances and collection nodes it inherits from, sorted."""
    status: Status
    duration_s: float
    breadth: int
    recent: str
    """Letters of the earlier outcomes, newest first."""
    digest: str
    """Of the content of ``observation``."""

    @property
    def content(self) -> tuple[int, tuple[int, ...]]:
        """What makes two records of a test the same."""
        return self.observation, self.owners


@dataclass(slots=True)
class StoredTest:
    """One test with its records, newest first."""

    node_id: str
    definition: str
    records: list[StoredRecord]


@dataclass(slots=True)
class TestFile:
    """The tests of one file, in collection order."""

    __test__ = False  # not a test class, whatever pytest makes of the name

    position: int
    tests: dict[str, StoredTest] = field(default_factory=dict)


@dataclass(slots=True)
class StoredOwner:
    """One observation of something that is no test."""

    number: int
    owner: Owner
    digest: str
    breadth: int
    causes: Mapping[str, list[list[Any]]]
    """Line (as JSON has it) → [path, line] of the code objects entered because of that statement."""


@dataclass(slots=True)
class StoredRun:
    """One run to which records refer."""

    number: int
    run_id: str
    started_at: float
    granularity: str
    recorder: str
    complete: bool
    full: bool
    environment: int
    versions: list[int] = field(default_factory=list)
    shared: list[int] = field(default_factory=list)

    @property
    def age(self) -> tuple[float, str]:
        """Sorts runs from old to new, the same on every machine."""
        return self.started_at, self.run_id


def read_runs(rows: Rows) -> dict[int, StoredRun]:
    """Return the runs by number."""
    versions, shared = rows.all("run", "versions"), rows.all("run", "shared")
    found: dict[int, StoredRun] = {}
    for number, data in rows.all("run").items():
        run = StoredRun(number, *json.loads(data))
        run.versions, run.shared = unpack(versions[number]), unpack(shared[number])
        found[number] = run
    return found


def write_run(rows: Rows, run: StoredRun) -> None:
    """Write one run."""
    data = [run.run_id, run.started_at, run.granularity, run.recorder, run.complete, run.full]
    rows.put(
        "run",
        run.number,
        data=dump([*data, run.environment]),
        versions=pack(run.versions),
        shared=pack(run.shared),
    )


def read_versions(rows: Rows) -> dict[int, VersionKey]:
    """Return (path, digest) of each file version by number."""
    return {
        number: (path, digest)
        for number, data in rows.all("version", "name").items()
        for path, digest in [json.loads(data)]
    }


def write_version(rows: Rows, number: int, key: VersionKey) -> None:
    """Write one file version."""
    rows.put("version", number, name=dump(list(key)))


def read_environment(rows: Rows, number: int) -> Environment:
    """Return where a run was made."""
    data = rows.get("environment", number)
    if data is None:
        raise MapCorrupt(rows.path, f"environment {number} is missing")
    return environment_of(json.loads(data))


def environment_of(values: Mapping[str, Any]) -> Environment:
    """Return the environment that ``environment_document`` wrote."""
    return Environment(
        python=values["python"],
        platform=values["platform"],
        packages=values["packages"],
        variables=values["variables"],
        plugins=tuple(values["plugins"]),
        modules=values["modules"],
        search=tuple(values.get("search", ())),
        elsewhere=tuple(Elsewhere(*one) for one in values.get("elsewhere", ())),
    )


def environment_document(environment: Environment) -> dict[str, Any]:
    """Return the environment as JSON values."""
    document: dict[str, Any] = {
        "python": environment.python,
        "platform": environment.platform,
        "packages": dict(environment.packages),
        "variables": dict(environment.variables),
        "plugins": list(environment.plugins),
        "modules": dict(environment.modules),
        "search": list(environment.search),
    }
    if environment.elsewhere:
        document["elsewhere"] = [[one.module, one.path, one.file] for one in environment.elsewhere]
    return document


def read_tests(rows: Rows) -> dict[str, TestFile]:
    """Return the tests by file, the files in collection order."""
    files = {
        path: _test_file(path, json.loads(data)) for path, data in rows.all("test_file").items()
    }
    return dict(sorted(files.items(), key=lambda item: (item[1].position, item[0])))


def _test_file(path: str, values: list[Any]) -> TestFile:
    position, entries = values
    found = TestFile(position)
    for short, short_definition, records in entries:
        node_id = path + short[1:] if short[0] == "=" else short[1:]
        if short_definition == "":
            definition = written_in(node_id)
        else:
            definition = (
                path + short_definition[1:] if short_definition[0] == "=" else short_definition[1:]
            )
        found.tests[node_id] = StoredTest(node_id, definition, list(map(_record, records)))
    return found


def _record(values: list[Any]) -> StoredRecord:
    run, observation, owners, letter, duration_s, breadth, recent, digest = values
    return StoredRecord(
        run, observation, tuple(owners), STATUSES[letter], duration_s, breadth, recent, digest
    )


def write_test_file(rows: Rows, path: str, file: TestFile) -> None:
    """Write the tests of one file."""
    entries = [
        [
            _shortened(test.node_id, path),
            ""
            if test.definition == written_in(test.node_id)
            else _shortened(test.definition, path),
            [
                [
                    record.run,
                    record.observation,
                    list(record.owners),
                    LETTERS[record.status],
                    record.duration_s,
                    record.breadth,
                    record.recent,
                    record.digest,
                ]
                for record in test.records
            ],
        ]
        for test in file.tests.values()
    ]
    rows.put("test_file", path, data=dump([file.position, entries]))


def _shortened(text: str, path: str) -> str:
    return "=" + text[len(path) :] if text.startswith(path) else "!" + text


def written_in(node_id: str) -> str:
    """Return where a test is written as far as its node id tells: ``a.py::C::m[x]`` → ``a.py::C.m``."""
    path, _, rest = node_id.partition("[")[0].partition("::")
    return f"{path}::{rest.replace('::', '.')}"


def read_owners(rows: Rows) -> dict[str, dict[int, StoredOwner]]:
    """Return the observations of what is no test: by file part of the name, then by number."""
    return {
        part: {
            number: StoredOwner(number, Owner(OwnerKind(kind), name), digest, breadth, causes)
            for number, kind, name, digest, breadth, causes in json.loads(data)
        }
        for part, data in rows.all("owner_file").items()
    }


def write_owner_file(rows: Rows, part: str, owners: Iterable[StoredOwner]) -> None:
    """Write the observations of one file part."""
    entries = [
        [one.number, str(one.owner.kind), one.owner.name, one.digest, one.breadth, one.causes]
        for one in owners
    ]
    rows.put("owner_file", part, data=dump(entries))


def part_of(owner: Owner) -> str:
    """Return the row of ``owner_file`` in which observations of ``owner`` are."""
    return owner.name.rpartition("@")[2].partition("::")[0]


def dump(value: Any) -> bytes:
    """Return ``value`` as compact JSON."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode("ascii")

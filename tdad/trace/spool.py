"""The spool, read back: what the probe wrote while the tests ran becomes a ``Run``.

Nothing here trusts the files: a process may have been killed in the middle of a line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from tdad.facts import (
    Environment,
    Observation,
    Owner,
    OwnerKind,
    Run,
    Site,
    Status,
    TestRecord,
    Use,
    Used,
)

HEADER = "run.json"
_DAMAGE = (KeyError, TypeError, ValueError, IndexError, AttributeError)
_EVERYBODYS = frozenset({OwnerKind.IMPORT, OwnerKind.SESSION})
_decode = json.JSONDecoder().raw_decode


@dataclass
class _Seen:
    """What one owner executed, gathered from several records."""

    starts: dict[str, set[int]] = field(default_factory=dict)
    lines: dict[str, set[int]] = field(default_factory=dict)
    causes: dict[int, set[Site]] = field(default_factory=dict)
    imports: dict[str, Site] = field(default_factory=dict)
    used: set[Used] = field(default_factory=set)

    def add(self, record: dict[str, Any], sites: dict[int, tuple[str, int]]) -> None:
        starts = self.starts
        for path, first in [sites[number] for number in record.get("codes", ())]:
            if path in starts:
                starts[path].add(first)
            else:
                starts[path] = {first}
        for path, numbers in record.get("starts", {}).items():
            self.starts.setdefault(path, set()).update(numbers)
        for path, numbers in record.get("lines", {}).items():
            self.lines.setdefault(path, set()).update(numbers)
        for line, entered in record.get("causes", {}).items():
            self.causes.setdefault(int(line), set()).update(Site(p, n) for p, n in entered)
        for path, (importer, line) in record.get("imports", {}).items():
            self.imports.setdefault(path, Site(importer, line))
        self.used.update(Used(Use(how), name, line) for how, name, line in record.get("used", ()))

    def freeze(self, owner: Owner) -> Observation:
        return Observation(
            owner,
            {path: frozenset(numbers) for path, numbers in sorted(self.starts.items())},
            {path: frozenset(numbers) for path, numbers in sorted(self.lines.items())},
            {line: frozenset(sites) for line, sites in sorted(self.causes.items())},
            dict(sorted(self.imports.items())),
            frozenset(self.used),
        )


@dataclass
class _Gathered:
    """All records of a run, as they come."""

    owners: dict[Owner, _Seen] = field(default_factory=dict)
    tests: dict[str, tuple[int, TestRecord]] = field(default_factory=dict)
    states: dict[str, set[tuple[int, int]]] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    ends: list[dict[str, Any]] = field(default_factory=list)
    begun: dict[str, Any] | None = None
    """The test that the process of the file at hand began last and has not finished."""
    sites: dict[int, tuple[str, int]] = field(default_factory=dict)
    """What the numbers in the file at hand stand for."""
    damaged: set[Owner] = field(default_factory=set)
    """Owners of which not all can be read: who depends on them counts as not recorded."""

    def add(self, record: dict[str, Any]) -> None:
        """Take in one record.

        Raises:
            KeyError, TypeError, ValueError: it is not what the probe writes.
        """
        kind = record["t"]
        if kind == "obs":
            self._observation(record)
        elif kind == "sites":
            first = int(record["first"])
            sites = [(str(path), int(line)) for path, line in record["sites"]]
            self.sites.update(enumerate(sites, first))
        elif kind == "test":
            record = record if "path" in record else self._begun(record)
            test = _test(record)
            self.tests[test.node_id] = (int(record["order"]), test)
            self.begun = None
        elif kind == "begin":
            self.begun = record
        elif kind == "file":
            self._file(record)
        elif kind == "env":
            self.variables.update(record["variables"])
        elif kind == "end":
            self.ends.append(record)
            self.begun = None

    def _observation(self, record: dict[str, Any]) -> None:
        owner = Owner(OwnerKind(record["owner"][0]), str(record["owner"][1]))
        try:
            self.owners.setdefault(owner, _Seen()).add(record, self.sites)
        except _DAMAGE:
            self.damaged.add(owner)
            raise

    def _begun(self, record: dict[str, Any]) -> dict[str, Any]:
        """Where the test is written was said when it began."""
        if self.begun is None or self.begun["node_id"] != record["node_id"]:
            raise KeyError("path")
        return {**self.begun, **record}

    def whole(self) -> tuple[TestRecord, ...]:
        """Return the tests of which all can be read, in their order."""
        tests = [test for _, test in sorted(self.tests.values(), key=lambda two: two[0])]
        if not self.damaged:
            return tuple(tests)
        if any(owner.kind in _EVERYBODYS for owner in self.damaged):
            return ()
        return tuple(
            test
            for test in tests
            if self.damaged.isdisjoint((Owner(OwnerKind.TEST, test.node_id), *test.owners))
        )

    def file_read(self) -> None:
        """The file of one process is read: a test that began and never ended took the process with it."""
        self.sites = {}
        if self.begun is not None:
            unfinished = {"owners": (), "status": "crashed", "duration_s": 0.0, "t": "test"}
            self.add({**self.begun, **unfinished})

    def _file(self, record: dict[str, Any]) -> None:
        if "digest" in record:
            self.digests[record["path"]] = str(record["digest"])
        else:
            state = (int(record["mtime_ns"]), int(record["size"]))
            self.states.setdefault(record["path"], set()).add(state)


def list_runs(directory: Path) -> list[Path]:
    """Return the spools below ``directory`` (one folder per run), oldest first."""
    if not directory.is_dir():
        return []
    runs = [path for path in directory.iterdir() if path.is_dir() and any(path.iterdir())]
    return sorted(runs, key=lambda path: (path.stat().st_mtime_ns, path.name))


def read_run(spool: Path) -> Run:
    """Return the run that was written to the folder ``spool``.

    Damaged lines are left out; a run without its end record is not ``complete``.
    """
    header = _header(spool)
    gathered = _Gathered()
    for file in sorted(spool.glob("*.jsonl")):
        for record in _records(file):
            with suppress(*_DAMAGE):
                gathered.add(record)
        with suppress(*_DAMAGE):
            gathered.file_read()
        gathered.begun = None
    controllers = [end for end in gathered.ends if not end.get("worker")]
    return Run(
        run_id=str(header.get("run_id", spool.name)),
        started_at=float(header.get("started_at", 0.0)),
        granularity=str(header.get("granularity", "functions")),
        recorder=str(header.get("recorder", "monitoring")),
        environment=_environment(header, gathered),
        observations=tuple(
            gathered.owners[owner].freeze(owner) for owner in sorted(gathered.owners)
        ),
        tests=gathered.whole(),
        digests=_digests(header, gathered),
        complete=any(end.get("exitstatus") in (0, 1, 5) for end in controllers),
        full=bool(controllers) and all(bool(end.get("full")) for end in gathered.ends),
        scope=tuple(str(path) for end in controllers for path in end.get("scope", ())),
        outside=_outside(gathered.ends),
    )


def _outside(ends: Iterable[dict[str, Any]]) -> dict[str, str]:
    """What some process of the run imported from outside the project."""
    found: dict[str, str] = {}
    for end in ends:
        named = end.get("outside")
        if isinstance(named, dict):
            found.update({str(name): str(file) for name, file in named.items()})
    return dict(sorted(found.items()))


def _records(file: Path) -> Iterator[dict[str, Any]]:
    with file.open("rb") as lines:
        for line in lines:
            try:
                text = line.decode("utf-8").strip()
                record, end = _decode(text)
            except ValueError:
                continue
            if isinstance(record, dict) and end == len(text):
                yield record


def _header(spool: Path) -> dict[str, Any]:
    try:
        header = json.loads((spool / HEADER).read_bytes())
    except (OSError, ValueError):
        return {}
    return header if isinstance(header, dict) else {}


def _test(record: dict[str, Any]) -> TestRecord:
    path, qualname = record["site"][0], record["qualname"]
    return TestRecord(
        node_id=record["node_id"],
        path=record["path"],
        definition=f"{path}::{qualname}",
        owners=tuple(sorted({Owner(OwnerKind(kind), name) for kind, name in record["owners"]})),
        status=Status(record["status"]),
        duration_s=float(record["duration_s"]),
    )


def _environment(header: dict[str, Any], gathered: _Gathered) -> Environment:
    facts = header.get("environment")
    facts = facts if isinstance(facts, dict) else {}
    return Environment(
        python=str(facts.get("python", "")),
        platform=str(facts.get("platform", "")),
        packages=dict(sorted(facts.get("packages", {}).items())),
        variables=dict(sorted(gathered.variables.items())),
        plugins=tuple(sorted(facts.get("plugins", ()))),
        modules=dict(sorted(facts.get("modules", {}).items())),
        search=tuple(map(str, facts.get("search", ()))),
    )


def _digests(header: dict[str, Any], gathered: _Gathered) -> dict[str, str]:
    """Digests that the probe took at the end; for a run that did not get there, of files that still look the same."""
    digests = dict(gathered.digests)
    root = header.get("root")
    for path, states in gathered.states.items():
        if path not in digests:
            digests[path] = digest_of(Path(root) / path, states) if root else ""
    return dict(sorted(digests.items()))


def digest_of(file: Path, states: set[tuple[int, int]]) -> str:
    """Return the digest of ``file``, empty when it is not in the one state (mtime in ns, size) that was seen."""
    try:
        status = file.stat()
        if states != {(status.st_mtime_ns, status.st_size)}:
            return ""
        return blake2b(file.read_bytes(), digest_size=16).hexdigest()
    except OSError:
        return ""

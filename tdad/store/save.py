"""A recorded run → the map, in one transaction: ``absorb`` changes the values, ``Ledger.write`` the rows.

Tests of the run get a new record, the others keep theirs. Numbers are never used twice, so that what is gone can stay
in the inverted rows until they are rewritten anyway (or until too much of them is dead).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from tdad.facts import FileFacts, Observation, Owner, OwnerKind, Run, TestRecord
from tdad.store import codec
from tdad.store.content import Digester, breadth, by_owner, causes_document
from tdad.store.ledger import (
    LETTERS,
    StoredOwner,
    StoredRecord,
    StoredRun,
    StoredTest,
    TestFile,
    VersionKey,
    dump,
    environment_document,
    part_of,
    read_owners,
    read_runs,
    read_tests,
    read_versions,
    write_owner_file,
    write_run,
    write_test_file,
    write_version,
)
from tdad.store.rows import Rows
from tdad.store.traces import Additions

GENERATIONS = 4
"""Records kept per test."""
RECENT = 10
"""Earlier outcomes kept per record."""
_DEAD_SHARE = 0.25
"""Sweep the inverted rows when this share of the observations in them is gone."""
_SHARED = {OwnerKind.IMPORT, OwnerKind.SESSION}


@dataclass(slots=True)
class Ledger:
    """All of the recording side but the inverted rows, while it is being changed."""

    rows: Rows
    runs: dict[int, StoredRun]
    versions: dict[int, VersionKey]
    numbers: dict[VersionKey, int]
    files: dict[str, TestFile]
    owners: dict[str, dict[int, StoredOwner]]
    additions: Additions = field(default_factory=Additions)
    changed_files: set[str] = field(default_factory=set)
    changed_parts: set[str] = field(default_factory=set)
    changed_runs: set[int] = field(default_factory=set)
    current: set[VersionKey] = field(default_factory=set)
    """File versions that the index holds on to."""
    next: dict[str, int] = field(default_factory=dict)
    known: frozenset[int] = frozenset()
    """Observations there were before."""

    @classmethod
    def read(cls, rows: Rows, current: Iterable[VersionKey]) -> Ledger:
        """Return what the map holds."""
        versions = read_versions(rows)
        ledger = cls(
            rows=rows,
            runs=read_runs(rows),
            versions=versions,
            numbers={key: number for number, key in versions.items()},
            files=read_tests(rows),
            owners=read_owners(rows),
            current=set(current),
        )
        ledger.known = ledger.observations()
        return ledger

    def new(self, what: str) -> int:
        """Return a number of its kind that was never used before."""
        key = f"next_{what}"
        number = self.next.get(key) or self.rows.number(key) or 1
        self.next[key] = number + 1
        return number

    def version(self, path: str, digest: str) -> int:
        """Return the number of a file version."""
        key = (path, digest)
        number = self.numbers.get(key)
        if number is None:
            number = self.numbers[key] = self.new("version")
            self.versions[number] = key
            write_version(self.rows, number, key)
        return number

    def observations(self) -> frozenset[int]:
        """Return every observation that there is a header for."""
        tests = {
            record.observation
            for file in self.files.values()
            for test in file.tests.values()
            for record in test.records
        }
        return frozenset(tests.union(*(owners.keys() for owners in self.owners.values())))

    def picture(self) -> object:
        """Return who executed what, as a value to compare: tests with what is newest of each, and what they share."""
        newest = max(self.runs.values(), key=lambda run: run.age, default=None)
        return (
            {
                node_id: test.records[0].content
                for file in self.files.values()
                for node_id, test in file.tests.items()
            },
            newest and newest.shared,
        )

    def records(self) -> Iterable[StoredRecord]:
        """Return all records of all tests."""
        for file in self.files.values():
            for test in file.tests.values():
                yield from test.records

    # ----------------------------------------------------------------------------------------------------------------
    # Leaving out what nothing refers to, and writing
    # ----------------------------------------------------------------------------------------------------------------

    def write(self) -> None:
        """Drop what nothing refers to any more and write what changed."""
        self._drop_runs()
        self._drop_owners()
        live = self.observations()
        dead = self.rows.number("dead") + len(self.known - live)
        sweep = dead > _DEAD_SHARE * len(live)
        self.additions.write(self.rows, live, sweep=sweep)
        self.rows.set_number("dead", 0 if sweep else dead)
        self._drop_versions()
        for path in self.changed_files:
            if path in self.files:
                write_test_file(self.rows, path, self.files[path])
            else:
                self.rows.delete("test_file", [path])
        for part in self.changed_parts:
            if self.owners.get(part):
                write_owner_file(self.rows, part, self.owners[part].values())
            else:
                self.rows.delete("owner_file", [part])
        for key, number in self.next.items():
            self.rows.set_number(key, number)

    def _drop_runs(self) -> None:
        live = {record.run for record in self.records()}
        gone = [number for number in self.runs if number not in live]
        for number in gone:
            del self.runs[number]
        self.rows.delete("run", gone)
        for number in self.changed_runs & live:
            write_run(self.rows, self.runs[number])
        environments = {run.environment for run in self.runs.values()}
        self.rows.delete("environment", self.rows.keys("environment") - environments)

    def _drop_owners(self) -> None:
        live = {number for record in self.records() for number in record.owners}
        live.update(*(run.shared for run in self.runs.values()))
        for part, owners in self.owners.items():
            gone = owners.keys() - live
            if gone:
                self.changed_parts.add(part)
                for number in gone:
                    del owners[number]

    def _drop_versions(self) -> None:
        live = {number for run in self.runs.values() for number in run.versions}
        live |= {self.numbers[key] for key in self.current if key in self.numbers}
        gone = self.versions.keys() - live
        for table in ("version", "trace", "facts"):
            self.rows.delete(table, gone)


@dataclass(slots=True)
class Absorber:
    """Takes one run into a ledger."""

    ledger: Ledger
    run: Run
    stored: StoredRun
    digester: Digester
    observations: dict[Owner, Observation]
    _shared: dict[Owner, StoredOwner] = field(default_factory=dict)
    _states: dict[int, int] = field(default_factory=dict)
    _numbers: dict[tuple[int, ...], int] = field(default_factory=dict)

    @classmethod
    def of(cls, ledger: Ledger, run: Run) -> Absorber:
        """Return the absorber of ``run``."""
        known = [one for one in ledger.runs.values() if one.run_id == run.run_id]
        stored = known[0] if known else _new_run(ledger, run)
        ledger.changed_runs.add(stored.number)
        return cls(ledger, run, stored, Digester(run.digests), by_owner(run.observations))

    def absorb(self, recents: Mapping[str, str] | None = None) -> None:
        """Take in the run's tests and what they share.

        Args:
            recents: Node id → letters of earlier outcomes, when they are known better than from our records.
        """
        numbers = {self.ledger.version(path, digest) for path, digest in self.run.digests.items()}
        shared = set(self.stored.shared)
        for owner, observation in sorted(self.observations.items()):
            numbers.update(self._versions(observation).values())
            if owner.kind in _SHARED:
                shared.add(self._owner(owner).number)
        self.stored.versions = sorted({*self.stored.versions, *numbers})
        self.stored.shared = sorted(shared)
        for test in self.run.tests:
            self._test(test, None if recents is None else recents.get(test.node_id, ""))

    def _versions(self, observation: Observation) -> dict[str, int]:
        digests = self.run.digests
        return {
            path: self.ledger.version(path, digests.get(path, ""))
            for path in (*observation.starts, *observation.lines)
        }

    def _owner(self, owner: Owner) -> StoredOwner:
        """Return the stored observation of what is no test: the one with this content, or a new one."""
        known = self._shared.get(owner)
        if known is not None:
            return known
        observation = self.observations.get(owner) or Observation(owner)
        digest = self.digester.digest(observation)
        part = part_of(owner)
        owners = self.ledger.owners.setdefault(part, {})
        for one in owners.values():
            if one.owner == owner and one.digest == digest:
                self._shared[owner] = one
                return one
        number = self.ledger.new("observation")
        made = StoredOwner(
            number, owner, digest, breadth(observation), causes_document(observation.causes)
        )
        owners[number] = self._shared[owner] = made
        self.ledger.changed_parts.add(part)
        self.ledger.additions.add(number, observation, self._versions(observation))
        return made

    def _test(self, test: TestRecord, recent: str | None) -> None:
        owner = Owner(OwnerKind.TEST, test.node_id)
        observation = self.observations.get(owner) or Observation(owner)
        digest = self.digester.digest(observation)
        stored = self._stored_test(test)
        number = next((one.observation for one in stored.records if one.digest == digest), 0)
        if not number:
            number = self.ledger.new("observation")
            self.ledger.additions.add(number, observation, self._versions(observation))
        inherited = [self._owner(one) for one in sorted(set(test.owners))]
        record = StoredRecord(
            run=self.stored.number,
            observation=number,
            owners=tuple(sorted(one.number for one in inherited)),
            status=test.status,
            duration_s=round(test.duration_s, 6),
            breadth=breadth(observation) + sum(one.breadth for one in inherited),
            recent="".join(LETTERS[status] for status in test.recent)
            if recent is None
            else recent,
            digest=digest,
        )
        stored.records = self._merged(stored.records, record, keep_recent=recent is not None)
        if stored.records[0] is record:
            stored.definition = test.definition

    def _stored_test(self, test: TestRecord) -> StoredTest:
        files = self.ledger.files
        file = files.get(test.path)
        if file is None:
            last = max((one.position for one in files.values()), default=-1)
            file = files[test.path] = TestFile(last + 1)
        self.ledger.changed_files.add(test.path)
        found = file.tests.get(test.node_id)
        if found is None:
            found = file.tests[test.node_id] = StoredTest(test.node_id, test.definition, [])
        return found

    def _state(self, run: int) -> int:
        """A number for the versions of the files that the run saw: the same for the same versions."""
        found = self._states.get(run)
        if found is None:
            versions = tuple(sorted(self.ledger.runs[run].versions))
            found = self._states[run] = self._numbers.setdefault(versions, len(self._numbers))
        return found

    def _merged(
        self, records: list[StoredRecord], record: StoredRecord, *, keep_recent: bool
    ) -> list[StoredRecord]:
        """Return the records with the new one: newest first, each content in each state of the files once.

        The state of all files counts, not only of those that were entered: a constant that was imported, or a data file
        that was read, has other versions in records of the same content, and hopping back must find them.
        """
        runs = self.ledger.runs
        others = [one for one in records if one.run != record.run]
        twins = [one for one in records if one.run == record.run]
        if keep_recent and twins:
            # Two maps disagree about one run: any choice will do as long as it is the same both ways round.
            # One that knows more of what was before goes first.
            record = max([record, *twins], key=_choice)
        if not keep_recent and not record.recent and others:
            before = others[0]
            record.recent = (LETTERS[before.status] + before.recent)[:RECENT]
        ordered = sorted([*others, record], key=lambda one: runs[one.run].age, reverse=True)
        kept: dict[object, StoredRecord] = {}
        for one in ordered:
            kept.setdefault((one.content, self._state(one.run)), one)
        return list(kept.values())[:GENERATIONS]


def _choice(one: StoredRecord) -> tuple[int, str, str, str, float]:
    return len(one.recent), one.recent, one.digest, one.status, one.duration_s


def _new_run(ledger: Ledger, run: Run) -> StoredRun:
    number = ledger.new("run")
    ledger.runs[number] = StoredRun(
        number=number,
        run_id=run.run_id,
        started_at=run.started_at,
        granularity=run.granularity,
        recorder=run.recorder,
        complete=run.complete,
        full=run.full and not run.scope,
        environment=_environment(ledger, dump(environment_document(run.environment))),
    )
    return ledger.runs[number]


def _environment(ledger: Ledger, document: bytes) -> int:
    for number, data in ledger.rows.all("environment").items():
        if data == document:
            return int(number)
    number = ledger.new("environment")
    ledger.rows.put("environment", number, data=document)
    return number


def drop_vanished(ledger: Ledger, run: Run, scope: Collection[str] | None) -> None:
    """Drop the tests that a full run did not meet any more, of the paths it was limited to."""
    seen = {test.node_id for test in run.tests}
    for path, file in list(ledger.files.items()):
        if scope is not None and not below(path, scope):
            continue
        gone = [node_id for node_id in file.tests if node_id not in seen]
        for node_id in gone:
            ledger.changed_files.add(path)
            del file.tests[node_id]
        if not file.tests:
            del ledger.files[path]


def below(path: str, scope: Collection[str]) -> bool:
    """Tell whether a file is in what a run was limited to."""
    return any(path == one or one in {"", "."} or path.startswith(f"{one}/") for one in scope)


def put_in_order(ledger: Ledger, run: Run) -> None:
    """Give files and tests the order in which a full run collected them; others come after."""
    order = {test.node_id: at for at, test in enumerate(run.tests)}
    for path in dict.fromkeys(test.path for test in run.tests):
        tests = ledger.files[path].tests
        last = len(order)
        ledger.files[path].tests = {
            node_id: tests[node_id]
            for node_id in sorted(tests, key=lambda one: order.get(one, last))
        }
    firsts = dict.fromkeys([*(test.path for test in run.tests), *ledger.files])
    for position, path in enumerate(firsts):
        if ledger.files[path].position != position:
            ledger.files[path].position = position
            ledger.changed_files.add(path)


def save_facts(ledger: Ledger, facts: Iterable[FileFacts]) -> None:
    """Keep the facts of file versions that the map refers to."""
    have = ledger.rows.keys("facts")
    for one in facts:
        number = ledger.numbers.get((one.path, one.digest))
        if number is not None and number not in have:
            ledger.rows.put("facts", number, data=codec.encode(one))

"""Which of the stored records a view is made from: one of each test, with the runs, owners and versions of these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tdad.facts import Owner, OwnerKind, Site
from tdad.store.ledger import (
    StoredOwner,
    StoredRecord,
    StoredRun,
    TestFile,
    VersionKey,
    read_owners,
    read_runs,
    read_tests,
    read_versions,
)
from tdad.store.rows import Rows


@dataclass(eq=False)
class Tables:
    """What the views of all generations are made from; each table is read once."""

    rows: Rows

    @cached_property
    def files(self) -> dict[str, TestFile]:
        """Tests by file."""
        return read_tests(self.rows)

    @cached_property
    def runs(self) -> dict[int, StoredRun]:
        """Runs by number."""
        return read_runs(self.rows)

    @cached_property
    def versions(self) -> dict[int, VersionKey]:
        """(Path, digest) of each file version by number."""
        return read_versions(self.rows)

    @cached_property
    def owners(self) -> dict[int, StoredOwner]:
        """Observations of what is no test, by number."""
        return {
            number: owner
            for owners in read_owners(self.rows).values()
            for number, owner in owners.items()
        }


@dataclass(eq=False)
class Chosen:
    """The ``generation``-th newest record of each test that has so many.

    Owners are named as they were recorded. When these records saw *different* instances of one fixture (or one
    collection node), because they come from different runs, the newest instance keeps the name and the others get
    ``~2``, ``~3`` … at its end: what one test inherits is never mixed with what another test inherited in another run.
    Imports and the session are united over the runs.
    """

    tables: Tables
    generation: int

    @cached_property
    def records(self) -> dict[str, tuple[str, str, StoredRecord]]:
        """Node id → file, definition, and the record of this generation."""
        at = self.generation
        return {
            node_id: (path, test.definition, test.records[at])
            for path, file in self.tables.files.items()
            for node_id, test in file.tests.items()
            if len(test.records) > at
        }

    @cached_property
    def runs(self) -> list[StoredRun]:
        """Runs of the chosen records, newest first."""
        used = {record.run for _, _, record in self.records.values()}
        runs = [run for number, run in self.tables.runs.items() if number in used]
        return sorted(runs, key=lambda run: run.age, reverse=True)

    @cached_property
    def inherited(self) -> dict[int, Owner]:
        """Observation of a fixture instance or collection node → its owner in this view."""
        ages = {run.number: run.age for run in self.runs}
        newest: dict[int, tuple[float, str]] = {}
        for _, _, record in self.records.values():
            age = ages[record.run]
            for number in record.owners:
                newest[number] = max(age, newest.get(number, age))
        names: dict[Owner, list[int]] = {}
        for number in sorted(newest, key=lambda one: (newest[one], one), reverse=True):
            names.setdefault(self.tables.owners[number].owner, []).append(number)
        return {
            number: owner if at == 1 else Owner(owner.kind, f"{owner.name}~{at}")
            for owner, numbers in names.items()
            for at, number in enumerate(numbers, 1)
        }

    @cached_property
    def owners(self) -> dict[int, Owner]:
        """Observation → owner, of everything in this view."""
        found = dict(self.inherited)
        for run in self.runs:
            for number in run.shared:
                found[number] = self.tables.owners[number].owner
        for node_id, (_, _, record) in self.records.items():
            found[record.observation] = Owner(OwnerKind.TEST, node_id)
        return found

    @cached_property
    def versions(self) -> dict[str, dict[str, int]]:
        """Path → digest → number of the version, newest first."""
        keys = self.tables.versions
        found: dict[str, dict[str, int]] = {}
        for run in self.runs:
            for number in run.versions:
                path, digest = keys[number]
                found.setdefault(path, {}).setdefault(digest, number)
        return found

    @cached_property
    def heirs(self) -> Mapping[Owner, Sequence[str]]:
        """Fixture instance or collection node → node ids of the tests that inherit from it, in collection order."""
        found: dict[int, list[str]] = {}
        for node_id, (_, _, record) in self.records.items():
            for number in record.owners:
                found.setdefault(number, []).append(node_id)
        return {self.inherited[number]: node_ids for number, node_ids in found.items()}

    @cached_property
    def caused(self) -> Mapping[Site, Sequence[Site]]:
        """Module-level statement → the code objects that were entered while it ran, sorted."""
        found: dict[Site, set[Site]] = {}
        for number in self.owners:
            stored = self.tables.owners.get(number)
            if stored is None or stored.owner.kind is not OwnerKind.IMPORT:
                continue
            for line, sites in stored.causes.items():
                entered = found.setdefault(Site(stored.owner.name, int(line)), set())
                entered.update(Site(path, at) for path, at in sites)
        return {statement: tuple(sorted(sites)) for statement, sites in found.items()}

    @cached_property
    def causes(self) -> Mapping[Site, Sequence[Site]]:
        """Entered code object → the module-level statements during which that happened, sorted."""
        found: dict[Site, list[Site]] = {}
        for statement, sites in sorted(self.caused.items()):
            for site in sites:
                found.setdefault(site, []).append(statement)
        return {site: tuple(statements) for site, statements in found.items()}

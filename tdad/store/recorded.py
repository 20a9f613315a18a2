"""The map's answers to the graph: ``facts.Recorded``, lazy and memoised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tdad.facts import (
    Environment,
    FileFacts,
    Owner,
    OwnerKind,
    Site,
    TestRecord,
    Use,
)
from tdad.store import codec
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

_NOBODY: Mapping[Owner, frozenset[int]] = {}
_Group = tuple[frozenset[int], list[Owner]]
"""Lines, and the owners that entered (or executed) exactly these."""


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
class RecordedView:
    """Each test with its ``generation``-th newest record. Valid until the map is written through the same ``Map``.

    Owners are named as they were recorded. When records of this view saw *different* instances of one fixture (or one
    collection node), because they come from different runs, the newest instance keeps the name and the others get
    ``~2``, ``~3`` … at its end, in ``TestRecord.owners`` too: what one test inherits is never mixed with what another
    test inherited in another run. Imports and the session are united over the runs.
    """

    rows: Rows
    generation: int = 0
    tables: Tables | None = None

    def __post_init__(self) -> None:
        self._tables = self.tables or Tables(self.rows)

    # ----------------------------------------------------------------------------------------------------------------
    # What everything else is read from
    # ----------------------------------------------------------------------------------------------------------------

    @cached_property
    def _chosen(self) -> dict[str, tuple[str, str, StoredRecord]]:
        """Node id → file, definition, and the record of this generation."""
        at = self.generation
        return {
            node_id: (path, test.definition, test.records[at])
            for path, file in self._tables.files.items()
            for node_id, test in file.tests.items()
            if len(test.records) > at
        }

    @cached_property
    def _runs(self) -> list[StoredRun]:
        """Runs of the chosen records, newest first."""
        used = {record.run for _, _, record in self._chosen.values()}
        runs = [run for number, run in self._tables.runs.items() if number in used]
        return sorted(runs, key=lambda run: run.age, reverse=True)

    @cached_property
    def recorder(self) -> str:
        """What watched the newest run; empty when nothing was recorded."""
        return self._runs[0].recorder if self._runs else ""

    def is_text_kept(self, path: str) -> bool:
        """Whether the text of that Python file was read or kept, as far as the recorders could tell."""
        return (
            bool(self.users(Use.TEXT, path))
            or bool(self.users(Use.READ, path))
            or any(run.recorder == "import" for run in self._runs)
        )

    @cached_property
    def recorded_at(self) -> float | None:
        """When the newest run began, seconds since the epoch; ``None`` when nothing was recorded."""
        return self._runs[0].started_at if self._runs else None

    @cached_property
    def _inherited(self) -> dict[int, Owner]:
        """Observation of a fixture instance or collection node → its owner in this view."""
        ages = {run.number: run.age for run in self._runs}
        newest: dict[int, tuple[float, str]] = {}
        for _, _, record in self._chosen.values():
            age = ages[record.run]
            for number in record.owners:
                newest[number] = max(age, newest.get(number, age))
        names: dict[Owner, list[int]] = {}
        for number in sorted(newest, key=lambda one: (newest[one], one), reverse=True):
            names.setdefault(self._tables.owners[number].owner, []).append(number)
        return {
            number: owner if at == 1 else Owner(owner.kind, f"{owner.name}~{at}")
            for owner, numbers in names.items()
            for at, number in enumerate(numbers, 1)
        }

    @cached_property
    def _owners(self) -> dict[int, Owner]:
        """Observation → owner, of everything in this view."""
        found = dict(self._inherited)
        for run in self._runs:
            for number in run.shared:
                found[number] = self._tables.owners[number].owner
        for node_id, (_, _, record) in self._chosen.items():
            found[record.observation] = Owner(OwnerKind.TEST, node_id)
        return found

    @cached_property
    def _versions(self) -> dict[str, dict[str, int]]:
        """Path → digest → number of the version, newest first."""
        keys = self._tables.versions
        found: dict[str, dict[str, int]] = {}
        for run in self._runs:
            for number in run.versions:
                path, digest = keys[number]
                found.setdefault(path, {}).setdefault(digest, number)
        return found

    # ----------------------------------------------------------------------------------------------------------------
    # facts.Recorded
    # ----------------------------------------------------------------------------------------------------------------

    @cached_property
    def granularity(self) -> str:
        """``lines`` when every run in this view recorded lines, else ``functions``."""
        kinds = {run.granularity for run in self._runs}
        return "lines" if kinds == {"lines"} else "functions"

    @cached_property
    def tests(self) -> Mapping[str, TestRecord]:
        """Node id → test, in collection order."""
        inherited = self._inherited
        return {
            node_id: TestRecord(
                node_id=node_id,
                path=path,
                definition=definition,
                owners=tuple(sorted(inherited[number] for number in record.owners)),
                status=record.status,
                duration_s=record.duration_s,
                recent=tuple(STATUSES[letter] for letter in record.recent),
            )
            for node_id, (path, definition, record) in self._chosen.items()
        }

    @cached_property
    def environment(self) -> Environment | None:
        """Where the newest run of this view was made."""
        return read_environment(self.rows, self._runs[0].environment) if self._runs else None

    @cached_property
    def complete(self) -> bool:
        """Some run covered the whole suite."""
        return bool(self.rows.number("whole"))

    def environments(self) -> list[tuple[Environment, frozenset[str]]]:
        """Return each environment of some record of this view with its node ids, newest first."""
        tests: dict[int, set[str]] = {}
        for node_id, (_, _, record) in self._chosen.items():
            tests.setdefault(record.run, set()).add(node_id)
        grouped: dict[int, set[str]] = {}
        for run in self._runs:
            grouped.setdefault(run.environment, set()).update(tests.get(run.number, ()))
        return [
            (read_environment(self.rows, number), frozenset(found))
            for number, found in grouped.items()
        ]

    def environment_of(self, node_id: str) -> Environment:
        """Return where the record of one test was made.

        Raises:
            KeyError: there is no such test in this view.
        """
        number = self._chosen[node_id][2].run
        run = next(run for run in self._runs if run.number == number)
        return read_environment(self.rows, run.environment)

    def paths(self) -> Sequence[str]:
        """Every project file that a run of this view saw, sorted."""
        return sorted(self._versions)

    def versions(self, path: str) -> Sequence[str]:
        """Digests of ``path`` in the runs of this view, newest first; empty: absent, or unknown."""
        found = list(self._versions.get(path, ()))
        if "" not in found and path in self._uses(Use.ABSENT):
            found.append("")
        return found

    def during(self, path: str, digest: str) -> frozenset[str]:
        """Node ids of the tests whose record was made in a run that saw ``path`` in that version.

        What a module does when it is imported concerns these tests only: others were recorded when it was different.
        """
        number = self._versions.get(path, {}).get(digest)
        runs = {run.number for run in self._runs if number in run.versions}
        return frozenset(
            node_id for node_id, (_, _, record) in self._chosen.items() if record.run in runs
        )

    def facts(self, path: str, digest: str) -> FileFacts | None:
        """Facts of that version of ``path``; ``None`` when they are not kept."""
        number = self._versions.get(path, {}).get(digest)
        if number is None:
            return None
        if number not in self._decoded:  # one question asks for the same version hundreds of times
            data = self.rows.get("facts", number)
            self._decoded[number] = None if data is None else codec.decode(data)
        return self._decoded[number]

    def entered(self, path: str, digest: str) -> Mapping[Owner, frozenset[int]]:
        """Owner → first lines of the code objects it entered in that version of ``path``."""
        return self._trace(path, digest, STARTS)

    def entering(self, path: str, digest: str, starts: frozenset[int]) -> frozenset[Owner]:
        """Owners that entered a code object that starts at one of the lines, in that version of ``path``."""
        found: set[Owner] = set()
        for lines, owners in self._groups(path, digest)[STARTS]:
            if not lines.isdisjoint(starts):
                found.update(owners)
        return frozenset(found)

    def executed(self, path: str, digest: str) -> Mapping[Owner, frozenset[int]]:
        """Owner → executed lines of that version of ``path``."""
        return self._trace(path, digest, LINES)

    def causes(self, site: Site) -> Sequence[Site]:
        """Module-level statements during which the code object at ``site`` was entered, sorted."""
        return self._causes.get(site, ())

    def users(self, how: Use, name: str) -> Mapping[Owner, tuple[int, ...]]:
        """Owners that used ``name`` that way → statement lines."""
        found: dict[Owner, set[int]] = {}
        for tag, numbers in self._uses(how).get(name, {}).items():
            for owner in self._present(numbers):
                lines = found.setdefault(owner, set())
                if isinstance(tag, int) and tag:
                    lines.add(tag)
        return {owner: tuple(sorted(lines)) for owner, lines in sorted(found.items())}

    def used_names(self, how: Use) -> Sequence[str]:
        """Every name used that way by somebody in this view, sorted."""
        owners = self._owners.keys()
        return sorted(
            name
            for name, tags in self._uses(how).items()
            if any(not owners.isdisjoint(numbers) for numbers in tags.values())
        )

    def breadth(self, node_id: str) -> int:
        """How many code objects the test entered, inherited ones included; 0 for unknown tests."""
        chosen = self._chosen.get(node_id)
        return chosen[2].breadth if chosen else 0

    def importers(self, path: str) -> Mapping[Owner, tuple[Site, ...]]:
        """Owners during which the top level of ``path`` ran → who asked for it."""
        found: dict[Owner, set[Site]] = {}
        for tag, numbers in self._uses(IMPORT).get(path, {}).items():
            if not isinstance(tag, int):
                for owner in self._present(numbers):
                    found.setdefault(owner, set()).add(Site(*tag))
        return {owner: tuple(sorted(sites)) for owner, sites in sorted(found.items())}

    def inheritors(self, owner: Owner) -> Sequence[str]:
        """Node ids of the tests that inherit from ``owner``, in collection order."""
        if owner.kind is OwnerKind.TEST:
            return (owner.name,) if owner.name in self._chosen else ()
        if owner.kind is OwnerKind.SESSION:
            return tuple(self._chosen)
        return self._heirs.get(owner, ())

    # ----------------------------------------------------------------------------------------------------------------
    # Memory
    # ----------------------------------------------------------------------------------------------------------------

    @cached_property
    def _heirs(self) -> Mapping[Owner, Sequence[str]]:
        found: dict[int, list[str]] = {}
        for node_id, (_, _, record) in self._chosen.items():
            for number in record.owners:
                found.setdefault(number, []).append(node_id)
        return {self._inherited[number]: node_ids for number, node_ids in found.items()}

    @cached_property
    def _causes(self) -> Mapping[Site, Sequence[Site]]:
        found: dict[Site, set[Site]] = {}
        for number in self._owners:
            stored = self._tables.owners.get(number)
            if stored is None or stored.owner.kind is not OwnerKind.IMPORT:
                continue
            for line, sites in stored.causes.items():
                statement = Site(stored.owner.name, int(line))
                for path, at in sites:
                    found.setdefault(Site(path, at), set()).add(statement)
        return {site: tuple(sorted(statements)) for site, statements in found.items()}

    def _present(self, numbers: set[int]) -> list[Owner]:
        owners = self._owners
        return [owners[number] for number in numbers if number in owners]

    @cached_property
    def _decoded(self) -> dict[int, FileFacts | None]:
        return {}

    @cached_property
    def _used(self) -> dict[str, dict[str, dict[int | tuple[str, int], set[int]]]]:
        return {}

    def _uses(self, how: str) -> Mapping[str, Mapping[int | tuple[str, int], set[int]]]:
        found = self._used.get(how)
        if found is None:
            found = self._used[how] = read_used(self.rows, str(how))
        return found

    @cached_property
    def _traces(self) -> dict[tuple[int, bytes], Mapping[Owner, frozenset[int]]]:
        return {}

    def _trace(self, path: str, digest: str, tag: bytes) -> Mapping[Owner, frozenset[int]]:
        number = self._versions.get(path, {}).get(digest)
        if number is None:
            return _NOBODY
        known = self._traces.get((number, tag))
        if known is None:
            sets: dict[Owner, frozenset[int]] = {}
            for lines, owners in self._groups(path, digest)[tag]:
                for owner in owners:
                    before = sets.get(owner)
                    sets[owner] = lines if before is None else before | lines
            known = self._traces[number, tag] = sets
        return known

    @cached_property
    def _grouped(self) -> dict[int, Mapping[bytes, list[_Group]]]:
        return {}

    def _groups(self, path: str, digest: str) -> Mapping[bytes, list[_Group]]:
        """``STARTS`` or ``LINES`` → who entered or executed which set of lines of that version."""
        number = self._versions.get(path, {}).get(digest)
        if number is None:
            return {STARTS: [], LINES: []}
        known = self._grouped.get(number)
        if known is None:
            known = self._grouped[number] = self._read_groups(number)
        return known

    def _read_groups(self, number: int) -> dict[bytes, list[_Group]]:
        found: dict[bytes, list[_Group]] = {STARTS: [], LINES: []}
        owners = self._owners
        with guarded(self.rows.path):
            for tag, packed, numbers in triples(self.rows.get("trace", number)):
                present = [owners[one] for one in unpack(numbers) if one in owners]
                if present:
                    found[tag].append((frozenset(unpack(packed)), present))
        return found

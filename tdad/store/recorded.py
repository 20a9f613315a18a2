"""The map's answers to the graph: ``facts.Recorded``, lazy and memoised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tdad.facts import Environment, FileFacts, Owner, OwnerKind, Site, TestRecord, Use
from tdad.store import codec
from tdad.store.chosen import Chosen, Tables
from tdad.store.entries import Entries
from tdad.store.ledger import STATUSES, read_environment
from tdad.store.rows import Rows
from tdad.store.traces import IMPORT, LINES, STARTS, read_used


@dataclass(eq=False)
class RecordedView:
    """Each test with its ``generation``-th newest record. Valid until the map is written through the same ``Map``.

    Owners are named as :class:`Chosen` says, in ``TestRecord.owners`` too.
    """

    rows: Rows
    generation: int = 0
    tables: Tables | None = None

    def __post_init__(self) -> None:
        self._chosen = Chosen(self.tables or Tables(self.rows), self.generation)
        self._entries = Entries(self.rows, self._chosen)

    @cached_property
    def recorder(self) -> str:
        """What watched the newest run; empty when nothing was recorded."""
        return self._chosen.runs[0].recorder if self._chosen.runs else ""

    def is_text_kept(self, path: str) -> bool:
        """Whether the text of that Python file was read or kept, as far as the recorders could tell."""
        return (
            bool(self.users(Use.TEXT, path))
            or bool(self.users(Use.READ, path))
            or any(run.recorder == "import" for run in self._chosen.runs)
        )

    @cached_property
    def recorded_at(self) -> float | None:
        """When the newest run began, seconds since the epoch; ``None`` when nothing was recorded."""
        return self._chosen.runs[0].started_at if self._chosen.runs else None

    @cached_property
    def granularity(self) -> str:
        """``lines`` when every run in this view recorded lines, else ``functions``."""
        kinds = {run.granularity for run in self._chosen.runs}
        return "lines" if kinds == {"lines"} else "functions"

    @cached_property
    def tests(self) -> Mapping[str, TestRecord]:
        """Node id → test, in collection order."""
        inherited = self._chosen.inherited
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
            for node_id, (path, definition, record) in self._chosen.records.items()
        }

    @cached_property
    def environment(self) -> Environment | None:
        """Where the newest run of this view was made."""
        runs = self._chosen.runs
        return read_environment(self.rows, runs[0].environment) if runs else None

    @cached_property
    def complete(self) -> bool:
        """Some run covered the whole suite."""
        return bool(self.rows.number("whole"))

    def environments(self) -> list[tuple[Environment, frozenset[str]]]:
        """Return each environment of some record of this view with its node ids, newest first."""
        tests: dict[int, set[str]] = {}
        for node_id, (_, _, record) in self._chosen.records.items():
            tests.setdefault(record.run, set()).add(node_id)
        grouped: dict[int, set[str]] = {}
        for run in self._chosen.runs:
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
        number = self._chosen.records[node_id][2].run
        run = next(run for run in self._chosen.runs if run.number == number)
        return read_environment(self.rows, run.environment)

    def paths(self) -> Sequence[str]:
        """Every project file that a run of this view saw, sorted."""
        return sorted(self._chosen.versions)

    def versions(self, path: str) -> Sequence[str]:
        """Digests of ``path`` in the runs of this view, newest first; empty: absent, or unknown."""
        found = list(self._chosen.versions.get(path, ()))
        if "" not in found and path in self._uses(Use.ABSENT):
            found.append("")
        return found

    def during(self, path: str, digest: str) -> frozenset[str]:
        """Node ids of the tests whose record was made in a run that saw ``path`` in that version.

        What a module does when it is imported concerns these tests only: others were recorded when it was different.
        """
        number = self._number(path, digest)
        runs = {run.number for run in self._chosen.runs if number in run.versions}
        return frozenset(
            node_id
            for node_id, (_, _, record) in self._chosen.records.items()
            if record.run in runs
        )

    def facts(self, path: str, digest: str) -> FileFacts | None:
        """Facts of that version of ``path``; ``None`` when they are not kept."""
        number = self._number(path, digest)
        if number is None:
            return None
        if number not in self._decoded:  # one question asks for the same version hundreds of times
            data = self.rows.get("facts", number)
            self._decoded[number] = None if data is None else codec.decode(data)
        return self._decoded[number]

    def entered(self, path: str, digest: str) -> Mapping[Owner, frozenset[int]]:
        """Owner → first lines of the code objects it entered in that version of ``path``."""
        return self._entries.lines(self._number(path, digest), STARTS)

    def entering(self, path: str, digest: str, starts: frozenset[int]) -> frozenset[Owner]:
        """Owners that entered a code object that starts at one of the lines, in that version of ``path``."""
        found: set[Owner] = set()
        for lines, owners in self._entries.groups(self._number(path, digest))[STARTS]:
            if not lines.isdisjoint(starts):
                found.update(owners)
        return frozenset(found)

    def executed(self, path: str, digest: str) -> Mapping[Owner, frozenset[int]]:
        """Owner → executed lines of that version of ``path``."""
        return self._entries.lines(self._number(path, digest), LINES)

    def causes(self, site: Site) -> Sequence[Site]:
        """Module-level statements during which the code object at ``site`` was entered, sorted."""
        return self._chosen.causes.get(site, ())

    def caused(self, statement: Site) -> Sequence[Site]:
        """Code objects that were entered because of the module-level statement on that line, sorted."""
        return self._chosen.caused.get(statement, ())

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
        owners = self._chosen.owners.keys()
        return sorted(
            name
            for name, tags in self._uses(how).items()
            if any(not owners.isdisjoint(numbers) for numbers in tags.values())
        )

    def breadth(self, node_id: str) -> int:
        """How many code objects the test entered, inherited ones included; 0 for unknown tests."""
        chosen = self._chosen.records.get(node_id)
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
            return (owner.name,) if owner.name in self._chosen.records else ()
        if owner.kind is OwnerKind.SESSION:
            return tuple(self._chosen.records)
        return self._chosen.heirs.get(owner, ())

    # ----------------------------------------------------------------------------------------------------------------
    # Memory
    # ----------------------------------------------------------------------------------------------------------------

    def _number(self, path: str, digest: str) -> int | None:
        """Of that version of the file, if a run of this view saw it."""
        return self._chosen.versions.get(path, {}).get(digest)

    def _present(self, numbers: set[int]) -> list[Owner]:
        owners = self._chosen.owners
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

"""Who entered or executed what of one file version, as far as it is in a view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tdad.facts import Owner
from tdad.store.chosen import Chosen
from tdad.store.lines import unpack
from tdad.store.rows import Rows, guarded
from tdad.store.traces import LINES, STARTS, triples

_Group = tuple[frozenset[int], list[Owner]]
"""Lines, and the owners that entered (or executed) exactly these."""


@dataclass(eq=False)
class Entries:
    """Read when a version is first asked for, and kept. Versions are meant by their number, ``None``: not recorded."""

    rows: Rows
    chosen: Chosen
    _lines: dict[tuple[int, bytes], Mapping[Owner, frozenset[int]]] = field(default_factory=dict)
    _groups: dict[int, Mapping[bytes, list[_Group]]] = field(default_factory=dict)

    def lines(self, number: int | None, tag: bytes) -> Mapping[Owner, frozenset[int]]:
        """Owner → all lines that it entered (``STARTS``) or executed (``LINES``)."""
        if number is None:
            return {}
        known = self._lines.get((number, tag))
        if known is None:
            sets: dict[Owner, frozenset[int]] = {}
            for lines, owners in self.groups(number)[tag]:
                for owner in owners:
                    before = sets.get(owner)
                    sets[owner] = lines if before is None else before | lines
            known = self._lines[number, tag] = sets
        return known

    def groups(self, number: int | None) -> Mapping[bytes, list[_Group]]:
        """``STARTS`` or ``LINES`` → who entered or executed which set of lines of that version."""
        if number is None:
            return {STARTS: [], LINES: []}
        known = self._groups.get(number)
        if known is None:
            known = self._groups[number] = self._read(number)
        return known

    def _read(self, number: int) -> dict[bytes, list[_Group]]:
        found: dict[bytes, list[_Group]] = {STARTS: [], LINES: []}
        owners = self.chosen.owners
        with guarded(self.rows.path):
            for tag, packed, numbers in triples(self.rows.get("trace", number)):
                present = [owners[one] for one in unpack(numbers) if one in owners]
                if present:
                    found[tag].append((frozenset(unpack(packed)), present))
        return found

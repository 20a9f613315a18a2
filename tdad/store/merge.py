"""Another map → this one: the union of the records, newest first per test.

Each run keeps its own environment, so records of different interpreters or packages live side by side: a test's newest
record counts, and what else is kept can be asked for by generation. All paths are relative to the project root, so it
does not matter where the other map was made. Merging A into B and B into A export the same document.
"""

from __future__ import annotations

from tdad.store import codec
from tdad.store.ledger import VersionKey, read_versions
from tdad.store.rows import Rows
from tdad.store.save import Absorber, Ledger, save_facts
from tdad.store.unfold import Unfolded


def merge(ledger: Ledger, other: Rows) -> None:
    """Take everything recorded in ``other`` into ``ledger``, and the facts of those file versions."""
    unfolded = Unfolded.read(other)
    for stored in unfolded.runs:
        run, recents = unfolded.run(other, stored)
        Absorber.of(ledger, run).absorb(recents)
    _facts(ledger, other)
    if other.number("whole"):
        ledger.rows.set_number("whole", 1)


def _facts(ledger: Ledger, other: Rows) -> None:
    have = ledger.rows.keys("facts")
    keys: dict[int, VersionKey] = read_versions(other)
    missing = [
        number for number in other.keys("facts") if ledger.numbers.get(keys[number]) not in have
    ]
    for number in sorted(missing):
        facts = codec.decode(other.get("facts", number) or b"")
        if facts is not None:
            save_facts(ledger, [facts])

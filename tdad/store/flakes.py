"""The history of flaky tests in the map: read, add, join, fade."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping

from tdad.facts_flaky import Flakes, History, Sample
from tdad.store.ledger import dump
from tdad.store.rows import Rows

TABLE = "flaky_file"
SAMPLES = 24
"""Kept of one test."""
TESTS = 1000
"""Kept in a map; those that were asked about longest ago go first."""
FADES_S = 180 * 24 * 3600.0
"""What is older than the newest sample of the map by so much is dropped."""


def read_flakes(rows: Rows) -> dict[str, Flakes]:
    """Return the history, by node id, sorted; a map of before schema version 3 has none."""
    if not rows.has(TABLE):
        return {}
    return {
        node_id: Flakes(
            tuple(Sample(at, asked, failed, bool(flaky)) for at, asked, failed, flaky in samples)
        )
        for data in rows.all(TABLE).values()
        for node_id, samples in sorted(json.loads(data).items())
    }


def write_flakes(rows: Rows, history: History) -> None:
    """Make ``history`` what the map has; rows that stay as they are are not written."""
    files: dict[str, dict[str, list[list[float]]]] = {}
    for node_id, flakes in history.items():
        entries = [[one.at, one.asked, one.failed, int(one.flaky)] for one in flakes.samples]
        files.setdefault(node_id.partition("::")[0], {})[node_id] = entries
    before = rows.all(TABLE)
    rows.delete(TABLE, before.keys() - files.keys())
    for path, entries_of in files.items():
        data = dump(entries_of)
        if before.get(path) != data:
            rows.put(TABLE, path, data=data)


def joined(*histories: Mapping[str, Flakes]) -> dict[str, Flakes]:
    """Return the union, bounded: each sample once, whichever way round and however often histories are joined.

    A test is forgotten when none of the samples that are kept of it calls it flaky.
    """
    samples: dict[str, set[Sample]] = {}
    for history in histories:
        for node_id, flakes in history.items():
            samples.setdefault(node_id, set()).update(flakes.samples)
    newest = max((one.at for ones in samples.values() for one in ones), default=0.0)
    found = {}
    for node_id, ones in samples.items():
        kept = sorted((one for one in ones if newest - one.at <= FADES_S), reverse=True)[:SAMPLES]
        if any(one.flaky for one in kept):
            found[node_id] = Flakes(tuple(kept))
    latest = sorted(found, key=lambda name: (-found[name].samples[0].at, name))[:TESTS]
    return {name: found[name] for name in sorted(latest)}


def add(rows: Rows, samples: Mapping[str, Sample]) -> None:
    """Take in what one gate found out."""
    new = {name: Flakes((sample,)) for name, sample in samples.items()}
    write_flakes(rows, joined(read_flakes(rows), new))


def drop_vanished(rows: Rows, seen: Iterable[str], in_scope: Callable[[str], bool]) -> None:
    """Drop the history of tests that a full run did not meet any more; ``in_scope``: path → the run looked there."""
    history = read_flakes(rows)
    met = frozenset(seen)
    left = {
        name: flakes
        for name, flakes in history.items()
        if name in met or not in_scope(name.partition("::")[0])
    }
    if len(left) < len(history):
        write_flakes(rows, left)

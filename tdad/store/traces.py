"""The inverted observations: per file version and per used name, who it was.

``Additions`` gathers what a run adds; ``write`` merges it into the rows, leaving out observations that are gone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tdad.facts import Observation
from tdad.store.ledger import dump
from tdad.store.lines import pack, pack_chunks, unpack, unpack_chunks
from tdad.store.rows import Rows

STARTS, LINES = b"s", b"l"
IMPORT = "import"
"""Row of table ``used`` with the imports of project modules."""

Tag = int | tuple[str, int]
"""Line of a used name, or site (path, line) that asked for an import."""


@dataclass(slots=True)
class Additions:
    """What new observations add to the inverted rows."""

    sets: dict[int, dict[tuple[bytes, bytes], list[int]]] = field(default_factory=dict)
    """Version → (starts or lines, packed set) → observations."""
    uses: dict[str, dict[str, dict[Tag, list[int]]]] = field(default_factory=dict)
    _packed: dict[frozenset[int], bytes] = field(default_factory=dict)

    def add(self, number: int, observation: Observation, versions: Mapping[str, int]) -> None:
        """Add one observation; ``versions`` tells the version of each path it touched."""
        for tag, sets in ((STARTS, observation.starts), (LINES, observation.lines)):
            for path, lines in sets.items():
                of_version = self.sets.setdefault(versions[path], {})
                of_version.setdefault((tag, self._pack(lines)), []).append(number)
        for use in observation.used:
            self._use(str(use.how), use.name, use.line, number)
        for path, site in observation.imports.items():
            self._use(IMPORT, path, (site.path, site.line), number)

    def _pack(self, lines: frozenset[int]) -> bytes:
        known = self._packed.get(lines)
        if known is None:
            known = self._packed[lines] = pack(lines)
        return known

    def _use(self, how: str, name: str, tag: Tag, number: int) -> None:
        names = self.uses.setdefault(how, {})
        names.setdefault(name, {}).setdefault(tag, []).append(number)

    def write(self, rows: Rows, live: frozenset[int], *, sweep: bool) -> None:
        """Merge into the rows; with ``sweep`` also rewrite the rows to which nothing is added."""
        versions = rows.keys("trace") if sweep else ()
        for version in {*self.sets, *versions}:
            sets = read_trace(rows, version)
            for key, numbers in self.sets.get(version, {}).items():
                sets.setdefault(key, set()).update(numbers)
            _write_trace(rows, version, sets, live)
        hows = rows.keys("used") if sweep else ()
        for how in {*self.uses, *hows}:
            names = read_used(rows, how)
            for name, tags in self.uses.get(how, {}).items():
                for tag, numbers in tags.items():
                    names.setdefault(name, {}).setdefault(tag, set()).update(numbers)
            _write_used(rows, how, names, live)


def triples(data: bytes | None) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Return the (tag, packed line set, packed observations) of a row of ``trace``."""
    chunks = iter(unpack_chunks(data or b""))
    return zip(chunks, chunks, chunks, strict=True)


def read_trace(rows: Rows, version: int) -> dict[tuple[bytes, bytes], set[int]]:
    """Return (tag, packed line set) → observations of one version."""
    return {
        (tag, lines): set(unpack(numbers))
        for tag, lines, numbers in triples(rows.get("trace", version))
    }


def _write_trace(
    rows: Rows, version: int, sets: Mapping[tuple[bytes, bytes], set[int]], live: frozenset[int]
) -> None:
    kept = {key: numbers & live for key, numbers in sets.items()}
    chunks: list[bytes] = []
    for (tag, lines), numbers in sorted(kept.items(), key=lambda item: item[0]):
        if numbers:
            chunks += [tag, lines, pack(numbers)]
    if chunks:
        rows.put("trace", version, data=pack_chunks(chunks))
    else:
        rows.delete("trace", [version])


def read_used(rows: Rows, how: str) -> dict[str, dict[Tag, set[int]]]:
    """Return name → line or site → observations for one kind of use."""
    data = rows.get("used", how)
    if data is None:
        return {}
    return {
        name: {_tag(tag): set(unpack(bytes.fromhex(numbers))) for tag, numbers in tags}
        for name, tags in json.loads(data).items()
    }


def _tag(value: Any) -> Tag:
    return value if isinstance(value, int) else (value[0], value[1])


def _write_used(
    rows: Rows, how: str, names: Mapping[str, Mapping[Tag, set[int]]], live: frozenset[int]
) -> None:
    kept: dict[str, list[list[Any]]] = {}
    for name, tags in names.items():
        entries = [
            [tag if isinstance(tag, int) else list(tag), pack(numbers).hex()]
            for tag, found in sorted(tags.items(), key=_tag_order)
            if (numbers := _living(found, live))
        ]
        if entries:
            kept[name] = entries
    if kept:
        rows.put("used", how, data=dump(kept))
    else:
        rows.delete("used", [how])


def _tag_order(item: tuple[Tag, Any]) -> tuple[str, int]:
    tag = item[0]
    return ("", tag) if isinstance(tag, int) else tag


def _living(numbers: Iterable[int], live: frozenset[int]) -> list[int]:
    return [number for number in numbers if number in live]

"""What an observation says, apart from who made it and when: its digest and its breadth.

Two observations of one owner are the same when this content is the same, file versions included; then the map keeps
one of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from tdad.facts import Observation, Owner, Site
from tdad.store.ledger import dump
from tdad.store.lines import pack

_NOTHING: frozenset[int] = frozenset()


@dataclass(slots=True)
class Digester:
    """Digests of the observations of one run; the same line sets come up again and again, so they are kept."""

    digests: Mapping[str, str]
    _packed: dict[tuple[str, str, frozenset[int]], bytes] = field(default_factory=dict)

    def digest(self, observation: Observation) -> str:
        """Return BLAKE2b-128 of the content, hex."""
        state = hashlib.blake2b(digest_size=16)
        for tag, sets in (("s", observation.starts), ("l", observation.lines)):
            for path in sorted(sets):
                state.update(self._set(tag, path, sets[path]))
        state.update(dump(self._rest(observation)))
        return state.hexdigest()

    def _set(self, tag: str, path: str, lines: frozenset[int]) -> bytes:
        key = (tag, path, lines)
        known = self._packed.get(key)
        if known is None:
            head = dump([tag, path, self.digests.get(path, "")])
            known = self._packed[key] = head + pack(lines).hex().encode("ascii") + b"\n"
        return known

    def _rest(self, observation: Observation) -> list[object]:
        return [
            causes_document(observation.causes),
            sorted((path, site.path, site.line) for path, site in observation.imports.items()),
            sorted((str(use.how), use.name, use.line) for use in observation.used),
        ]


def causes_document(causes: Mapping[int, frozenset[Site]]) -> dict[str, list[list[str | int]]]:
    """Return the causes as JSON values: statement line → sorted [path, line]."""
    return {
        str(line): [[site.path, site.line] for site in sorted(sites)]
        for line, sites in sorted(causes.items())
    }


def breadth(observation: Observation) -> int:
    """Return how many code objects were entered."""
    return sum(map(len, observation.starts.values()))


def by_owner(observations: Iterable[Observation]) -> dict[Owner, Observation]:
    """Return one observation per owner; several of one owner (processes, reruns) are united."""
    found: dict[Owner, Observation] = {}
    for observation in observations:
        known = found.get(observation.owner)
        found[observation.owner] = observation if known is None else united(known, observation)
    return found


def united(one: Observation, other: Observation) -> Observation:
    """Return what both observations of one owner say."""
    imports = dict(one.imports)
    for path, site in other.imports.items():
        imports[path] = min(site, imports.get(path, site))
    causes = dict(one.causes)
    for line, sites in other.causes.items():
        causes[line] = causes.get(line, frozenset()) | sites
    return replace(
        one,
        starts=_united_sets(one.starts, other.starts),
        lines=_united_sets(one.lines, other.lines),
        causes=causes,
        imports=imports,
        used=one.used | other.used,
    )


def _united_sets(
    one: Mapping[str, frozenset[int]], other: Mapping[str, frozenset[int]]
) -> dict[str, frozenset[int]]:
    found = dict(one)
    for path, lines in other.items():
        found[path] = found.get(path, _NOTHING) | lines
    return found

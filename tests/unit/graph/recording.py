"""A recording that is written down by hand: the part of ``Recorded`` that localisation reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tdad.facts import FileFacts, Owner, OwnerKind, Status, TestRecord
from tdad.graph.resolve import Resolver
from tdad.graph.suspects import Clues, Suspect, suspects
from tests.unit.graph.text_project import TextFacts


class Recording:
    """A recording with lines: test → path → lines; module → path → lines that its import ran."""

    granularity = "lines"

    def __init__(
        self,
        facts: TextFacts,
        seen: Mapping[str, Mapping[str, Sequence[int]]],
        imports: Mapping[str, Mapping[str, Sequence[int]]] | None = None,
    ) -> None:
        self._facts = facts
        self._seen = {Owner(OwnerKind.TEST, name): lines for name, lines in seen.items()}
        self._seen |= {Owner(OwnerKind.IMPORT, name): of for name, of in (imports or {}).items()}
        self.tests = {
            name: TestRecord(
                name,
                name.partition("::")[0],
                name.partition("[")[0],
                (),
                Status.PASSED,
                0.1,
            )
            for name in seen
        }

    def paths(self) -> Sequence[str]:
        return self._facts.paths()

    def versions(self, path: str) -> Sequence[str]:
        return [f"digest of {path}"]

    def facts(self, path: str, _digest: str) -> FileFacts | None:
        return self._facts.get(path)

    def executed(self, path: str, _digest: str) -> Mapping[Owner, frozenset[int]]:
        return {
            owner: frozenset(lines[path]) for owner, lines in self._seen.items() if path in lines
        }

    def entered(self, path: str, digest: str) -> Mapping[Owner, frozenset[int]]:
        return self.executed(path, digest)

    def inheritors(self, owner: Owner) -> Sequence[str]:
        return [owner.name]


def ranked(
    files: Mapping[str, str],
    seen: Mapping[str, Mapping[str, Sequence[int]]],
    failing: Sequence[str],
    clues: Clues | None = None,
    imports: Mapping[str, Mapping[str, Sequence[int]]] | None = None,
) -> dict[str, Suspect]:
    """Qualname → suspect, most suspicious first; files called ``test_…`` are tests."""
    facts = TextFacts(files)
    found = suspects(
        Recording(facts, seen, imports),  # type: ignore[arg-type]  # see above
        Resolver(facts),
        frozenset(failing),
        is_test=lambda path: path.startswith("test_"),
        clues=clues,
    )
    return {each.definition.partition("::")[2]: each for each in found}

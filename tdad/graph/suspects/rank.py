"""Put the sources together: one list of definitions, most suspicious first, each with reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tdad.facts import DefinitionKind, FileFacts, Recorded, ReferenceKind, Site
from tdad.graph.resolve import Resolver
from tdad.graph.suspects.facts import Clues, Suspect
from tdad.graph.suspects.formulas import Formula, ochiai
from tdad.graph.suspects.spectrum import Spectrum, spectrum

READ_BY = 60
"""Of so many executed suspects the constants they read are looked at."""
INDIRECT = 0.9
"""A constant is less suspicious than the code that reads it: more code reads constants than breaks them."""
UNENTERED = 0.7
"""A function that suspicious code mentions and no failing test entered: less so than what was executed."""
OF_CLASS = 0.85
"""A class is less suspicious than its most suspicious method: its bases, attributes and headers ran at import."""
UNSURE = 0.7
"""Factor for a mention that may mean several definitions."""
STATIC = 0.3
"""Suspicion of what a test that executed nothing of the project mentions."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each source counts; they need not add up to one."""

    suspicion: float = 1.0
    frames: float = 0.35
    """At the innermost line of the project in the traceback; half of it one frame further out, and so on."""
    recent: float = 0.25
    words: float = 0.15
    """The failure message names it."""


@dataclass(slots=True)
class _Case:
    """What speaks against one definition."""

    definition: str
    tests: int = 0
    line: int = 0
    suspicion: float = 0.0
    through: str = ""
    """The executed definition that reads it, where nothing of its own is executed."""
    frames: float = 0.0
    framed: int = 0
    recent: float = 0.0
    named: int = 0
    reasons: list[str] = field(default_factory=list)


def suspects(
    recorded: Recorded,
    resolver: Resolver,
    failing: frozenset[str],
    *,
    is_test: Callable[[str], bool],
    clues: Clues | None = None,
    formula: Formula = ochiai,
    weights: Weights | None = None,
    limit: int | None = None,
) -> tuple[Suspect, ...]:
    """Definitions that are most likely wrong, most likely first; deterministic.

    Args:
        recorded: a run of the version that fails; best recorded with lines.
        resolver: of the same version.
        failing: node ids of the tests to explain.
        is_test: tells test code, which is not suspected, by its path.
        clues: tracebacks, what changed lately, words of the messages.
        formula: suspiciousness of a statement.
        weights: of the sources.
        limit: at most so many.
    """
    found = _Bench(recorded, resolver, spectrum(recorded, failing), formula, is_test)
    found.executed()
    found.read()
    found.classes()
    found.mentioned(failing)
    found.clues(clues or Clues())
    ranked = sorted(found.judged(weights or Weights()), key=lambda s: (-s.score, s.definition))
    return tuple(ranked[:limit])


class _Bench:
    """All cases, filled source by source."""

    def __init__(
        self,
        recorded: Recorded,
        resolver: Resolver,
        seen: Spectrum,
        formula: Formula,
        is_test: Callable[[str], bool],
    ) -> None:
        self._recorded = recorded
        self._resolver = resolver
        self._seen = seen
        self._formula = formula
        self._is_test = is_test
        self._cases: dict[str, _Case] = {}
        self._facts: dict[str, FileFacts | None] = {}

    def executed(self) -> None:
        """From the spectrum: the most suspicious line of each definition speaks for it."""
        for path, lines in self._seen.lines.items():
            if self._is_test(path):
                continue
            facts = self._facts_of(path)
            if facts is None:
                continue
            owners = _owners(facts, lines)
            for line in sorted(lines):
                case = self._case(f"{path}::{owners[line]}")
                case.tests |= lines[line]
                suspicion = self._formula(self._seen.counts(lines[line]))
                if suspicion > case.suspicion:
                    case.suspicion, case.line = suspicion, line

    def read(self) -> None:
        """What executed code mentions and what itself is not seen to run: constants, classes, functions never entered.

        As suspicious as all that was executed and mentions them, a little less.
        """
        strongest = sorted(self._cases.values(), key=lambda c: (-c.suspicion, c.definition))
        tests: dict[str, int] = {}
        through: dict[str, tuple[float, str]] = {}
        factors: dict[str, float] = {}
        for case in strongest[:READ_BY]:
            for target, line, factor in self._read_by(case.definition):
                who = self._at(case.definition, line) or case.tests
                tests[target] = tests.get(target, 0) | who
                factors[target] = max(factor, factors.get(target, 0.0))
                if target not in through or case.suspicion > through[target][0]:
                    through[target] = case.suspicion, case.definition
        for target, who in tests.items():
            suspicion = factors[target] * self._formula(self._seen.counts(who))
            case = self._case(target)
            if suspicion > case.suspicion:
                case.suspicion, case.tests, case.through = suspicion, who, through[target][1]
                case.line = self._line_of(target)

    def classes(self) -> None:
        """Classes around suspicious methods: what the class statement itself does was executed at import, by nobody."""
        for case in list(self._cases.values()):
            path, _, qualname = case.definition.partition("::")
            while "." in qualname:
                qualname = qualname.rpartition(".")[0]
                owner = f"{path}::{qualname}"
                if self._kind(owner) is not DefinitionKind.CLASS:
                    break
                self._lift(owner, case)

    def _lift(self, owner: str, case: _Case) -> None:
        around = self._case(owner)
        suspicion = OF_CLASS * case.suspicion
        if suspicion > around.suspicion:
            around.suspicion, around.tests, around.through = suspicion, case.tests, case.definition
            around.line = self._line_of(owner)

    def mentioned(self, failing: Iterable[str]) -> None:
        """For tests that fell over before they executed anything of the project: what they mention."""
        seen = {
            test
            for path, lines in self._seen.lines.items()
            if not self._is_test(path)
            for who in lines.values()
            for test in self._names(who & self._seen.failing)
        }
        for node_id in sorted(set(failing) - seen):
            record = self._recorded.tests.get(node_id)
            start = record.definition if record else node_id.partition("[")[0]
            for target in self._mentions(start):
                case = self._case(target)
                if not case.suspicion:
                    case.suspicion, case.line = STATIC, self._line_of(target)
                    case.reasons.append(f"mentioned by {node_id}, which executed nothing here")

    def clues(self, clues: Clues) -> None:
        """Tracebacks, recent changes, and names in messages."""
        share = 1 / max(1, len(clues.frames))
        for frames in clues.frames.values():
            self._frames([site for site in frames if not self._is_test(site.path)], share)
        for definition, recent in clues.recent.items():
            if definition in self._cases:
                self._cases[definition].recent = recent
        for case in self._cases.values():
            name = case.definition.rpartition("::")[2].rpartition(".")[2]
            case.named = sum(name in words for words in clues.words.values()) if name else 0

    def judged(self, weights: Weights) -> Iterator[Suspect]:
        """Every case as a suspect."""
        total = max(1, self._seen.total_failed)
        scale = weights.suspicion + weights.frames + weights.recent + weights.words
        for case in self._cases.values():
            counts = self._seen.counts(case.tests)
            score = (
                weights.suspicion * case.suspicion
                + weights.frames * case.frames
                + weights.recent * case.recent
                + weights.words * min(1.0, case.named / total)
            ) / scale
            yield Suspect(
                definition=case.definition,
                score=round(score, 6),
                line=case.line,
                failed=counts.failed,
                passed=counts.passed,
                suspicion=round(case.suspicion, 6),
                reasons=tuple(self._reasons(case)),
            )

    def _reasons(self, case: _Case) -> Iterator[str]:
        counts = self._seen.counts(case.tests)
        if case.framed:
            yield f"in the traceback of {_count(case.framed, 'failing test')}"
        if counts.failed:
            verb = f"used by {_short(case.through)}, executed" if case.through else "executed"
            yield (
                f"{verb} by {counts.failed} of {counts.total_failed} failing"
                f" and {counts.passed} of {counts.total_passed} passing tests"
            )
        yield from case.reasons
        if case.recent:
            yield "changed lately"
        if case.named:
            yield "named in the failure message"

    # ----------------------------------------------------------------------------------------------------- look-ups

    def _case(self, definition: str) -> _Case:
        return self._cases.setdefault(definition, _Case(definition))

    def _facts_of(self, path: str) -> FileFacts | None:
        if path not in self._facts:
            digest = self._seen.digests.get(path, "")
            self._facts[path] = self._recorded.facts(path, digest) or self._scope_facts(path)
        return self._facts[path]

    def _scope_facts(self, path: str) -> FileFacts | None:
        scope = self._resolver.files.scope(path)
        return scope.facts if scope else None

    def _kind(self, definition: str) -> DefinitionKind | None:
        path, _, qualname = definition.partition("::")
        facts = self._facts_of(path)
        found = facts.definitions if facts else ()
        return next((each.kind for each in found if each.qualname == qualname), None)

    def _read_by(self, definition: str) -> Iterator[tuple[str, int, float]]:
        """(what the definition mentions and no failing test executed, line of the mention, factor)."""
        for edge in self._resolver.references(definition):
            if edge.kind is ReferenceKind.ANNOTATION:
                continue
            path, _, qualname = edge.target.partition("::")
            if self._is_test(path) or not qualname:
                continue
            kind = self._kind(edge.target)
            sure = UNSURE if edge.ambiguous else 1.0
            if kind in {DefinitionKind.VARIABLE, DefinitionKind.CLASS}:
                yield edge.target, edge.line, INDIRECT * sure
            elif kind is DefinitionKind.FUNCTION and not self._entered(edge.target):
                yield edge.target, edge.line, UNENTERED * sure

    def _entered(self, definition: str) -> bool:
        case = self._cases.get(definition)
        return case is not None and bool(case.tests & self._seen.failing) and not case.through

    def _at(self, definition: str, line: int) -> int:
        return self._seen.lines.get(definition.partition("::")[0], {}).get(line, 0)

    def _mentions(self, definition: str) -> Iterator[str]:
        """What the project's own code is that a test mentions, two steps deep."""
        waiting, known = [(definition, 0)], {definition}
        while waiting:
            here, depth = waiting.pop(0)
            for edge in self._resolver.references(here):
                if edge.ambiguous or edge.target in known:
                    continue
                known.add(edge.target)
                if not self._is_test(edge.target.partition("::")[0]):
                    yield edge.target
                if depth < 2:
                    waiting.append((edge.target, depth + 1))

    def _line_of(self, definition: str) -> int:
        path, _, qualname = definition.partition("::")
        facts = self._facts_of(path)
        for each in facts.definitions if facts else ():
            if each.qualname == qualname:
                return each.span.first
        return 0

    def _frames(self, frames: list[Site], share: float) -> None:
        weight = 1.0
        known: set[str] = set()
        for site in reversed(frames):
            facts = self._facts_of(site.path)
            if facts is None:
                continue
            definition = f"{site.path}::{_owners(facts, (site.line,))[site.line]}"
            if definition in known:
                continue
            known.add(definition)
            case = self._case(definition)
            case.frames += weight * share
            case.framed += 1
            case.line = case.line or site.line
            weight /= 2

    def _names(self, tests: int) -> Iterator[str]:
        while tests:
            lowest = tests & -tests
            yield self._seen.tests[lowest.bit_length() - 1]
            tests ^= lowest


def _owners(facts: FileFacts, lines: Iterable[int]) -> Mapping[int, str]:
    """Line → qualname of the innermost function or class around it; empty: the module."""
    blocks = sorted(
        (
            definition
            for definition in facts.definitions
            if definition.kind in {DefinitionKind.FUNCTION, DefinitionKind.CLASS}
        ),
        key=lambda definition: (definition.span.first, -definition.span.last),
    )
    found: dict[int, str] = {}
    for line in lines:
        around = [block for block in blocks if line in block.span]
        found[line] = around[-1].qualname if around else ""
    return found


def _short(definition: str) -> str:
    return definition.rpartition("::")[2] or definition


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"

"""Suspicion from outside the recording: tracebacks, messages, names of tests, what changed lately."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from tdad.facts import DefinitionKind, Site
from tdad.graph.suspects.facts import Clues
from tdad.graph.suspects.ground import Ground

_NAME = re.compile(r"[A-Za-z_]\w+")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_TESTS = 40
"""Of so many failing tests it is looked at what they mention."""
_OFTEN = 0.3
"""Share of the messages that a name must be in."""
_MAKER = 0.7
"""Where a class is named its constructor is meant as well, a little less."""
_RARE = 3
"""A name of more definitions than this says nothing."""
_COMMON = frozenset({"test", "tests", "init", "self", "get", "set", "py", "src", "is"})


def words_of(message: str) -> frozenset[str]:
    """Names in a failure message: of its first line, for the others tell what values were compared."""
    return frozenset(_NAME.findall(message.strip().partition("\n")[0]))


def framed(ground: Ground, clues: Clues) -> None:
    """Definitions on the tracebacks, and what is mentioned on the line that failed."""
    share = 1 / max(1, len(clues.frames))
    for frames in clues.frames.values():
        _frames(ground, [site for site in frames if not ground.is_test(site.path)], share)


def _frames(ground: Ground, frames: Sequence[Site], share: float) -> None:
    weight = 1.0
    known: set[str] = set()
    for site in reversed(frames):
        running = [each for each in ground.running(site.path, site.line) if each not in known]
        for definition in running:
            if not known:
                _blame(ground, definition, site.line, share)
            case = ground.case(definition)
            case.frames += weight * share
            case.framed += 1
            case.line = case.line or site.line
        known.update(running)
        weight /= 2 if running else 1


def _blame(ground: Ground, definition: str, line: int, share: float) -> None:
    """What stands on the line that failed."""
    for edge in ground.resolver.references(definition):
        path, _, qualname = edge.target.partition("::")
        found = ground.definition(edge.target)
        imported = found is not None and "import" in found.flags
        if edge.line == line and qualname and not imported and not ground.is_test(path):
            case = ground.case(edge.target)
            case.blamed += share * edge.weight
            case.line = case.line or ground.line_of(edge.target)


def recent(ground: Ground, clues: Clues) -> None:
    """What changed lately, of what there is a case against."""
    for definition, share in clues.recent.items():
        if definition in ground.cases:
            ground.cases[definition].recent = share


def named(ground: Ground, clues: Clues) -> None:
    """Names in failure messages; what is named and was not executed becomes a case of its own, if the name is rare."""
    total = max(1, len(clues.words))
    counts = Counter(word for words in clues.words.values() for word in words)
    common = {word for word, number in counts.items() if number >= _OFTEN * total}
    for definitions in _called(ground, common).values():
        for definition in definitions if len(definitions) <= _RARE else ():
            case = ground.case(definition)
            case.line = case.line or ground.line_of(definition)
    for case in list(ground.cases.values()):
        name = case.definition.rpartition("::")[2].rpartition(".")[2]
        share = min(1.0, counts[name] / total) if name else 0.0
        case.named = max(case.named, share)
        maker = ground.cases.get(f"{case.definition}.__init__")
        if maker is not None:
            maker.named = max(maker.named, _MAKER * share)


def _called(ground: Ground, names: set[str]) -> dict[str, list[str]]:
    """Name → functions and classes of the project that are called so."""
    found: dict[str, list[str]] = {}
    for path in ground.recorded.paths():
        facts = ground.facts(path) if path.endswith(".py") and not ground.is_test(path) else None
        for each in facts.definitions if facts else ():
            if each.name in names and each.kind in {DefinitionKind.CLASS, DefinitionKind.FUNCTION}:
                found.setdefault(each.name, []).append(f"{path}::{each.qualname}")
    return found


def mentioned(ground: Ground, failing: Iterable[str]) -> None:
    """What the failing tests themselves mention."""
    tests = ground.recorded.tests
    starts = sorted({tests[name].definition for name in failing if name in tests})[:_TESTS]
    for start in starts:
        targets = {edge.target for edge in ground.resolver.references(start) if not edge.ambiguous}
        for target in targets & ground.cases.keys():
            ground.cases[target].mentioned += 1 / len(starts)


def kin(ground: Ground, failing: Iterable[str]) -> None:
    """Words that the names of failing tests and of a definition have in common, the rare ones counting more."""
    tests = [_words(node_id.partition("[")[0].partition("::")[2]) for node_id in failing]
    asked = Counter(word for words in tests for word in words)
    own = {each: _words(each.partition("::")[2]) for each in ground.cases}
    common = Counter(word for words in own.values() for word in words)
    for definition, words in own.items():
        weights = {word: 1 / common[word] ** 0.5 for word in words}
        total = sum(weights.values())
        shared = sum(weight * asked[word] for word, weight in weights.items())
        ground.cases[definition].kin = shared / total / max(1, len(tests)) if total else 0.0


def _words(name: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(name)) - _COMMON

"""Suspicion from words: what tests are called and use, and what definitions are called."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tdad.facts import FileFacts
from tdad.graph.suspects.facts import Clues
from tdad.graph.suspects.ground import Ground

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_COMMON = frozenset({"test", "tests", "init", "self", "get", "set", "py", "src", "is"})


def kin(ground: Ground, failing: Iterable[str], clues: Clues) -> None:
    """Words that a definition's name has in common with names of failing tests, and with what their failing lines use.

    The rare ones count more.
    """
    tests = [_words(node_id.partition("[")[0].partition("::")[2]) for node_id in failing]
    lines = list(_failing_lines(ground, clues))
    own = {each: _words(each.partition("::")[2]) for each in ground.cases}
    common = Counter(word for words in own.values() for word in words)
    weights = {word: 1 / number**0.5 for word, number in common.items()}
    for definition, words in own.items():
        case = ground.cases[definition]
        case.kin = _shared(words, tests, weights)
        case.asked = _shared(words, lines, weights)


def _shared(
    words: frozenset[str], asked: Sequence[frozenset[str]], weights: Mapping[str, float]
) -> float:
    """Share of a definition's words that are asked for, mean over who asks."""
    total = sum(weights[word] for word in words)
    shared = sum(weights[word] for each in asked for word in words & each)
    return shared / total / len(asked) if total and asked else 0.0


def _failing_lines(ground: Ground, clues: Clues) -> Iterator[frozenset[str]]:
    """Words of the names on the innermost line of each failing test, of the whole statement."""
    sites = [
        next((each for each in reversed(frames) if ground.is_test(each.path)), None)
        for frames in clues.frames.values()
    ]
    lines: dict[str, set[int]] = {}
    for site in filter(None, sites):
        lines.setdefault(site.path, set()).add(site.line)
    words = {path: _words_at(ground.facts(path), wanted) for path, wanted in lines.items()}
    for site in filter(None, sites):
        yield words[site.path].get(site.line, frozenset())


def _words_at(facts: FileFacts | None, lines: set[int]) -> Mapping[int, frozenset[str]]:
    """Line → words of its statement, of the lines asked for."""
    asked: dict[int, list[int]] = {}
    for each in facts.statements if facts else ():
        inside = [line for line in range(each.span.first, each.span.last + 1) if line in lines]
        for line in range(each.span.first, each.span.last + 1) if inside else ():
            asked.setdefault(line, []).extend(inside)
    found: dict[int, set[str]] = {}
    for reference in facts.references if facts else ():
        for line in asked.get(reference.line, ()):
            found.setdefault(line, set()).update(_words(reference.chain))
    return {line: frozenset(words) for line, words in found.items()}


def _words(name: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(name)) - _COMMON

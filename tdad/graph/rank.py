"""Order: by the chance that the test fails because of the change, as far as a map can tell.

Evidence first. Within it, a linear model of a few numbers that a map knows of a test and a change, whose weights are
fitted on seeded faults and historical changes of the development subjects and frozen here; then the tests of one
function are spread out, for two cases of one parametrised test mostly fail together. See ``docs/adr/0006-ranking.md``.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tdad.facts import FAILING, Change, Evidence, FactsOf, Recorded
from tdad.graph.affinity import names_of, share, stem, words
from tdad.graph.resolve.chains import split
from tdad.graph.turns import in_turns
from tdad.graph.vocabulary import Likeness, Vocabulary, change_words, file_words

if TYPE_CHECKING:
    from tdad.graph.impacts.trails import Trail

BASE = {
    Evidence.OBSERVED: 0.75,
    Evidence.DERIVED: 0.55,
    Evidence.STATIC: 0.35,
    Evidence.PRECAUTION: 0.05,
}
BAND = 0.2
"""Within its evidence a test moves by at most this much."""
ASIDE = BASE[Evidence.OBSERVED]
"""Score of tests that no change reaches: new ones, and those that failed last time. Behind all that was observed to
run changed code, before all weaker evidence."""

# Fitted by tools/fit_ranking.py; each is the change of the log-odds that this test rather than another one fails.
_BREADTH = -0.22
"""Times the logarithm of how many code objects the test enters: who does much, does little of each."""
_FOCUS = 3.0
"""Times the share of them that are in the changed file."""
_FILE = 1.5
"""Times the share of the words of the changed file's name in the name of the test's file."""
_NAME = 3.8
"""Times the share of the words of what changed in the name of the test function."""
_CLASS = 1.4
"""Times the share of the words of the changed class in the names of the test's class and function."""
_NOTHING_ELSE = 0.8
"""Times the share of the words of the test function that name what changed."""
_CODE = 10.0
"""Times how much the code of the test is like the changed code (``Likeness``: a third is much)."""
_LOOKED_INTO = 300
"""Only the code of so many tests is looked into, of the best by all other numbers: their files have to be read."""
_AGAIN = 0.6
"""Less for every test of the same function that is placed before (at most ``_AGAIN_AT_MOST`` times)."""
_AGAIN_AT_MOST = 6
# Judgement: in the seeded faults nothing had failed before, and the time of a test says nothing.
_FAILED = 1.0
"""Times the share of failures among its last five results."""
_CERTAIN = 0.5
"""Times the certainty of the chain."""
_COST = 0.05
"""Times the logarithm of its time in units of ``_QUICK_S``, if it is slower: of equals, the cheap ones first."""
_QUICK_S = 0.1
"""Differences below this are noise, and the order must not change from one recording to the next."""
_SCALE = 4.0
"""Log-odds are brought to 0 … 1 by a logistic curve of this width, around ``_MIDDLE``."""
_MIDDLE = 3.0


@dataclass(slots=True)
class Ranking:
    """Scores of the tests that one question reaches."""

    recorded: Recorded
    facts: FactsOf
    """Of the files as they are now."""
    _in_file: dict[str, Mapping[str, int]] = field(default_factory=dict)
    _wanted: dict[Change, tuple[frozenset[str], frozenset[str], frozenset[str]]] = field(
        default_factory=dict
    )
    _names: dict[str, tuple[frozenset[str], frozenset[str], frozenset[str]]] = field(
        default_factory=dict
    )

    def scores(self, reached: Mapping[str, Trail]) -> dict[str, float]:
        """Node id → score from 0 to 1, larger is riskier, the best of each function before its second."""
        by_evidence: dict[Evidence, list[tuple[float, str]]] = {}
        odds = {node_id: self.odds(trail, node_id) for node_id, trail in reached.items()}
        best = heapq.nlargest(
            _LOOKED_INTO,
            reached,
            lambda node_id: (-reached[node_id].evidence.value, odds[node_id]),
        )
        for node_id, more in self._by_code({node_id: reached[node_id] for node_id in best}):
            odds[node_id] += more
        for node_id, trail in reached.items():
            by_evidence.setdefault(trail.evidence, []).append((odds[node_id], node_id))
        return {
            node_id: score(evidence, odds)
            for evidence, found in by_evidence.items()
            for node_id, odds in _spread_out(found)
        }

    def odds(self, trail: Trail, node_id: str) -> float:
        """Log-odds, but for a constant, that this test rather than another one fails."""
        test = self.recorded.tests[node_id]
        breadth = self.recorded.breadth(node_id)
        path = trail.change.old_path or trail.change.path
        failed = sum(status in FAILING for status in test.recent[:5]) / 5
        return (
            _BREADTH * math.log1p(breadth)
            + _FOCUS * min(1.0, self._entered(path).get(node_id, 0) / max(1, breadth))
            + self._affinity(trail.change, node_id)
            + _FAILED * failed
            + _CERTAIN * trail.weight
            - _COST * math.log(max(1.0, test.duration_s / _QUICK_S))
        )

    def _by_code(self, looked_into: Mapping[str, Trail]) -> Iterator[tuple[str, float]]:
        """Node id → what the words in the code of the test say, in log-odds."""
        at = {node_id: split(self.recorded.tests[node_id].definition) for node_id in looked_into}
        functions: dict[str, set[str]] = {}
        for path, qualname in at.values():
            functions.setdefault(path, set()).add(qualname)
        read = ((path, self.facts.get(path)) for path in sorted(functions))
        vocabulary = Vocabulary.of(
            (path, file_words(facts, functions[path].__contains__))
            for path, facts in read
            if facts is not None
        )
        likeness: dict[Change, Likeness] = {}
        for node_id, trail in looked_into.items():
            change = trail.change
            if change not in likeness:
                wanted = change_words(change, self.facts.get(change.path))
                likeness[change] = vocabulary.likeness(wanted)
            yield node_id, _CODE * likeness[change].of(at[node_id])

    def _affinity(self, change: Change, node_id: str) -> float:
        own, outer, file = self._words_of(change)
        test_file, test_names, test_name = self._names_of(node_id)
        return (
            _FILE * share(file, test_file)
            + _NAME * share(own, test_name)
            + _CLASS * share(outer, test_names)
            + _NOTHING_ELSE * share(test_name, own | outer | file)
        )

    def _words_of(self, change: Change) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        """Words of what changed: of itself, of its class, of its file."""
        if change not in self._wanted:
            own, outer, file = names_of(change)
            self._wanted[change] = words(own), words(outer), words(file)
        return self._wanted[change]

    def _names_of(self, node_id: str) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        """Words of a test: of its file, of its class and function, of its function."""
        function = node_id.partition("[")[0]
        if function not in self._names:
            path, _, names = function.partition("::")
            common = frozenset({"test", "tests"})
            name = names.rpartition("::")[2]
            self._names[function] = (
                words(stem(path)) - common,
                words(names) - common,
                words(name) - common,
            )
        return self._names[function]

    def _entered(self, path: str) -> Mapping[str, int]:
        """Node id → how many code objects of the file the test entered, in the version recorded last."""
        if path not in self._in_file:
            found: Counter[str] = Counter()
            for digest in [each for each in self.recorded.versions(path) if each][:1]:
                for owner, lines in self.recorded.entered(path, digest).items():
                    for node_id in self.recorded.inheritors(owner):
                        found[node_id] += len(lines)
            self._in_file[path] = found
        return self._in_file[path]


def score(evidence: Evidence, odds: float) -> float:
    """Log-odds within one kind of evidence → 0 to 1 over all kinds."""
    return round(BASE[evidence] + BAND / (1 + math.exp((_MIDDLE - odds) / _SCALE)), 6)


def _spread_out(found: Iterable[tuple[float, str]]) -> Iterator[tuple[str, float]]:
    """Best first; who comes after tests of the same function gives way to others that are nearly as likely."""
    ranked = ((-odds, node_id) for odds, node_id in found)
    for less, node_id in in_turns(ranked, _function, _behind, _AGAIN_AT_MOST):
        yield node_id, -less


def _function(node_id: str) -> str:
    return node_id.partition("[")[0]


def _behind(less: float, number: int) -> float:
    return less + _AGAIN * number

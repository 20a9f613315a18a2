"""How much a test looks as if it was about a change: by its name, and by the words of its code.

Without a recording, whether a test that can reach a change really gets there is a guess; who wrote the tests gave the
best hint. The weights are fitted on seeded faults and historical changes of the development subjects, and order only:
see ``docs/adr/0017-words-of-tests.md``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from tdad.facts import Change, FileFacts
from tdad.graph.affinity import names_of, words
from tdad.graph.resolve.chains import split
from tdad.graph.tests_of import StaticTest
from tdad.graph.vocabulary import Likeness, Vocabulary, change_words

_OWN = 2.0
"""A test that repeats all words of the changed definition's own name counts so much more than one that repeats none."""
_PLACE = 1.0
"""The same where the words are in its class or its path."""
_AROUND = 1.0
"""The same for the words of the changed definition's class and file."""
_CODE = 10.0
"""Times how much its code is like the changed code (``Likeness``: a third is much)."""


class Affinity:
    """The tests of one version, to be compared with one change after the other."""

    def __init__(self, tests: Sequence[StaticTest], vocabulary: Vocabulary) -> None:
        """Take all tests, and the words of their code."""
        self._vocabulary = vocabulary
        self._at = {test.node_id: split(test.definition) for test in tests}
        self._names = {node_id: _Name(node_id) for node_id in self._at}
        there = Counter(word for name in self._names.values() for word in name.everywhere)
        self._rare = {
            word: math.log((len(self._names) + 1) / (times + 1)) + 0.1
            for word, times in there.items()
        }

    def to(self, change: Change, facts: FileFacts | None) -> OfChange:
        """Compare with a change; ``facts``: of its file."""
        likeness = self._vocabulary.likeness(change_words(change, facts))
        return OfChange(change, self._names, self._rare, self._at, likeness)


class OfChange:
    """How much each test looks as if it was about one change."""

    def __init__(
        self,
        change: Change,
        names: Mapping[str, _Name],
        rare: Mapping[str, float],
        at: Mapping[str, tuple[str, str]],
        likeness: Likeness,
    ) -> None:
        own, outer, file = names_of(change)
        self._own = words(own) & rare.keys()
        self._around = words(f"{outer} {file}") & rare.keys()
        self._names, self._rare, self._at, self._likeness = names, rare, at, likeness

    def of(self, node_id: str) -> float:
        """1 or more; a test that has nothing of the change has 1."""
        name = self._names.get(node_id) or _Name(node_id)
        by_name = (
            1
            + _OWN * self._share(self._own, name.test)
            + _PLACE * self._share(self._own, name.everywhere)
            + _AROUND * self._share(self._around, name.everywhere)
        )
        code = self._likeness.of(self._at[node_id]) if node_id in self._at else 0.0
        return by_name * (1 + _CODE * code)

    def _share(self, wanted: frozenset[str], here: frozenset[str]) -> float:
        """Share of the words of ``wanted`` that are in ``here``, 0 to 1; rare words count more."""
        if wanted.isdisjoint(here):
            return 0.0
        most = sum(self._rare[word] for word in wanted)
        return sum(self._rare[word] for word in wanted & here) / most


class _Name:
    """The words of a node id."""

    __slots__ = ("everywhere", "test")

    def __init__(self, node_id: str) -> None:
        path, _, test = node_id.partition("::")
        self.test = words(test)
        self.everywhere = words(path) | self.test

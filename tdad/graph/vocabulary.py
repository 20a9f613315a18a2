"""What the code of a test is about: the words in it, against the words of a change.

Who wants to test something names it, and what belongs to it. Tests whose own code shares rare words with the changed
code go first; how much a word counts, and how often it stands there, is weighed as search engines do (BM25, Robertson
and Zaragoza 2009; for the order of tests see Peng, Shi and Zhang, ISSTA 2020). It orders only: what is selected is for
the static graph to say.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from tdad.facts import Change, DefinitionKind, FileFacts, Reference
from tdad.graph.affinity import names_of
from tdad.graph.resolve.scopes import MODULE

_STEM = 7
"""Words are alike when they begin with so many of the same letters."""
_HUMP = re.compile(r"([a-z0-9])([A-Z])")
_WORD = re.compile(r"[a-z]{2,}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]+")
_LONGEST = 200
"""Literals with more characters are data rather than names."""
_OWN, _AROUND, _LINES, _BODY = 3.0, 2.0, 2.0, 1.0
"""What a word of a change counts: of its name, of its class and file, of the changed lines, of the whole definition."""
_FREQUENT, _LENGTH = 1.2, 0.5
"""BM25's k1 (how soon more of the same word counts no more) and b (how much long code is held against a test)."""

Words = tuple[tuple[str, int], ...]
"""Each word, and how often it is there."""


@dataclass(frozen=True, slots=True)
class FileWords:
    """The words of a file that has tests."""

    whole: Words = ()
    functions: tuple[tuple[str, Words], ...] = ()
    """Qualname of each function that may be a test → its own words."""


def file_words(facts: FileFacts, is_wanted: Callable[[str], bool]) -> FileWords:
    """The words of a file, if there are wanted functions in it.

    Args:
        facts: Of the file.
        is_wanted: By the qualname of a function.
    """
    tests = {
        index
        for index, each in enumerate(facts.definitions)
        if each.kind is DefinitionKind.FUNCTION and is_wanted(each.qualname)
    }
    if not tests:
        return FileWords()
    whole: Counter[str] = Counter()
    each_of: dict[int, Counter[str]] = {index: Counter() for index in sorted(tests)}
    for index, name in _names(facts):
        found = terms(name)
        whole.update(found)
        owner = index
        while owner not in tests and owner != MODULE:
            owner = facts.definitions[owner].parent
        if owner in tests:
            each_of[owner].update(found)
    return FileWords(
        tuple(sorted(whole.items())),
        tuple(
            (facts.definitions[i].qualname, tuple(sorted(c.items()))) for i, c in each_of.items()
        ),
    )


def change_words(change: Change, facts: FileFacts | None) -> dict[str, float]:
    """The words of a change, and what each counts.

    Args:
        change: One change.
        facts: Of its file, in the newer version; ``None``: the file is gone.
    """
    own, outer, file = names_of(change)
    found: defaultdict[str, float] = defaultdict(float)
    for weight, text in ((_OWN, own), (_AROUND, f"{outer} {file}")):
        for term in terms(text):
            found[term] += weight
    if facts is not None:
        for weight, names in (
            (_BODY, _of_definition(facts, change)),
            (_LINES, _of_lines(facts, change)),
        ):
            counted = Counter(term for text in names for term in terms(text))
            for term, times in counted.items():
                found[term] += weight * (1 + math.log(times))
    return dict(found)


@lru_cache(maxsize=100_000)
def terms(text: str) -> tuple[str, ...]:
    """The words of all names in a text; a name of several words is one more, as a whole."""
    found: list[str] = []
    for name in _NAME.findall(text) if len(text) <= _LONGEST else ():
        words = _WORD.findall(_HUMP.sub(r"\1 \2", name).lower().replace("_", " "))
        found += [word[:_STEM] for word in words]
        if len(words) > 1:
            found.append(f"={name.lower()}")
    return tuple(found)


def _names(facts: FileFacts) -> Iterator[tuple[int, str]]:
    """Index of a definition, and a name that stands in it."""
    for index, definition in enumerate(facts.definitions):
        yield index, definition.name
    for reference in facts.references:
        yield reference.source, reference.chain
    for item in facts.imports:
        yield item.owner, f"{item.name} {item.module.rpartition('.')[2]}"


def _of_definition(facts: FileFacts, change: Change) -> Iterator[str]:
    """Names in the whole changed definition."""
    if not change.qualname:
        return
    inside = f"{change.qualname}."
    indexes = {
        index
        for index, each in enumerate(facts.definitions)
        if each.qualname == change.qualname or each.qualname.startswith(inside)
    }
    yield from (name for index, name in _names(facts) if index in indexes)


def _of_lines(facts: FileFacts, change: Change) -> Iterator[str]:
    """Names in the changed lines."""
    yield from (each.chain for each in facts.references if _is_in(each, change))


def _is_in(reference: Reference, change: Change) -> bool:
    return any(reference.line in span for span in change.new)


@dataclass(slots=True)
class Vocabulary:
    """The words of all tests of a version, to be compared with those of changes."""

    functions: Mapping[tuple[str, str], Words]
    """(path, qualname) → words."""
    files: Mapping[str, Words]
    _in_functions: _Collection = field(init=False)
    _in_files: _Collection = field(init=False)

    def __post_init__(self) -> None:
        self._in_functions = _Collection(list(self.functions.values()))
        self._in_files = _Collection(list(self.files.values()))

    @classmethod
    def of(cls, files: Iterable[tuple[str, FileWords]]) -> Vocabulary:
        """Take the words of each file."""
        there = {path: words for path, words in files if words.functions}
        return cls(
            {
                (path, name): words
                for path, each in there.items()
                for name, words in each.functions
            },
            {path: each.whole for path, each in there.items()},
        )

    def likeness(self, wanted: Mapping[str, float]) -> Likeness:
        """How much each test is like ``wanted``, words with what each counts."""
        own = self._in_functions.scores(wanted)
        around = self._in_files.scores(wanted)
        return Likeness(
            dict(zip(self.functions, own, strict=True)), dict(zip(self.files, around, strict=True))
        )


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much tests are like one change."""

    _functions: Mapping[tuple[str, str], float]
    _files: Mapping[str, float]

    def of(self, definition: tuple[str, str]) -> float:
        """0 to 2: of the function and of its file; ``definition`` is (path, qualname)."""
        return self._functions.get(definition, 0.0) + self._files.get(definition[0], 0.0)


@dataclass(slots=True)
class _Collection:
    """Documents that are searched together."""

    documents: Sequence[Words]
    _at: dict[str, list[tuple[int, int]]] = field(init=False, default_factory=dict)
    """Word → (document, how often)."""
    _lengths: list[int] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        for number, words in enumerate(self.documents):
            self._lengths.append(sum(times for _, times in words))
            for word, times in words:
                self._at.setdefault(word, []).append((number, times))

    def scores(self, wanted: Mapping[str, float]) -> list[float]:
        """BM25 of each document, as a share of what a document full of all the words would have."""
        found = [0.0] * len(self.documents)
        average = max(1.0, sum(self._lengths) / max(1, len(found)))
        most = 0.0
        for word, weight in wanted.items():
            there = self._at.get(word, ())
            rare = math.log(1 + (len(found) - len(there) + 0.5) / (len(there) + 0.5))
            most += weight * rare * (_FREQUENT + 1)
            for number, times in there:
                long = 1 - _LENGTH + _LENGTH * self._lengths[number] / average
                found[number] += (
                    weight * rare * times * (_FREQUENT + 1) / (times + _FREQUENT * long)
                )
        return [each / most for each in found] if most else found

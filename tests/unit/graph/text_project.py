"""A project in memory: texts in, lazy facts out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from textwrap import dedent

from tdad.facts import FileFacts
from tdad.graph.resolve import Resolver
from tdad.source import index, mentioned_names


class TextFacts:
    """``FactsOf`` over texts. ``asked`` records which files were looked at."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = {path: dedent(text).encode() for path, text in files.items()}
        self._facts: dict[str, FileFacts] = {}
        self.asked: set[str] = set()

    def paths(self) -> Sequence[str]:
        return sorted(self._files)

    def get(self, path: str) -> FileFacts | None:
        if path not in self._files:
            return None
        self.asked.add(path)
        if path not in self._facts:
            self._facts[path] = index(path, self._files[path])
        return self._facts[path]

    @cached_property
    def _words(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path, data in self._files.items():
            facts = self._facts.setdefault(path, index(path, data))
            for word in mentioned_names(facts):
                found.setdefault(word, []).append(path)
        return found

    def mentioning(self, name: str) -> Iterator[str]:
        yield from self._words.get(name, ())


def resolver(files: Mapping[str, str], roots: Sequence[str] = ()) -> Resolver:
    return Resolver(TextFacts(files), roots)

"""The links of files as one compact text, so that a question need not resolve what has not changed."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Mapping

from tdad.facts import FACTS_VERSION
from tdad.graph.static.links import FileLinks
from tdad.graph.static.nodes import How, Link
from tdad.graph.tests_of import Patterns, StaticTest
from tdad.graph.vocabulary import FileWords, Words

LINKS_VERSION = 3
"""Count it up whenever the same file gives other links."""

Kept = Mapping[str, tuple[str, FileLinks]]
"""Path → digest of the file, and its links."""
_HOWS = tuple(How)


def pack(kept: Kept, patterns: Patterns) -> bytes:
    """All links, as bytes. Every string is written once, and meant by its number elsewhere."""
    numbers: dict[str, int] = {}

    def number(text: str) -> int:
        return numbers.setdefault(text, len(numbers))

    def row(link: Link) -> list[int]:
        return [number(link.source), number(link.target), int(link.how), number(link.guard)]

    def counted(words: Words) -> list[int]:
        return [value for word, times in words for value in (number(word), times)]

    files = {}
    for path, (digest, each) in sorted(kept.items()):
        files[path] = [
            digest,
            [value for link in each.links for value in row(link)],
            [[number(name), *row(link)] for name, link in each.unused],
            [[number(name), *row(link)] for name, link in each.unowned],
            [number(name) for name in sorted(each.uses)],
            [number(name) for name in sorted(each.members)],
            [number(name) for name in sorted(each.defines)],
            [[number(test.node_id), number(test.definition)] for test in each.tests],
            counted(each.words.whole),
            [[number(name), *counted(words)] for name, words in each.words.functions],
        ]
    document = {"made": _made(patterns), "names": list(numbers), "files": files}
    return zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 1)


def unpack(data: bytes, patterns: Patterns, current: Mapping[str, str]) -> Kept:
    """The links of files whose digest in ``current`` is still the same; nothing if another version made them."""
    try:
        document = json.loads(zlib.decompress(data))
        if document["made"] != _made(patterns):
            return {}
        name = document["names"].__getitem__
        return {
            path: (entry[0], _file(path, entry, name))
            for path, entry in document["files"].items()
            if current.get(path) == entry[0]
        }
    except (zlib.error, ValueError, KeyError, TypeError, IndexError):
        return {}  # a broken cache is none


def _made(patterns: Patterns) -> list[object]:
    """What the links depend on besides the files."""
    found = [patterns.python_files, patterns.python_classes, patterns.python_functions]
    return [LINKS_VERSION, FACTS_VERSION, *map(list, found)]


def _file(path: str, entry: list[list[int]], name: Callable[[int], str]) -> FileLinks:
    _, flat, unused, unowned, uses, members, defines, tests, whole, functions = entry
    return FileLinks(
        path,
        tuple(_links(flat, name)),
        tuple(_named(unused, name)),
        tuple(_named(unowned, name)),
        frozenset(map(name, uses)),
        frozenset(map(name, members)),
        frozenset(map(name, defines)),
        tuple(StaticTest(name(node), name(definition)) for node, definition in _pairs(tests)),
        FileWords(
            _counted(whole, name),
            tuple(
                (name(function), _counted(words, name)) for function, *words in _rows(functions)
            ),
        ),
    )


def _counted(flat: list[int], name: Callable[[int], str]) -> Words:
    return tuple((name(word), times) for word, times in zip(flat[::2], flat[1::2], strict=True))


def _links(flat: list[int], name: Callable[[int], str]) -> Iterable[Link]:
    rows = zip(flat[::4], flat[1::4], flat[2::4], flat[3::4], strict=True)
    return (Link(name(s), name(t), _HOWS[how], name(g)) for s, t, how, g in rows)


def _named(rows: object, name: Callable[[int], str]) -> Iterable[tuple[str, Link]]:
    assert isinstance(rows, list)
    return (
        (name(word), Link(name(source), name(target), _HOWS[how], name(guard)))
        for word, source, target, how, guard in rows
    )


def _rows(rows: object) -> list[list[int]]:
    assert isinstance(rows, list)
    return rows


def _pairs(rows: object) -> Iterable[tuple[int, int]]:
    assert isinstance(rows, list)
    return ((node, definition) for node, definition in rows)

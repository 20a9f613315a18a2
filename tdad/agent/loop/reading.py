"""What ``read`` and ``search`` answer."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tdad.agent.loop.plain import LONGEST, capped, plain
from tdad.agent.loop.tree import Tree

MOST_LINES = 250
MOST_HITS = 40
_LONGEST_LINE = 400
_LONGEST_SEARCHED = 5_000
_LISTED = 60
_EXPLOSIVE = re.compile(r"\([^()]*[*+][^()]*\)[*+{]")
"""``(a+)+``: may take for ever on one line."""
_CODE = (
    ".py",
    ".pyi",
    ".pyx",
    ".cfg",
    ".toml",
    ".ini",
    ".txt",
    ".md",
    ".rst",
    ".json",
    ".yaml",
    ".yml",
)


@dataclass(frozen=True, slots=True)
class Seen:
    """Lines that the model has been shown."""

    path: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Shown:
    """An observation, and which lines it shows."""

    text: str
    seen: tuple[Seen, ...] = ()


def looked(tree: Tree, tool: str, given: Mapping[str, object]) -> Shown:
    """What a call of ``read`` or ``search`` is answered with."""
    if tool == "read":
        first, last = (
            value if isinstance(value, int) else None for value in map(given.get, ("start", "end"))
        )
        return read(tree, str(given["path"]), first, last)
    path = given.get("path")
    return search(tree, str(given["pattern"]), str(path) if path else None)


def read(tree: Tree, path: str, start: int | None, end: int | None) -> Shown:
    """Numbered lines of a file."""
    name = tree.find(path)
    data = tree.read(name)
    if data is None:
        return Shown(no_file(tree, name))
    if b"\0" in data[:8000]:
        return Shown(f"{name} is not text ({len(data):,} bytes).")
    lines = (tree.text(name) or "").splitlines()
    first = min(max(1, start or 1), max(1, len(lines)))
    last = min(len(lines), end if end is not None and end >= first else first + MOST_LINES - 1)
    last = min(last, first + MOST_LINES - 1)
    body: list[str] = []
    size = 0
    for number in range(first, last + 1):
        line = f"{number}: {plain(lines[number - 1])}"
        if len(line) > _LONGEST_LINE * 4:
            line = line[: _LONGEST_LINE * 4] + " [line cut]"
        size += len(line) + 1
        if size > LONGEST and body:
            last = number - 1
            break
        body.append(line)
    if not lines:
        return Shown(f"{name} is empty.", (Seen(name, 1, 1),))
    head = f"{name}, lines {first}-{last} of {len(lines)}"
    return Shown("\n".join([head, *body]), (Seen(name, first, last),))


def no_file(tree: Tree, name: str) -> str:
    """What is there instead of a file of that name."""
    if name in tree.links:
        return f"{name} is a link and is not followed."
    if name.startswith(("/", "..")):
        return f"{name} is outside the project. Paths are relative to its root."
    prefix = "" if name == "." else f"{name}/"
    inside = sorted({_next(each, prefix) for each in tree.files if each.startswith(prefix)})
    if inside:
        more = f"\n… and {len(inside) - _LISTED} more" if len(inside) > _LISTED else ""
        return f"{name} is a folder:\n" + "\n".join(inside[:_LISTED]) + more
    near = difflib.get_close_matches(name, tree.files, 3, 0.5)
    tails = [each for each in tree.files if each.rpartition("/")[2] == name.rpartition("/")[2]]
    found = list(dict.fromkeys([*tails[:3], *near]))
    hint = f" Did you mean {', '.join(found)}?" if found else ""
    return f"There is no file {name}.{hint}"


def _next(path: str, prefix: str) -> str:
    """The entry of the folder ``prefix`` that ``path`` is in."""
    first, slash, _ = path[len(prefix) :].partition("/")
    return first + slash


def search(tree: Tree, pattern: str, path: str | None) -> Shown:
    """Lines that match, by file."""
    found, note = _pattern(pattern)
    hits: list[str] = []
    files: dict[str, int] = {}
    seen: list[Seen] = []
    for name in _searched(tree, path):
        text = tree.text(name) or ""
        if not found.search(text):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) < _LONGEST_SEARCHED and found.search(line):
                files[name] = files.get(name, 0) + 1
                if len(hits) < MOST_HITS:
                    hits.append(f"{name}:{number}: {plain(line)[:_LONGEST_LINE]}")
                    seen.append(Seen(name, number, number))
    if not hits:
        where = f" in {tree.find(path)}" if path else ""
        return Shown(f"{note}Nothing matches {pattern!r}{where}.")
    total = sum(files.values())
    shown = {each.path for each in seen}
    rest = [f"{name} ({count})" for name, count in files.items() if name not in shown]
    more = f"\n… {total - len(hits)} more" if total > len(hits) else ""
    more += f", also in: {', '.join(rest[:10])}" if more and rest else ""
    return Shown(capped(note + "\n".join(hits) + more), tuple(seen))


def _pattern(pattern: str) -> tuple[re.Pattern[str], str]:
    """(what to look for, what to say about it): a pattern that is no regular expression is looked for as it is."""
    literal = re.compile(re.escape(pattern))
    try:
        found = re.compile(pattern, re.MULTILINE)
    except (re.error, RecursionError, OverflowError):
        return literal, "(not a regular expression; looked for as it stands)\n"
    if _EXPLOSIVE.search(pattern):
        return literal, "(repetitions inside repetitions are not run; looked for as it stands)\n"
    return found, ""


def _searched(tree: Tree, path: str | None) -> Iterator[str]:
    """Files to look into: source and texts, below ``path``."""
    inside = tree.find(path) if path else "."
    for name in tree.files:
        if inside not in {".", name} and not name.startswith(f"{inside}/"):
            continue
        data = tree.read(name) if name.endswith(_CODE) or name == inside else None
        if data is not None and len(data) < 2_000_000 and b"\0" not in data[:8000]:
            yield name

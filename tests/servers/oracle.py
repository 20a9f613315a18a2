"""A model that knows the right patch, and answers like one that can only edit what it has been shown.

What it has been shown: lines in the prompt or in the answer of a tool, with or without their numbers, and what it wrote
itself. Where that is not enough it searches and reads first. It measures what surrounds a model: how many steps and
tokens a repair costs when nothing is left to find out, and whether the loop lets a right answer through.
"""

from __future__ import annotations

import ast
import difflib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.servers.answers import Json, Says, Seen

_NUMBERED = re.compile(r"^\s*(?:[\w./-]+:)?(\d+)(?:: ?|\t| ?\| ?|  )(.*)$")
"""``12: text`` or ``12  text`` of a listing, ``a.py:12: text`` of a search."""
_AROUND = 12
"""Lines that it reads before and after what it wants to change."""
_PATIENCE = 3
"""The same call so often, and it gives up."""
_CLOSE = 3
"""Differences with so few lines between them are one edit; more after each edit that was refused."""
Texts = Mapping[str, str]
"""Path → text."""


@dataclass(frozen=True)
class Hunk:
    """Lines of a file (from 0, ``last`` not included) and what shall stand there."""

    path: str
    first: int
    last: int
    new: tuple[str, ...]


@dataclass(frozen=True)
class Deed:
    """A call that it made, and the answer."""

    name: str
    given: Mapping[str, Json]
    said: str

    @property
    def edited(self) -> bool:
        return self.name == "edit" and self.said.startswith("Edited")


class Conversation:
    """What a request says about the conversation so far: the server keeps nothing."""

    def __init__(self, seen: Seen) -> None:
        self.messages: list[dict[str, Json]] = seen.json["messages"]
        said = {
            each["tool_call_id"]: text_of(each) for each in self.messages if each["role"] == "tool"
        }
        calls = [call for each in self.messages for call in each.get("tool_calls") or ()]
        self.deeds = [
            Deed(call["function"]["name"], _given(call), said.get(call["id"], ""))
            for call in calls
        ]
        told = [text_of(each) for each in self.messages if each["role"] != "assistant"]
        self.told = "\n".join(told)
        own = [str(deed.given.get("new", "")).splitlines() for deed in self.deeds if deed.edited]
        self.listings = [list(_listing(text)) for text in told] + own

    def shows(self, lines: Sequence[str]) -> bool:
        """Tell whether these lines stood one after the other in something that it saw."""
        wanted = [line.rstrip("\n") for line in lines]
        size = len(wanted)
        return any(
            listing[at : at + size] == wanted
            for listing in self.listings
            for at in range(len(listing) - size + 1)
        )

    def files(self, start: Texts) -> dict[str, str]:
        """The files with the edits that were accepted."""
        now = dict(start)
        for deed in self.deeds:
            if deed.edited:
                path, old, new = (str(deed.given[name]) for name in ("path", "old", "new"))
                now[path] = now[path].replace(old, new, 1)
        return now


def oracle(start: Texts, right: Texts) -> Callable[[Seen], Says]:
    """The model that makes ``right`` of ``start``."""

    def reply(seen: Seen) -> Says:
        conversation = Conversation(seen)
        return towards(conversation, conversation.files(start), right)

    return reply


def towards(conversation: Conversation, now: Texts, goal: Texts) -> Says:
    """The next call on the way from ``now`` to ``goal``: look, edit, or finish."""
    refused = sum(deed.name == "edit" and not deed.edited for deed in conversation.deeds)
    hunk = next(hunks(now, goal, _CLOSE * 8**refused), None)
    call = ("finish", {"summary": "done"}) if hunk is None else _step(conversation, now, hunk)
    made = [(deed.name, dict(deed.given)) for deed in conversation.deeds]
    if made.count(call) >= _PATIENCE and call[0] != "finish":
        call = ("finish", {"summary": "no way to make the change"})
    return Says(calls=[call])


def hunks(now: Texts, goal: Texts, close: int = _CLOSE) -> Iterator[Hunk]:
    """What differs, the last of each file first: line numbers of the others stay what they are.

    Differences at most ``close`` lines apart are one: half of a change may not even parse.
    """
    for path, after in sorted(goal.items()):
        old, new = now[path].splitlines(keepends=True), after.splitlines(keepends=True)
        matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
        spans: list[tuple[int, int, int, int]] = []
        for tag, i, j, k, m in matcher.get_opcodes():
            if tag == "equal":
                continue
            if spans and i - spans[-1][1] <= close:
                first, _, at, _ = spans.pop()
                spans.append((first, j, at, m))
            else:
                spans.append((i, j, k, m))
        for i, j, k, m in reversed(spans):
            yield Hunk(path, i, j, tuple(new[k:m]))


def _step(conversation: Conversation, now: Texts, hunk: Hunk) -> tuple[str, dict[str, Json]]:
    text = now[hunk.path]
    lines = text.splitlines(keepends=True)
    first, last = _unique(text, lines, hunk)
    if hunk.path in conversation.told and conversation.shows(lines[first:last]):
        new = [*lines[first : hunk.first], *hunk.new, *lines[hunk.last : last]]
        return "edit", {
            "path": hunk.path,
            "old": "".join(lines[first:last]),
            "new": "".join(new),
        }
    name = _definition(text, hunk.first + 1)
    if hunk.path in conversation.told and (not name or name in conversation.told):
        start, end = max(1, first + 1 - _AROUND), min(len(lines), last + _AROUND)
        return "read", {"path": hunk.path, "start": start, "end": end}
    if name:
        return "search", {"pattern": rf"(def|class) {name}\b"}
    return "search", {"pattern": re.escape(lines[first].strip())}


def _unique(text: str, lines: Sequence[str], hunk: Hunk) -> tuple[int, int]:
    """Lines around the hunk, as few as occur once in the file."""
    first, last = hunk.first, hunk.last
    down = False
    while first == last or text.count("".join(lines[first:last])) != 1:
        if (down or first == 0) and last < len(lines):
            last += 1
        elif first > 0:
            first -= 1
        else:
            break
        down = not down
    return first, last


def _definition(text: str, line: int) -> str:
    """Name of the innermost function or class around a line; empty: the module."""
    found: tuple[int, str] = (0, "")
    for node in ast.walk(_parsed(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and (
            node.lineno <= line <= (node.end_lineno or node.lineno)
        ):
            found = max(found, (node.lineno, node.name))
    return found[1]


def _parsed(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError:
        return ast.Module([], [])


def _listing(text: str) -> Iterator[str]:
    for line in text.splitlines():
        match = _NUMBERED.match(line)
        yield line if match is None else match[2]


def text_of(message: Mapping[str, Json]) -> str:
    """Text of a message, whichever form it has."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text", "")) for part in content)


def _given(call: Mapping[str, Json]) -> Mapping[str, Json]:
    given = call["function"]["arguments"]
    found = json.loads(given) if isinstance(given, str) else given
    return found if isinstance(found, dict) else {}

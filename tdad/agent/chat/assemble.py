"""What the server sent → one raw answer. Pure; the shapes are as servers send them, so nothing is taken for granted.

Streamed calls are put together the way servers take them apart: by id, else by index, else what came last. Seen in
practice: no index or ``null``, two calls under index 0, an id only on a late chunk, a name over several chunks, the
whole name again in every chunk.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

REASONING_FIELDS = ("reasoning_content", "reasoning")


@dataclass(frozen=True, slots=True)
class RawCall:
    """A call as it came. ``arguments`` is whatever was there: text, an object, nothing."""

    id: str
    name: str
    arguments: object


@dataclass(frozen=True, slots=True)
class RawReply:
    """One answer as it came."""

    text: str = ""
    reasoning: str = ""
    reasoning_field: str = ""
    """The field that held the thoughts."""
    calls: tuple[RawCall, ...] = ()
    finish: str = ""
    """Empty: the server did not say."""
    usage: Mapping[str, Any] = field(default_factory=dict)
    empty: bool = False
    """There was no choice in it at all."""


def assemble(chunks: Iterable[Mapping[str, Any]]) -> RawReply:
    """The answer that a stream of chunks makes up."""
    text, reasoning, calls = [], [], _Calls()
    usage: Mapping[str, Any] = {}
    finish, name, empty = "", "", True
    for chunk in chunks:
        usage = _mapping(chunk.get("usage")) or usage
        choice = first_choice(chunk)
        if choice is None:
            continue
        empty = False
        delta = _mapping(choice.get("delta")) or _mapping(choice.get("message"))
        finish = _string(choice.get("finish_reason")) or finish
        text.append(text_of(delta.get("content")))
        found, thought = _reasoning(delta)
        name = found or name
        reasoning.append(thought)
        for call in _list(delta.get("tool_calls")):
            calls.add(_mapping(call))
    return RawReply("".join(text), "".join(reasoning), name, calls.done(), finish, usage, empty)


def whole(body: Mapping[str, Any]) -> RawReply:
    """The answer in a body that came in one piece."""
    usage = _mapping(body.get("usage"))
    choice = first_choice(body)
    if choice is None or not _mapping(choice.get("message")):
        return RawReply(usage=usage, empty=True)
    message = _mapping(choice.get("message"))
    name, reasoning = _reasoning(message)
    calls = []
    for call in map(_mapping, _list(message.get("tool_calls"))):
        function = _mapping(call.get("function"))
        calls.append(
            RawCall(
                _string(call.get("id")), _string(function.get("name")), function.get("arguments")
            )
        )
    return RawReply(
        text_of(message.get("content")),
        reasoning,
        name,
        tuple(calls),
        _string(choice.get("finish_reason")),
        usage,
    )


def first_choice(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Choice 0, ``None`` when there is none. Other choices are not asked for and not read."""
    for choice in map(_mapping, _list(body.get("choices"))):
        if choice and choice.get("index") in (0, None):
            return choice
    return None


def growth(chunk: Mapping[str, Any]) -> tuple[str, str, int]:
    """(text, thoughts, characters of calls) that ``chunk`` adds, for whoever watches the stream."""
    choice = first_choice(chunk)
    delta = _mapping(choice.get("delta")) if choice else {}
    called = 0
    for call in map(_mapping, _list(delta.get("tool_calls"))):
        called += len(_string(_mapping(call.get("function")).get("arguments")))
    return text_of(delta.get("content")), _reasoning(delta)[1], called


def text_of(content: object) -> str:
    """Text of a ``content``: a string, parts of one, or nothing."""
    if isinstance(content, str):
        return content
    parts = [
        part if isinstance(part, str) else _mapping(part).get("text") for part in _list(content)
    ]
    return "".join(part for part in parts if isinstance(part, str))


def _reasoning(message: Mapping[str, Any]) -> tuple[str, str]:
    for name in REASONING_FIELDS:
        if thought := text_of(message.get(name)):
            return name, thought
    return "", ""


@dataclass(slots=True)
class _Open:
    """A call that is being put together."""

    id: str
    index: int | None
    name: str = ""
    text: list[str] = field(default_factory=list)
    given: object = None
    """Arguments that came as an object."""


class _Calls:
    """The calls of one stream."""

    def __init__(self) -> None:
        self._open: list[_Open] = []

    def add(self, delta: Mapping[str, Any]) -> None:
        """Put a piece where it belongs."""
        function = _mapping(delta.get("function"))
        name, arguments = _string(function.get("name")), function.get("arguments")
        call = self._place(delta, name)
        if name and name != call.name:
            call.name += name
        if isinstance(arguments, str):
            call.text.append(arguments)
        elif arguments is not None:
            call.given = arguments

    def done(self) -> tuple[RawCall, ...]:
        """All calls, in the order in which they began."""
        return tuple(
            RawCall(call.id, call.name, "".join(call.text) if call.given is None else call.given)
            for call in self._open
        )

    def _place(self, delta: Mapping[str, Any], name: str) -> _Open:
        """The open call that a piece continues, else a new one."""
        identity, index = _string(delta.get("id")), delta.get("index")
        index = index if isinstance(index, int) else None
        for call in self._open:
            if identity and call.id == identity and index in (None, call.index):
                return call
        same = [call for call in self._open if index is not None and call.index == index]
        last = (same or ([] if index is not None else self._open))[-1:]
        if not last or self._is_another(last[0], identity, name):
            self._open.append(_Open(identity, index))
            return self._open[-1]
        last[0].id = last[0].id or identity
        return last[0]

    @staticmethod
    def _is_another(call: _Open, identity: str, name: str) -> bool:
        """Tell whether a piece at the place of ``call`` begins a call of its own."""
        if not name:
            return False
        if identity and call.id:
            return True  # the same id was looked for before
        return bool(call.name) and (call.given is not None or is_json("".join(call.text)))


def is_json(text: str) -> bool:
    """Tell whether ``text`` is a whole JSON object."""
    try:
        return isinstance(json.loads(text, strict=False), dict)
    except (ValueError, RecursionError):
        return False


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""

"""A conversation that has to be shorter: the oldest observations go, never a turn, never what the user said."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from tdad.agent.chat import Message, Role, ToolCall
from tdad.agent.chat.tokens import CHARS_PER_TOKEN

KEEP_LAST = 6
"""So many observations stay whatever happens."""
FULL, AFTERWARDS = 0.7, 0.5
"""Parts of the context: over the first, as much is left out as leaves the second."""
_MARK = "[elided: "
_LEAST = 200
"""Characters: shorter observations stay."""


def elide(
    messages: Sequence[Message], surplus: int, edited: Collection[str] = ()
) -> tuple[Message, ...] | None:
    """Leave out observations with ``surplus`` tokens together, the oldest first.

    Reads of files that were edited go only when nothing else is left.

    Returns:
        The shorter conversation, as short as it can be had when that is not enough; ``None``: nothing is left to leave
        out.
    """
    calls = {call.id: call for message in messages for call in message.calls}
    at = [number for number, each in enumerate(messages) if each.role is Role.TOOL]
    old = [number for number in at[:-KEEP_LAST] if _long(messages[number])]
    kept = {number for number in old if _path(calls.get(messages[number].call_id)) in edited}
    order = [number for number in old if number not in kept] + sorted(kept)
    done, saved = list(messages), 0.0
    for number in order:
        if saved >= surplus:
            break
        short = f"{_MARK}{_named(messages[number], calls)}]"
        saved += (len(messages[number].text) - len(short)) / CHARS_PER_TOKEN
        done[number] = replace(messages[number], text=short)
    return tuple(done) if saved else None


def too_full(tokens: int, context: int | None) -> int:
    """How many tokens to leave out of a conversation that has so many; 0: none."""
    if not context or tokens <= FULL * context:
        return 0
    return tokens - int(AFTERWARDS * context)


def _long(message: Message) -> bool:
    return len(message.text) > _LEAST and not message.text.startswith(_MARK)


def _path(call: ToolCall | None) -> str:
    found = call.arguments.get("path") if call is not None and call.name == "read" else None
    return found if isinstance(found, str) else ""


def _named(message: Message, calls: dict[str, ToolCall]) -> str:
    call = calls.get(message.call_id)
    if call is None:
        return message.tool
    parts = [
        str(call.arguments[name])[:80].partition("\n")[0]
        for name in ("path", "start", "end", "pattern", "targets", "what", "command")
        if call.arguments.get(name) is not None
    ]
    return " ".join([call.name, *parts])

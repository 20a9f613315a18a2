"""How many tokens a conversation has, when the server does not say. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tdad.agent.chat.assemble import RawReply
from tdad.agent.chat.facts import Usage

CHARS_PER_TOKEN = 3.0
"""Conservative: Qwen's tokenizer makes 3.3 to 4.2 characters of Python source and English one token."""
CHARS_PER_TOKEN_USUALLY = 4.0
"""For telling whether a server dropped part of a prompt; deeply indented source comes to 5."""
PER_MESSAGE = 6
"""Tokens of a template around a message."""


def chars_of(messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]] = ()) -> int:
    """Characters that a template makes tokens of."""
    total = 0
    for message in messages:
        for name in ("content", "reasoning", "reasoning_content"):
            total += _weight(str(message.get(name) or ""))
        for call in message.get("tool_calls", ()):
            total += _weight(call["function"]["name"] + call["function"]["arguments"])
    return total + sum(_weight(json.dumps(tool, ensure_ascii=False)) for tool in tools)


def _weight(text: str) -> int:
    """Characters, where those outside ASCII count by their bytes: tokenizers know few of them."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def estimate(
    messages: Sequence[dict[str, Any]],
    tools: Sequence[dict[str, Any]] = (),
    chars_per_token: float = CHARS_PER_TOKEN,
) -> int:
    """Tokens of a conversation, rather too many than too few."""
    return int(chars_of(messages, tools) / chars_per_token) + PER_MESSAGE * len(messages)


def usual(messages: Sequence[dict[str, Any]]) -> int:
    """Tokens of a conversation, rather too few than too many."""
    return int(chars_of(messages) / CHARS_PER_TOKEN_USUALLY)


def of_text(text: str) -> int:
    """Tokens of an answer's text."""
    return of_chars(_weight(text))


def of_chars(chars: int) -> int:
    """Tokens of so many characters."""
    return -(-chars // int(CHARS_PER_TOKEN))


def was_truncated(prompt: int, total: int, expected: int) -> bool:
    """Tell whether a server cut the prompt in silence (TradingAgents#168, hermes#43900).

    ``prompt`` and ``total`` are what it counted, ``expected`` what the prompt usually comes to: it counts far less, or
    its count sits exactly on a usual context size that is less.
    """
    if expected < 1_000:
        return False
    pinned = any(count >= 2_048 and count & (count - 1) == 0 for count in (prompt, total))
    return prompt < 0.6 * expected or (pinned and prompt < expected)


def usage_of(raw: RawReply) -> Usage | None:
    """The server's own counts; ``None`` when it gave none."""
    prompt, completion = raw.usage.get("prompt_tokens"), raw.usage.get("completion_tokens")
    if not isinstance(prompt, int) or not isinstance(completion, int) or not prompt:
        return None
    return Usage(
        prompt,
        completion,
        cached=_detail(raw, "prompt_tokens_details", "cached_tokens"),
        reasoning=_detail(raw, "completion_tokens_details", "reasoning_tokens"),
    )


def _detail(raw: RawReply, group: str, name: str) -> int | None:
    details = raw.usage.get(group)
    value = details.get(name) if isinstance(details, dict) else None
    return value if isinstance(value, int) else None

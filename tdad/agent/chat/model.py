"""The model as the loop sees it. A protocol, because what is behind it is slow, paid and unpredictable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tdad.agent.chat.facts import Event, Message, Reply, Request, TokenCount, ToolSpec


class Shrink(Protocol):
    """Makes a conversation shorter. The loop knows what may be left out; the client knows when it must."""

    def __call__(self, messages: Sequence[Message], surplus: int) -> Sequence[Message] | None:
        """The same conversation with at least ``surplus`` tokens less if possible; ``None``: nothing is left to elide.

        The first user message and the order of calls and results have to stay.
        """


class Watch(Protocol):
    """Somebody who waits for the answer."""

    def event(self, event: Event) -> None:
        """The client did something on its own."""

    def received(self, chars: int) -> None:
        """So many characters of the answer have come so far."""


class ChatModel(Protocol):
    """A model that continues a conversation."""

    def reply(self, request: Request, *, shrink: Shrink | None = None) -> Reply:
        """The next message.

        Raises:
            ServerUnusable: the server cannot be used, or no longer (exit code 4).
            ContextExhausted: the conversation does not fit, and nothing is left to elide.
            ModelTooSlow: no answer within the limits.
        """

    def count(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> TokenCount:
        """Tokens of a conversation, exact where the server can count."""

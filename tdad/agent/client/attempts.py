"""One call of ``reply``: what is sent next, and what happened so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from time import monotonic

from tdad.agent.chat.capabilities import Dialect
from tdad.agent.chat.dialects import can_calm
from tdad.agent.chat.facts import Ending, Event, Message, Reply, Request, Usage
from tdad.agent.chat.model import Shrink
from tdad.agent.chat.trouble import Kind

WARMER = 0.1


@dataclass(slots=True)
class Attempts:
    """State of one call; the request changes from attempt to attempt."""

    request: Request
    shrink: Shrink | None
    max_tokens: int
    start: float = field(default_factory=monotonic)
    plain: bool = False
    times: Counter[Kind] = field(default_factory=Counter)
    events: list[Event] = field(default_factory=list)
    first_token_s: float | None = None
    received: int = 0
    """Characters of the answer that came last, whole or not."""
    spent: int = 0
    """Tokens of the attempts that came to nothing."""

    def warm(self) -> None:
        """Sample a little less greedily, so that other tokens come."""
        sampling = self.request.sampling
        warmer = replace(sampling, temperature=sampling.temperature + WARMER)
        self.request = replace(self.request, sampling=warmer)

    def reseed(self) -> None:
        """Draw other random numbers: with the same ones the same answer would come."""
        sampling = self.request.sampling
        if sampling.seed is not None:
            again = replace(sampling, seed=sampling.seed + 1_000)
            self.request = replace(self.request, sampling=again)

    def forgive_the_stream(self) -> None:
        """Stream again: some servers answer a prompt that is too long with a stream of nothing."""
        self.plain = False
        del self.times[Kind.BROKEN_STREAM]

    def calm(self, dialect: Dialect) -> None:
        """Do without thinking; sample less greedily where it cannot be switched off."""
        sampling = self.request.sampling
        if sampling.thinking and can_calm(dialect):
            self.request = replace(self.request, sampling=replace(sampling, thinking=False))
        else:
            self.warm()

    def shorten(self, surplus: int) -> int:
        """Let the loop shorten the conversation by ``surplus`` tokens; return the characters that it left out."""
        messages = self.request.messages
        shorter = self.shrink(messages, surplus) if self.shrink else None
        if shorter is None or _size(shorter) >= _size(messages):
            return 0
        self.request = replace(self.request, messages=tuple(shorter))
        return _size(messages) - _size(shorter)

    def closed(
        self,
        message: Message | None,
        ending: Ending,
        feedback: str,
        usage: Usage,
        finish: str = "",
    ) -> Reply:
        """The reply that the call ends with."""
        return Reply(
            message=message,
            ending=ending,
            feedback=feedback,
            sent=self.request.messages,
            usage=usage,
            spent=self.spent + usage.total,
            finish=finish,
            events=tuple(self.events),
            seconds=monotonic() - self.start,
            first_token_s=self.first_token_s,
        )


def _size(messages: Sequence[Message]) -> int:
    return sum(
        len(message.text) + len(message.reasoning) + sum(len(str(call)) for call in message.calls)
        for message in messages
    )

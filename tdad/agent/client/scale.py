"""How many tokens things have for this model: the server's counts, and what they teach about its tokens."""

from __future__ import annotations

from tdad.agent.chat import Request, Usage, tokens, wire
from tdad.agent.chat.assemble import RawReply
from tdad.agent.chat.capabilities import Capabilities
from tdad.agent.chat.dialects import MANNERS
from tdad.agent.client.endings import truncated

LEAST = 200
"""Tokens of a prompt from which something is learnt."""
SHORTEST, LONGEST = 1.0, 4.5
"""Characters per token that are believed."""


class Scale:
    """Characters per token, from the counts of the last answer."""

    def __init__(self) -> None:
        self._ratio = tokens.CHARS_PER_TOKEN

    def estimate(self, request: Request, server: Capabilities) -> int:
        """Tokens of a request, rather too many than too few."""
        return tokens.estimate(*wire.parts(request, server), self._ratio)

    def usage(self, raw: RawReply, request: Request, server: Capabilities) -> Usage:
        """What the server counted, else what we do.

        Raises:
            PromptTruncated: the server did not read the whole prompt.
        """
        usage = tokens.usage_of(raw)
        if usage is None:
            said = raw.text + raw.reasoning + "".join(str(call.arguments) for call in raw.calls)
            prompt = self.estimate(request, server)
            return Usage(prompt, tokens.of_text(said), estimated=True)
        messages, tools = wire.parts(request, server)
        if MANNERS[server.dialect].truncates:
            # Tools are left out of it: a server that ignores them does not count them.
            expected = tokens.usual(messages)
            if tokens.was_truncated(usage.prompt, usage.total, expected):
                raise truncated(server, usage.prompt, expected)
        if usage.prompt >= LEAST:
            ratio = tokens.chars_of(messages, tools) / usage.prompt
            self._ratio = min(max(ratio * 0.95, SHORTEST), LONGEST)
        return usage

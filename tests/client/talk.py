"""A conversation with a scripted server, as the loop would have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tdad.agent.chat import Event, Limits, Message, Reply, Request, Sampling, ToolSpec
from tdad.agent.chat.capabilities import Capabilities, Dialect, Source
from tdad.agent.chat.dialects import MANNERS
from tdad.agent.chat.facts import system, user
from tdad.agent.client import ChatClient
from tests.servers import dialects
from tests.servers.scripted import ScriptedServer

READ = ToolSpec(
    "read",
    "Numbered lines of a file.",
    {
        "type": "object",
        "properties": {
            "path": {"type": "string"},
            "start": {"type": "integer"},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["path"],
        "additionalProperties": False,
    },
    aliases=("cat", "view"),
    one_line=frozenset({"path"}),
)
EDIT = ToolSpec(
    "edit",
    "Replace a text that occurs once.",
    {
        "type": "object",
        "properties": {
            "path": {"type": "string"},
            "old": {"type": "string"},
            "new": {"type": "string"},
        },
        "required": ["path", "old", "new"],
        "additionalProperties": False,
    },
    one_line=frozenset({"path"}),
)
TOOLS = (READ, EDIT)
START = (system("You repair a Python repository."), user("tests/test_a.py::test_it fails."))

# Pauses are scaled down, not left out: what is tested is that they are taken.
QUICK = Limits(
    connect_s=1.0,
    call_s=8.0,
    idle_s=2.0,
    loading_s=2.0,
    gone_s=2.0,
    retry_after_s=0.5,
    unit_s=0.01,
)


def capabilities(server: ScriptedServer, **changes: object) -> Capabilities:
    """What :func:`tdad.agent.servers.probe.connect` finds out about ``server``, without asking."""
    dialect = Dialect(server.dialect.name)
    known: dict[str, object] = {
        "base_url": server.url,
        "dialect": dialect,
        "model": dialects.MODEL,
        "models": (dialects.MODEL,),
        "context": 32_768,
        "context_source": Source.REPORTED,
        "reasoning_field": MANNERS[dialect].reasoning_field,
    }
    return Capabilities(**{**known, **changes})  # type: ignore[arg-type] # a test's own fields


@dataclass
class Talk:
    """The loop's side: its messages are the whole state."""

    client: ChatClient
    server: ScriptedServer
    messages: tuple[Message, ...] = START
    tools: tuple[ToolSpec, ...] = TOOLS
    sampling: Sampling = field(default_factory=Sampling)
    elided: list[int] = field(default_factory=list)
    """The surplus each time the conversation had to shrink."""

    def turn(self) -> Reply:
        """One step: ask, and take over what was sent and said."""
        request = Request(self.messages, self.tools, self.sampling)
        reply = self.client.reply(request, shrink=self._shrink)
        self.messages = reply.sent + ((reply.message,) if reply.message else ())
        return reply

    def _shrink(self, messages: Sequence[Message], surplus: int) -> Sequence[Message] | None:
        """Leave out the oldest observation that is still there."""
        self.elided.append(surplus)
        for at, message in enumerate(messages):
            if message.role == "tool" and not message.text.startswith("[elided"):
                short = Message(
                    message.role, "[elided: read a.py]", call_id=message.call_id, tool=message.tool
                )
                return (*messages[:at], short, *messages[at + 1 :])
        return None

    @property
    def sent(self) -> list[dict[str, object]]:
        """Bodies of all chat requests."""
        return [seen.json for seen in self.server.chats]


def kinds(events: Sequence[Event]) -> list[str]:
    """Kinds of events, in order."""
    return [event.kind for event in events]

"""Examine a model on its server: one tool call that is hard to carry, and a second turn on top of it.

Most of what goes wrong between a server and a model shows in these two turns: no parser for tool calls, values that
lose their markup, thoughts in the wrong field, a template that refuses its own history.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tdad.agent.chat import Ending, Message, Reply, Request, Sampling, ToolSpec
from tdad.agent.chat.capabilities import Tools
from tdad.agent.chat.dialects import can_calm
from tdad.agent.chat.facts import result, system, user
from tdad.agent.chat.turn import THOUGHTS_IN_TEXT
from tdad.agent.client.chat_client import ChatClient
from tdad.agent.servers.advice import CONTEXT, context_flags, reasoning_flags, tool_flags
from tdad.agent.servers.probe import reported_context
from tdad.answers_doctor import Check, Health
from tdad.errors import TdadError

LEAST_CONTEXT = 16_384
SLOW = 10.0
"""Tokens in a second, below which 15 minutes are not enough for a repair."""

PAYLOAD = 'if a < b & c > "d":\n    print(\'<tag attr="1"> &amp; </tag>\')'
NOTE = ToolSpec(
    "note",
    "Write a note down.",
    {
        "type": "object",
        "properties": {
            "title": {"type": "string", "description": "One word"},
            "text": {"type": "string", "description": "The text, several lines"},
        },
        "required": ["title", "text"],
        "additionalProperties": False,
    },
)
MESSAGES = (
    system("You are a test. Call the tool that you are asked to call."),
    user(f"Call note with the title probe and exactly this text:\n\n{PAYLOAD}"),
)


def examine(client: ChatClient, key: str = "") -> Iterator[Check]:
    """The checks of the model behind ``client``; a bad one may end them. What turns out is in its capabilities."""
    # The call takes 80 tokens; a model that has to think first takes many more.
    most = 256 if can_calm(client.capabilities.dialect) else 2_048
    sampling = Sampling(max_tokens=most, thinking=False, seed=1)
    try:
        first = _first(client, Request(MESSAGES, (NOTE,), sampling))
    except TdadError as error:
        yield Check("tool call", Health.BAD, str(error))
        return
    yield _context(client, key)
    yield _tool_call(first, client, most)
    yield _speed(first)
    if first.message is not None and first.message.calls:
        yield from _second(client, first, replace(sampling, thinking=True, max_tokens=512))


def _first(client: ChatClient, request: Request) -> Reply:
    """The first turn; calls as text are tried as well where a server passes over the tools that it is given."""
    reply = client.reply(request)
    if reply.runnable or reply.ending is Ending.CUT or client.capabilities.tools is Tools.TEXT:
        return reply
    client.use(Tools.TEXT)
    again = client.reply(request)
    if again.runnable:
        return again
    client.use(Tools.NATIVE)
    return reply


def _context(client: ChatClient, key: str) -> Check:
    known = client.capabilities
    context = known.context or reported_context(known, key)
    flags = context_flags(known.dialect)
    if context is None:
        remedy = f"say it: context = {CONTEXT} in [[tool.tdad.models]]; make it so: {flags}"
        return Check("context", Health.POOR, "the server does not say how much it has", remedy)
    if context < LEAST_CONTEXT:
        return Check("context", Health.BAD, f"{context:,} tokens", f"start it with {flags}")
    if context < CONTEXT:
        return Check("context", Health.POOR, f"{context:,} tokens", f"better: {flags}")
    return Check("context", Health.GOOD, f"{context:,} tokens")


def _tool_call(reply: Reply, client: ChatClient, most: int) -> Check:
    flags = tool_flags(client.capabilities.dialect)
    calls = reply.message.calls if reply.message else ()
    if reply.ending is Ending.CUT:
        what = f"the model did not come to an end within {most:,} tokens"
        return Check("tool call", Health.POOR, what, "a larger model, or less quantisation")
    if not reply.runnable:
        problem = calls[0].problem if calls else f"no call ({reply.ending})"
        return Check("tool call", Health.BAD, problem, f"start it with {flags}")
    if client.capabilities.tools is Tools.TEXT:
        remedy = f'better: {flags}; else tools = "text" in [[tool.tdad.models]]'
        return Check("tool call", Health.POOR, "as text; the server has no tools", remedy)
    if any(event.kind == "salvage" for event in reply.events):
        what = "the server left the call in the text; it was read from there"
        return Check("tool call", Health.POOR, what, f"better: {flags}")
    text = str(reply.runnable[0].arguments.get("text", ""))
    if text.strip("\n") != PAYLOAD:
        what = f"the value came back changed: {_first_difference(text.strip(chr(10)))}"
        return Check("tool call", Health.POOR, what, "a larger model, or less quantisation")
    return Check("tool call", Health.GOOD, 'several lines with <, & and " came back unchanged')


def _first_difference(text: str) -> str:
    for at, (wanted, got) in enumerate(zip(PAYLOAD, text, strict=False)):
        if wanted != got:
            return f"{text[at : at + 12]!r} for {PAYLOAD[at : at + 12]!r}"
    return f"{len(text)} characters for {len(PAYLOAD)}"


def _speed(reply: Reply) -> Check:
    seconds = reply.seconds - (reply.first_token_s or 0.0)
    rate = reply.usage.completion / max(seconds, 0.001)
    counted = " (our estimate)" if reply.usage.estimated else ""
    found = f"{rate:,.0f} tokens/s{counted}"
    if rate < SLOW and reply.usage.completion >= 16:
        remedy = "a smaller model or quantisation, or more --time for tdad fix"
        return Check("speed", Health.POOR, found, remedy)
    return Check("speed", Health.GOOD, found)


def _second(client: ChatClient, first: Reply, sampling: Sampling) -> Iterator[Check]:
    """A second turn, with thinking: the server has to read its own call back, and to tell thoughts from text."""
    assert first.message is not None
    answers = tuple(result(call, call.problem or "Noted.") for call in first.message.calls)
    messages: tuple[Message, ...] = (*first.sent, first.message, *answers)
    try:
        second = client.reply(Request(messages, (NOTE,), sampling))
    except TdadError as error:
        yield Check("second turn", Health.BAD, str(error))
        return
    if second.ending is Ending.UNPARSED:
        remedy = f"start it with {tool_flags(client.capabilities.dialect)}"
        yield Check("second turn", Health.BAD, "the server cannot read its model", remedy)
        return
    cached = second.usage.cached
    found = "the server reads its own call back"
    if cached is not None:
        found += f"; {cached:,} of {second.usage.prompt:,} tokens came from its cache"
    yield Check("second turn", Health.GOOD, found)
    yield _thoughts(second, client)


def _thoughts(reply: Reply, client: ChatClient) -> Check:
    known = client.capabilities
    if any(event.detail == THOUGHTS_IN_TEXT for event in reply.events):
        remedy = f"better: {reasoning_flags(known.dialect)}"
        return Check("thinking", Health.POOR, "thoughts come as text", remedy)
    thought = reply.message is not None and reply.message.reasoning
    where = f"in a field of its own ({known.reasoning_field})" if thought else "none seen"
    return Check("thinking", Health.GOOD, where)

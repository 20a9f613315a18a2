"""A raw answer → the model's turn. Pure: salvage, repair, check, and say what kind of turn it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tdad.agent.chat import arguments, salvage, thinking
from tdad.agent.chat.assemble import RawCall, RawReply
from tdad.agent.chat.facts import Ending, Event, Message, Request, Role, ToolCall, ToolSpec

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]*")

NUDGE_TEXT = (
    "You wrote what you are going to do, but called no tool, so nothing happened. Call a tool now."
)
NUDGE_EMPTY = "Your reply was empty. Call a tool now."
NUDGE_DRIFT = (
    "Your reply has a tool call that is not written as one, so nothing was run. Call the tool itself, with all its"
    " parameters."
)
CUT = (
    "Your reply was cut at {tokens} tokens before the tool call was complete; nothing was executed. Send a smaller"
    " edit."
)
CUT_TEXT = "Your reply was cut at {tokens} tokens. Think less and call a tool."
UNPARSED = (
    "The server could not read the tool call in your last reply ({why}); nothing was run. Send the call again, every"
    " parameter closed, nothing after it."
)
THOUGHTS_IN_TEXT = "thoughts taken out of the text"
RUNAWAY = "Your last reply repeated itself and was broken off. Decide, and call a tool."


@dataclass(frozen=True, slots=True)
class Turn:
    """What the model did."""

    message: Message
    ending: Ending
    feedback: str
    events: tuple[Event, ...]
    drift: bool = False


def turn_of(raw: RawReply, request: Request, max_tokens: int) -> Turn:
    """The turn that ``raw`` is, as an answer to ``request`` of which ``max_tokens`` were allowed."""
    tools = request.tools
    text, reasoning = thinking.split(raw.text, raw.reasoning)
    cut = raw.finish == "length"
    events: list[Event] = []
    if len(text) < len(raw.text):
        events.append(Event("repair", THOUGHTS_IN_TEXT))
    calls, drift = list(raw.calls), False
    if not calls and tools and not cut:
        found, reasoning = _written(text, reasoning, tools)
        text, drift, calls = found.text, found.drift, list(found.calls)
        if calls:
            events.append(Event("salvage", f"{len(calls)} calls read out of the text"))
    made = _calls(calls, request, max_tokens if cut else None)
    events += [event for _, repairs in made for event in repairs]
    done = tuple(call for call, _ in made)
    message = Message(Role.ASSISTANT, text.strip("\n"), reasoning.strip("\n"), done)
    ending = _ending(message, cut=cut, drift=drift)
    feedback = _feedback(ending, max_tokens, calls=bool(done))
    return Turn(message, ending, feedback, tuple(events), drift)


def _written(text: str, reasoning: str, tools: Sequence[ToolSpec]) -> tuple[salvage.Found, str]:
    """(calls in the text, else at the end of the thoughts; the thoughts without them)."""

    def known(name: str) -> bool:
        return find(name, tools) is not None

    found = salvage.calls_in(text, known)
    if found.calls or text.strip():
        return found, reasoning
    thought = salvage.call_at_end(reasoning, known)
    if not thought.calls:
        return found, reasoning
    return replace(thought, text=text), thought.text


def find(name: str, tools: Sequence[ToolSpec]) -> ToolSpec | None:
    """The tool that a model means by ``name``: ``functions.Read`` and ``read </parameter`` are ``read``."""
    plain = _safe_name(name).rpartition(".")[2].lower()
    for tool in tools:
        if plain in {tool.name.lower(), *(alias.lower() for alias in tool.aliases)}:
            return tool
    return None


def _calls(
    raw: Sequence[RawCall], request: Request, cut_at: int | None
) -> list[tuple[ToolCall, list[Event]]]:
    """Each call with what was put right in it; ids are there, and unique in the conversation."""
    made: list[tuple[ToolCall, list[Event]]] = []
    ids = {call.id for message in request.messages for call in message.calls}
    number = len(request.messages)
    for at, call in enumerate(raw):
        identity = call.id if call.id and call.id not in ids else f"call_{number}_{at}"
        ids.add(identity)
        # A call before the one that was cut is whole, and may still be half of a plan: none of them runs.
        if cut_at is not None:
            name = _safe_name(call.name)
            made.append((ToolCall(identity, name, {}, CUT.format(tokens=cut_at)), []))
        else:
            made.append(_checked(identity, call, request.tools))
    return made


def _checked(
    identity: str, call: RawCall, tools: Sequence[ToolSpec]
) -> tuple[ToolCall, list[Event]]:
    tool = find(call.name, tools)
    if tool is None:
        names = ", ".join(each.name for each in tools) or "none"
        name = _safe_name(call.name)
        problem = f"There is no tool {name}. The tools are: {names}."
        return ToolCall(identity, name, {}, problem), []
    read = arguments.fit(arguments.read(call.arguments), tool)
    events = [Event("repair", f"{tool.name}: {repair}") for repair in read.repairs]
    if tool.name != call.name:
        events.append(Event("repair", f"{_safe_name(call.name)} taken for {tool.name}"))
    if read.problem:
        problem = f"Not run: {read.problem}."
        return ToolCall(identity, tool.name, {}, problem), events
    return ToolCall(identity, tool.name, dict(read.values)), events


def _safe_name(name: str) -> str:
    match = _NAME.match(name.strip())
    return match[0][:64] if match else "unknown"


def _ending(message: Message, *, cut: bool, drift: bool) -> Ending:
    if cut:
        return Ending.CUT
    if any(not call.problem for call in message.calls):
        return Ending.CALLS
    if message.calls or drift:
        return Ending.MALFORMED
    return Ending.TEXT if message.text.strip() else Ending.EMPTY


def _feedback(ending: Ending, max_tokens: int, *, calls: bool) -> str:
    if calls:
        return ""  # each call is answered with its problem
    match ending:
        case Ending.CUT:
            return CUT_TEXT.format(tokens=max_tokens)
        case Ending.MALFORMED:
            return NUDGE_DRIFT
        case Ending.EMPTY:
            return NUDGE_EMPTY
        case _:
            return NUDGE_TEXT


def is_whole(raw: RawReply) -> bool:
    """Tell whether a stream brought what it began: calls whose arguments can be read, or an end that says why not."""
    if raw.finish == "length":
        return True
    return all(not arguments.read(call.arguments).problem and call.name for call in raw.calls)

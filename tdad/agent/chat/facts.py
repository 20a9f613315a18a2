"""What a conversation consists of. Frozen values; tokens are the server's, times are seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Any


@unique
class Role(StrEnum):
    """Who says a message."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool that the model may call."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    """JSON schema of an object."""
    aliases: tuple[str, ...] = ()
    """Names under which models call it although they were told the right one."""
    one_line: frozenset[str] = frozenset()
    """Parameters that are never more than one line: newlines around their value are the format's, not the model's."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the model made. With a ``problem`` it must not run: its answer is the problem."""

    id: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""
    """What is wrong with it, said to the model; empty when it may run."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the conversation."""

    role: Role
    text: str = ""
    reasoning: str = ""
    """Of the assistant; sent back where the server's template reads it."""
    calls: tuple[ToolCall, ...] = ()
    """Of the assistant."""
    call_id: str = ""
    """Of a tool: the call that it answers."""
    tool: str = ""
    """Of a tool: its name."""


def system(text: str) -> Message:
    """The first message; there is never a second one of its kind (templates of Qwen refuse it)."""
    return Message(Role.SYSTEM, text)


def user(text: str) -> Message:
    """A message of the user."""
    return Message(Role.USER, text)


def result(call: ToolCall, text: str) -> Message:
    """The answer to ``call``."""
    return Message(Role.TOOL, text, call_id=call.id, tool=call.name)


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the server picks tokens. The defaults are Qwen's own for precise coding (model card of Qwen3.6-35B-A3B)."""

    temperature: float = 0.6
    top_p: float = 0.95
    top_k: int = 20
    min_p: float = 0.0
    presence_penalty: float = 0.0
    repetition_penalty: float = 1.0
    thinking: bool = True
    seed: int | None = None
    max_tokens: int = 16_384
    """Of one answer, thoughts included. 8,192 is enough without thinking."""


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that decides the next message."""

    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    sampling: Sampling = Sampling()


@dataclass(frozen=True, slots=True)
class Limits:
    """When to stop waiting. ``unit_s`` scales every pause, so that a test need not wait."""

    connect_s: float = 5.0
    call_s: float = 300.0
    """One answer, from sending to its end, whatever trickles in between."""
    idle_s: float = 180.0
    """Between two events of a stream, once the first one came. Keep-alive comments are no events."""
    loading_s: float = 180.0
    """A server that says it is loading its model."""
    gone_s: float = 60.0
    """A server that answered before and now refuses connections."""
    retry_after_s: float = 120.0
    """The longest Retry-After that is honoured."""
    unit_s: float = 0.5
    """The first pause before a repetition; doubled each time."""
    thought_chars: int = 24_000
    """Thinking without a word of answer after which it is taken for endless."""
    least_answer: int = 256
    """Tokens: less room than this for an answer and the conversation has to shrink."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer."""

    prompt: int
    completion: int
    cached: int | None = None
    """Part of the prompt that the server had in its cache; ``None`` when it does not say."""
    reasoning: int | None = None
    """Part of the completion that was thinking; ``None`` when it does not say."""
    estimated: bool = False
    """The server said nothing: these are ours."""

    @property
    def total(self) -> int:
        """Prompt and completion."""
        return self.prompt + self.completion


@dataclass(frozen=True, slots=True)
class TokenCount:
    """How many tokens something has, and who says so."""

    tokens: int
    exact: bool
    by: str
    """``llama.cpp /tokenize``, ``vllm /tokenize`` or ``estimate``."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that the client did on its own, for the trajectory and for people who wait."""

    kind: str
    """``retry``, ``wait``, ``shrink``, ``salvage``, ``repair``, ``adapt``, ``learn``, ``abort`` or ``estimate``."""
    detail: str


@unique
class Ending(StrEnum):
    """What kind of turn the model made."""

    CALLS = "calls"
    """At least one call may run."""
    TEXT = "text"
    """Words and no call. Never an end of the work by itself."""
    EMPTY = "empty"
    """Nothing, or only thoughts, twice in a row."""
    CUT = "cut"
    """Stopped by the limit of tokens in the middle; nothing of it may run."""
    MALFORMED = "malformed"
    """Calls, and none of them may run; or something that was meant as a call."""
    UNPARSED = "unparsed"
    """The server could not read what its model wrote; there is no message."""
    RUNAWAY = "runaway"
    """The same words over and over, or thoughts without end; the answer was broken off."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The model's turn."""

    message: Message | None
    """To append to the conversation; ``None`` when the turn is better forgotten (then only ``feedback`` goes in)."""
    ending: Ending
    feedback: str
    """What to tell the model where no call is there to be answered; empty after calls."""
    sent: tuple[Message, ...]
    """The conversation as it was sent: shorter than asked for when it had to shrink."""
    usage: Usage
    """Of this turn."""
    spent: int
    """Tokens of all attempts that it took, this one included; for budgets."""
    finish: str
    """The server's finish_reason, as it came."""
    events: tuple[Event, ...] = ()
    seconds: float = 0.0
    first_token_s: float | None = None
    """``None`` without streaming."""

    @property
    def runnable(self) -> tuple[ToolCall, ...]:
        """The calls that may run, in order."""
        calls = self.message.calls if self.message else ()
        return tuple(call for call in calls if not call.problem)

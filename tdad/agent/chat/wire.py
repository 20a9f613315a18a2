"""A request as the server gets it: OpenAI's messages, this server's extra fields, or the text protocol. Pure.

Whatever the model did, what is sent is valid: calls carry JSON objects, and each is answered. One cut call in the
history would otherwise be refused for ever (vllm#47761, llama.cpp#22072, llama.cpp#25510).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tdad.agent.chat.capabilities import Capabilities, Tools
from tdad.agent.chat.dialects import MANNERS, extra_body
from tdad.agent.chat.facts import Message, Request, Role, ToolCall, ToolSpec

OPTIONAL = (
    "chat_template_kwargs",
    "reasoning_effort",
    "repetition_penalty",
    "repeat_penalty",
    "cache_prompt",
    "presence_penalty",
    "stream_options",
    "min_p",
    "top_k",
    "top_p",
    "seed",
)
"""Fields that may be left out when a server refuses them, by name."""


ONLY_IF_NAMED = ("temperature", "max_tokens")
"""Fields that are left out only when a server names them: some remote models have their own ways."""


def encode(request: Request, capabilities: Capabilities, max_tokens: int) -> dict[str, Any]:
    """The arguments of ``chat.completions.create``, without those about streaming and time."""
    sampling = request.sampling
    native = capabilities.tools is Tools.NATIVE
    fields: dict[str, Any] = {
        "model": capabilities.model,
        "messages": messages_of(request, capabilities),
        "max_tokens": max_tokens,
        "temperature": round(sampling.temperature, 3),
        "top_p": sampling.top_p,
        "presence_penalty": sampling.presence_penalty,
    }
    if sampling.seed is not None:
        fields["seed"] = sampling.seed
    if request.tools and native:  # vLLM refuses an empty list
        fields["tools"] = [tool_of(tool) for tool in request.tools]
    extra = extra_body(capabilities.dialect, sampling)
    if "max_tokens" in capabilities.dropped:
        fields["max_completion_tokens"] = max_tokens
    for name in capabilities.dropped:
        fields.pop(name, None)
        extra.pop(name, None)
    return {**fields, "extra_body": extra} if extra else fields


def optional_fields(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of what :func:`encode` put in and may leave out."""
    names = {*fields, *fields.get("extra_body", {})}
    return tuple(name for name in OPTIONAL if name in names)


def parts(
    request: Request, capabilities: Capabilities
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(messages, tools) as they are sent: what a template makes a prompt of."""
    native = capabilities.tools is Tools.NATIVE
    tools = [tool_of(tool) for tool in request.tools] if native else []
    return messages_of(request, capabilities), tools


def messages_of(request: Request, capabilities: Capabilities) -> list[dict[str, Any]]:
    """The conversation; calls and results as text where the server has no tools."""
    messages = answered(request.messages)
    if capabilities.tools is Tools.TEXT and request.tools:
        return _as_text(messages, request.tools)
    field = capabilities.reasoning_field or MANNERS[capabilities.dialect].reasoning_field
    return [_native(message, field) for message in messages]


def answered(messages: Iterable[Message]) -> list[Message]:
    """The messages, with an answer to each call that has none: a template counts on it."""
    done: list[Message] = []
    open_: dict[str, ToolCall] = {}
    for message in messages:
        if message.role is not Role.TOOL:
            done += [_not_run(call) for call in open_.values()]
            open_ = {call.id: call for call in message.calls}
        else:
            open_.pop(message.call_id, None)
        done.append(message)
    return done + [_not_run(call) for call in open_.values()]


def _not_run(call: ToolCall) -> Message:
    text = call.problem or "This call was not run."
    return Message(Role.TOOL, text, call_id=call.id, tool=call.name)


def _native(message: Message, reasoning_field: str) -> dict[str, Any]:
    if message.role is Role.TOOL:
        return {"role": "tool", "tool_call_id": message.call_id, "content": message.text}
    encoded: dict[str, Any] = {"role": str(message.role), "content": message.text}
    if message.role is Role.ASSISTANT:
        if message.reasoning and reasoning_field:
            encoded[reasoning_field] = message.reasoning
        if message.calls:
            encoded["tool_calls"] = [_call(call) for call in message.calls]
    return encoded


def _call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": json.dumps(arguments_of(call), ensure_ascii=False)}
    return {"id": call.id, "type": "function", "function": function}


def arguments_of(call: ToolCall) -> Mapping[str, Any]:
    """The arguments to show in the history: those of a call that was not understood are not repeated."""
    if call.problem and not call.arguments:
        return {"_malformed": True, "error": call.problem}
    return dict(call.arguments)


def tool_of(tool: ToolSpec) -> dict[str, Any]:
    """The tool as the protocol describes it; ``properties`` is there even when empty (ollama wants it)."""
    parameters = {"type": "object", "properties": {}, **tool.parameters}
    function = {"name": tool.name, "description": tool.description, "parameters": parameters}
    return {"type": "function", "function": function}


TEXT_PROTOCOL = """\
# Tools

You can call these tools:

<tools>
{tools}
</tools>

To call one, end your reply with exactly this, and nothing after it:

<tool_call>
<function=NAME>
<parameter=PARAMETER>
value
</parameter>
</function>
</tool_call>

One call in each reply. The answer comes in <tool_response>."""


def _as_text(messages: Sequence[Message], tools: Sequence[ToolSpec]) -> list[dict[str, Any]]:
    described = "\n".join(json.dumps(tool_of(tool), ensure_ascii=False) for tool in tools)
    head = TEXT_PROTOCOL.format(tools=described)
    encoded: list[dict[str, Any]] = []
    if not messages or messages[0].role is not Role.SYSTEM:
        encoded.append({"role": "system", "content": head})
    for message in messages:
        match message.role:
            case Role.SYSTEM:
                encoded.append({"role": "system", "content": f"{message.text}\n\n{head}"})
            case Role.TOOL:
                _append_user(encoded, f"<tool_response>\n{message.text}\n</tool_response>")
            case Role.USER:
                _append_user(encoded, message.text)
            case Role.ASSISTANT:
                parts = [message.text, *map(call_as_text, message.calls)]
                text = "\n\n".join(part for part in parts if part)
                encoded.append({"role": "assistant", "content": text})
    return encoded


def _append_user(encoded: list[dict[str, Any]], text: str) -> None:
    """One user message for what comes in a row: many templates want the roles to alternate."""
    if encoded and encoded[-1]["role"] == "user":
        encoded[-1]["content"] += f"\n\n{text}"
    else:
        encoded.append({"role": "user", "content": text})


def call_as_text(call: ToolCall) -> str:
    """A call in Qwen's layout."""
    values = "".join(
        f"<parameter={name}>\n{value if isinstance(value, str) else json.dumps(value)}\n</parameter>\n"
        for name, value in arguments_of(call).items()
    )
    return f"<tool_call>\n<function={call.name}>\n{values}</function>\n</tool_call>"

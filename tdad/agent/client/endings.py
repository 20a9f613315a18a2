"""Trouble that ends the work → the error that says what to change, and where. Pure."""

from __future__ import annotations

from tdad.agent.chat.capabilities import Capabilities
from tdad.agent.chat.trouble import Kind, Trouble
from tdad.agent.servers.advice import context_flags, start_command, tool_flags
from tdad.agent.servers.names import nearest, with_v1
from tdad.errors import (
    BaseUrlWrong,
    ContextExhausted,
    ModelNotServed,
    ModelTooSlow,
    PromptTruncated,
    RateLimited,
    RequestRejected,
    ServerBadAnswer,
    ServerRefusesKey,
    ServerUnreachable,
    TdadError,
    TemplateRefused,
    ToolsUnusable,
)


def error_for(trouble: Trouble, server: Capabilities) -> TdadError:  # noqa: PLR0911 - one per kind
    """The error to raise when nothing more can be done about ``trouble``."""
    url, said = server.base_url, trouble.text
    match trouble.kind:
        case Kind.OVERFLOW:
            return exhausted(server, trouble.context)
        case Kind.REFUSED | Kind.DROPPED | Kind.LOADING:
            return ServerUnreachable(url, said, start_command(server.dialect))
        case Kind.IDLE | Kind.DEADLINE:
            return ModelTooSlow(url, said)
        case Kind.KEY:
            return ServerRefusesKey(url, said)
        case Kind.MODEL:
            return ModelNotServed(url, server.model, nearest(server.model, server.models))
        case Kind.ADDRESS:
            return BaseUrlWrong(url, with_v1(url))
        case Kind.RATE:
            return RateLimited(url, trouble.retry_after_s)
        case Kind.TEMPLATE:
            return TemplateRefused(url, said)
        case Kind.CAPABILITY:
            return ToolsUnusable(url, said, tool_flags(server.dialect))
        case Kind.REJECTED:
            return RequestRejected(url, trouble.status or 0, said)
        case _:
            return ServerBadAnswer(url, said)


def exhausted(server: Capabilities, context: int | None = None) -> ContextExhausted:
    """The error for a conversation that does not fit; ``context`` is what the server named last."""
    size = context or server.context or 0
    return ContextExhausted(server.base_url, size, context_flags(server.dialect))


def truncated(server: Capabilities, counted: int, expected: int) -> PromptTruncated:
    """The error for a prompt of which the server read only a part."""
    return PromptTruncated(server.base_url, counted, expected, context_flags(server.dialect))

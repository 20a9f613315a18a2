"""Messages and replies as JSON, for trajectories and for going on after a stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tdad.agent.chat.facts import Message, Reply, Role, ToolCall


def message_document(message: Message) -> dict[str, Any]:
    """``message`` without its empty fields."""
    return {name: value for name, value in asdict(message).items() if value or name == "role"}


def message_of(document: Mapping[str, Any]) -> Message:
    """The inverse of :func:`message_document`."""
    calls = tuple(ToolCall(**call) for call in document.get("calls", ()))
    return Message(**{**document, "role": Role(document["role"]), "calls": calls})


def reply_document(reply: Reply) -> dict[str, Any]:
    """``reply`` without the conversation that was sent, which the messages before it make up."""
    document = asdict(reply)
    del document["sent"]
    document["message"] = message_document(reply.message) if reply.message else None
    return document

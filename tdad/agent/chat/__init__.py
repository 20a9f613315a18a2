"""A conversation with a model: facts, the :class:`ChatModel` protocol, and all that is pure about it.

The message list is the whole state: ``reply(request)`` takes all of it and gives the next message.
"""

from tdad.agent.chat.facts import (
    Ending,
    Event,
    Limits,
    Message,
    Reply,
    Request,
    Role,
    Sampling,
    TokenCount,
    ToolCall,
    ToolSpec,
    Usage,
)
from tdad.agent.chat.model import ChatModel, Shrink, Watch

__all__ = [
    "ChatModel",
    "Ending",
    "Event",
    "Limits",
    "Message",
    "Reply",
    "Request",
    "Role",
    "Sampling",
    "Shrink",
    "TokenCount",
    "ToolCall",
    "ToolSpec",
    "Usage",
    "Watch",
]

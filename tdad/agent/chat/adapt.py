"""What to leave out when a server does not know something. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tdad.agent.chat.capabilities import Capabilities, Tools
from tdad.agent.chat.wire import ONLY_IF_NAMED, optional_fields

_TOOLS = re.compile(r"tool|json schema|grammar|--jinja", re.IGNORECASE)
_THINKING = re.compile(r"think value|does not support thinking", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Adapted:
    """What the server gets from now on."""

    dropped: tuple[str, ...]
    tools: Tools
    why: str


def without(server: Capabilities, said: str, fields: Mapping[str, Any]) -> Adapted | None:
    """The next thing to leave out of ``fields`` after the server ``said`` that it does not know something.

    What it names; else, where it is about tools, the protocol of tools; else all that is optional. ``None``: nothing
    is left.
    """
    optional = optional_fields(fields)
    if "stream_options" not in server.dropped and server.stream:
        optional += ("stream_options",)
    refused = _named(said, (*optional, *ONLY_IF_NAMED))
    refused = tuple(name for name in refused if name not in server.dropped)
    if refused:
        return _dropping(server, refused)
    if _TOOLS.search(said) and server.tools is Tools.NATIVE and "tools" in fields:
        return Adapted(server.dropped, Tools.TEXT, "calls as text: the server has no tools")
    return _dropping(server, optional) if optional else None


def _named(said: str, optional: tuple[str, ...]) -> tuple[str, ...]:
    if _THINKING.search(said):
        about = ("reasoning_effort", "chat_template_kwargs")
        return tuple(name for name in about if name in optional)
    return tuple(name for name in optional if re.search(rf"\b{re.escape(name)}\b", said))


def _dropping(server: Capabilities, names: tuple[str, ...]) -> Adapted:
    dropped = tuple(sorted({*server.dropped, *names}))
    return Adapted(dropped, server.tools, f"the server does not know {', '.join(names)}")

"""Answers recorded from four real servers: one JSON object a line, as raw as they came.

Of long streams the middle was left out when they were recorded (``... 25 more ...``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tdad.agent.chat import Message, Request, Role, Sampling, ToolCall, ToolSpec
from tdad.agent.chat.assemble import text_of
from tdad.agent.chat.capabilities import Dialect
from tests.servers.answers import Body, Drop, Stream

FOLDER = Path(__file__).parent / "recorded"
DIALECTS = {
    "llama.cpp": Dialect.LLAMA_CPP,
    "vllm": Dialect.VLLM,
    "llama-cpp-python": Dialect.UNKNOWN,
    "transformers-serve": Dialect.UNKNOWN,
}


@dataclass(frozen=True)
class Recording:
    """One exchange with a server."""

    server: str
    name: str
    fields: dict[str, Any]

    @property
    def path(self) -> str:
        return str(self.fields["path"])

    @property
    def streamed(self) -> bool:
        return "sse" in self.fields or bool(self._asked.get("stream"))

    @property
    def _asked(self) -> dict[str, Any]:
        asked = self.fields["request"]
        if isinstance(asked, dict) and asked.get("_truncated"):
            return {"stream": '"stream": true' in asked["tail"]}
        return asked if isinstance(asked, dict) else {}

    def answer(self) -> Body | Stream | Drop:
        """What the server said; nothing, where the recorder had to leave before it came."""
        fields = self.fields
        if not fields["status"]:
            return Drop()
        headers = {
            name: value for name, value in fields["headers"].items() if name != "content-length"
        }
        if "sse" in fields:
            events = fields["sse"]
            done = any(event.strip() == "data: [DONE]" for event in events)
            kept = [each for each in events if each.startswith("data: {")]
            return Stream(kept, done=done, drop="aborted_after" in fields, headers=headers)
        body = fields.get("body", fields.get("body_text", ""))
        return Body(body, fields["status"], headers)

    def request(self) -> Request:
        """What we would have asked: the same conversation and tools, as far as they make sense to us."""
        asked = self._asked
        raw = asked.get("messages")
        found = map(_message, raw if isinstance(raw, list) else ())
        messages = tuple(each for each in found if each is not None)
        tools = tuple(filter(None, map(_tool, asked.get("tools") or ())))
        return Request(
            messages or (Message(Role.USER, "Hello."),), tools, Sampling(max_tokens=160)
        )


def _message(raw: Any) -> Message | None:
    if not isinstance(raw, dict) or raw.get("role") not in set(Role):
        return None
    calls = tuple(
        ToolCall(call.get("id", ""), call["function"]["name"])
        for call in raw.get("tool_calls") or ()
    )
    text = text_of(raw.get("content"))
    return Message(Role(raw["role"]), text, calls=calls, call_id=raw.get("tool_call_id", ""))


def _tool(raw: dict[str, Any]) -> ToolSpec | None:
    function = raw.get("function")
    if not function:
        return None
    parameters = function.get("parameters", {})
    return ToolSpec(function["name"], function.get("description", ""), parameters)


def recordings(server: str) -> Iterator[Recording]:
    """All of one server, in order."""
    for line in (FOLDER / f"{server}.jsonl").read_text(encoding="utf-8").splitlines():
        fields = json.loads(line)
        yield Recording(server, fields["name"], fields)


def one(server: str, name: str) -> Recording:
    """The one of that name."""
    return next(each for each in recordings(server) if each.name == name)

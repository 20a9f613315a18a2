"""How each server dresses a turn: field names, first deltas, ids, usage; from recorded bodies and documentation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.servers.answers import Body, Json, Says, Seen, Stream

MODEL = "qwen3.6-35b-a3b"


@dataclass(frozen=True)
class Dialect:
    """One server."""

    name: str
    server: str = "uvicorn"
    """Its ``Server`` header."""
    reasoning: str = "reasoning_content"
    pages: Mapping[str, Json] = field(default_factory=dict)
    """GET path → JSON."""
    call_id: str = "call_{n}"
    no_content: str | None = ""
    """``message.content`` beside a call."""
    first: Mapping[str, Any] = field(default_factory=lambda: {"role": "assistant", "content": ""})
    pieces: int = 12
    """Characters in a delta."""
    usage_always: bool = False
    """Streams usage without being asked."""
    empty_calls: bool = False
    """``tool_calls: []`` in every message (lmstudio#1318)."""

    def render(self, says: Says, seen: Seen) -> Body | Stream:
        headers = {"Server": self.server}
        if not seen.streams:
            return Body(self._whole(says, seen), headers=headers)
        return Stream(list(self._events(says, seen)), headers=headers)

    def _finish(self, says: Says) -> str:
        return says.finish or ("tool_calls" if says.calls else "stop")

    def _calls(self, says: Says) -> list[dict[str, Any]]:
        return [
            {
                "id": self.call_id.format(n=number),
                "type": "function",
                "function": {
                    "name": name,
                    "arguments": given if isinstance(given, str) else json.dumps(given),
                },
            }
            for number, (name, given) in enumerate(says.calls)
        ]

    def _usage(self, says: Says, seen: Seen) -> dict[str, Any]:
        prompt = says.prompt_tokens
        if prompt is None:
            prompt = len(json.dumps(seen.json["messages"])) // 4
        said = len(says.text + says.reasoning + json.dumps(says.calls)) // 4
        usage = {"prompt_tokens": prompt, "completion_tokens": said, "total_tokens": prompt + said}
        if self.name == "llama.cpp":
            return {**usage, "prompt_tokens_details": {"cached_tokens": prompt // 2}}
        return usage

    def _whole(self, says: Says, seen: Seen) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": says.text}
        if says.reasoning:
            message[self.reasoning] = says.reasoning
        if says.calls or self.empty_calls:
            message["tool_calls"] = self._calls(says)
        if says.calls and not says.text:
            message["content"] = self.no_content
        choice = {"index": 0, "message": message, "finish_reason": self._finish(says)}
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": seen.json["model"],
            "choices": [choice],
            "usage": self._usage(says, seen),
        }

    def _events(self, says: Says, seen: Seen) -> Iterator[dict[str, Any]]:
        yield self._chunk(seen, dict(self.first))
        for piece in self._cut(says.reasoning):
            yield self._chunk(seen, {self.reasoning: piece})
        for piece in self._cut(says.text):
            yield self._chunk(seen, {"content": piece})
        for index, call in enumerate(self._calls(says)):
            function = call["function"]
            head = {**call, "index": index, "function": {"name": function["name"]}}
            if self.name == "llama.cpp":
                head["function"]["arguments"] = ""
            yield self._chunk(seen, {"tool_calls": [head]})
            for piece in self._cut(function["arguments"]):
                delta = {"index": index, "function": {"arguments": piece}}
                yield self._chunk(seen, {"tool_calls": [delta]})
        yield self._chunk(seen, {}, self._finish(says))
        asked = (seen.json.get("stream_options") or {}).get("include_usage")
        if asked or self.usage_always:
            last = self._chunk(seen, {})
            yield {**last, "choices": [], "usage": self._usage(says, seen)}

    def _cut(self, text: str) -> Iterator[str]:
        for at in range(0, len(text), self.pieces):
            yield text[at : at + self.pieces]

    def _chunk(
        self, seen: Seen, delta: dict[str, Any], finish: str | None = None
    ) -> dict[str, Any]:
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": seen.json["model"],
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        }


def _models(**fields: Any) -> dict[str, Any]:
    return {"object": "list", "data": [{"id": MODEL, "object": "model", **fields}]}


VLLM = Dialect(
    "vllm",
    reasoning="reasoning",
    call_id="chatcmpl-tool-{n:016x}",
    no_content=None,
    pages={
        "/v1/models": _models(owned_by="vllm", max_model_len=32768),
        "/version": {"version": "0.19.1"},
    },
)
SGLANG = Dialect(
    "sglang",
    call_id="call_{n:024x}",
    no_content=None,
    pages={
        "/v1/models": _models(owned_by="sglang", max_model_len=40960),
        "/get_model_info": {"model_path": "Qwen/Qwen3.6-35B-A3B", "is_generation": True},
        "/get_server_info": {"version": "0.5.10", "context_length": 40960},
    },
)
LLAMA_CPP = Dialect(
    "llama.cpp",
    server="llama.cpp",
    call_id="Xk3pQ9{n:026x}",
    first={"role": "assistant", "content": None},
    pages={
        "/v1/models": _models(owned_by="llamacpp", meta={"n_ctx": 32768, "n_ctx_train": 262144}),
        "/props": {
            "default_generation_settings": {"n_ctx": 32768},
            "total_slots": 1,
            "build_info": "b11549-0123abc",
        },
        "/health": {"status": "ok"},
    },
)
OLLAMA = Dialect(
    "ollama",
    server="",
    reasoning="reasoning",
    call_id="call_{n:08x}",
    usage_always=False,
    pages={
        "/v1/models": _models(owned_by="library"),
        "/api/version": {"version": "0.32.15"},
        "/api/ps": {"models": [{"name": MODEL, "model": MODEL, "context_length": 32768}]},
    },
)
LM_STUDIO = Dialect(
    "lmstudio",
    server="",
    call_id="{n:09d}",
    empty_calls=True,
    pages={
        "/v1/models": _models(owned_by="organization_owner"),
        "/api/v0/models": {
            "object": "list",
            "data": [
                {
                    "id": MODEL,
                    "object": "model",
                    "type": "llm",
                    "state": "loaded",
                    "max_context_length": 262144,
                    "loaded_context_length": 32768,
                }
            ],
        },
    },
)
MLX = Dialect(
    "mlx",
    server="BaseHTTP/0.6 Python/3.12.8",
    pages={"/v1/models": _models(), "/health": {"status": "ok"}},
)

ALL = (VLLM, SGLANG, LLAMA_CPP, OLLAMA, LM_STUDIO, MLX)

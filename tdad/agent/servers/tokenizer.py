"""Counting with the server's own tokenizer, where it has an endpoint for that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tdad.agent.chat.capabilities import Capabilities, Dialect
from tdad.agent.servers.http import ask, root_of

TIMEOUT_S = 10.0


def count_tokens(
    server: Capabilities,
    key: str,
    messages: Sequence[dict[str, Any]],
    tools: Sequence[dict[str, Any]],
) -> int | None:
    """Tokens of a conversation as the server's template renders it; ``None`` when it does not say."""
    root = root_of(server.base_url)
    request: dict[str, Any] = {"messages": list(messages)}
    if tools:
        request["tools"] = list(tools)
    match server.dialect:
        case Dialect.VLLM:
            payload = {"model": server.model, "add_generation_prompt": True, **request}
            said = ask(f"{root}/tokenize", payload=payload, key=key, timeout_s=TIMEOUT_S)
            return _int(said.object.get("count"))
        case Dialect.LLAMA_CPP:
            said = ask(f"{root}/apply-template", payload=request, key=key, timeout_s=TIMEOUT_S)
            prompt = said.object.get("prompt")
            if not isinstance(prompt, str):
                return None
            said = ask(
                f"{root}/tokenize", payload={"content": prompt}, key=key, timeout_s=TIMEOUT_S
            )
            found = said.object.get("tokens")
            return len(found) if isinstance(found, list) else None
        case _:
            return None


def _int(value: object) -> int | None:
    return value if isinstance(value, int) else None

"""What each server understands beyond the common protocol. Pure; sources: the servers' documentation and code.

Fields that a server ignores in silence are not sent to it: they would look as if they had worked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tdad.agent.chat.capabilities import Dialect
from tdad.agent.chat.facts import Sampling


@dataclass(frozen=True, slots=True)
class Manners:
    """How to talk to one kind of server."""

    extras: tuple[str, ...] = ()
    """Sampling fields outside OpenAI's protocol that it honours."""
    template: bool = False
    """It hands ``chat_template_kwargs`` to the template."""
    effort: bool = False
    """Thinking is switched off with ``reasoning_effort``."""
    reasoning_field: str = ""
    """Where it reads and writes thoughts; empty: to be seen."""
    truncates: bool = False
    """It cuts a prompt that is too long and says nothing."""


MANNERS: Mapping[Dialect, Manners] = {
    Dialect.VLLM: Manners(
        ("top_k", "min_p", "repetition_penalty"), template=True, reasoning_field="reasoning"
    ),
    Dialect.SGLANG: Manners(
        ("top_k", "min_p", "repetition_penalty"),
        template=True,
        reasoning_field="reasoning_content",
    ),
    Dialect.LLAMA_CPP: Manners(
        ("top_k", "min_p", "repeat_penalty", "cache_prompt"),
        template=True,
        reasoning_field="reasoning_content",
    ),
    Dialect.OLLAMA: Manners(effort=True, reasoning_field="reasoning", truncates=True),
    Dialect.LM_STUDIO: Manners(("top_k", "repeat_penalty"), reasoning_field="reasoning_content"),
    Dialect.MLX: Manners(("top_k", "min_p"), template=True),
    Dialect.UNKNOWN: Manners(truncates=True),
}


def extra_body(dialect: Dialect, sampling: Sampling) -> dict[str, Any]:
    """The fields outside OpenAI's protocol for this server."""
    manners = MANNERS[dialect]
    values = {
        "top_k": sampling.top_k,
        "min_p": sampling.min_p,
        "repetition_penalty": sampling.repetition_penalty,
        "repeat_penalty": sampling.repetition_penalty,
        "cache_prompt": True,
    }
    body: dict[str, Any] = {name: values[name] for name in manners.extras}
    if manners.template:
        # preserve_thinking keeps earlier thoughts in the prompt: dropped ones would invalidate its cache at every turn.
        body["chat_template_kwargs"] = {
            "enable_thinking": sampling.thinking,
            "preserve_thinking": True,
        }
    if manners.effort and not sampling.thinking:
        body["reasoning_effort"] = "none"
    return body


def can_calm(dialect: Dialect) -> bool:
    """Tell whether thinking can be switched off by a request."""
    return MANNERS[dialect].template or MANNERS[dialect].effort

"""How a conversation begins, and how it begins anew: everything that the next message depends on is in its messages."""

from __future__ import annotations

from dataclasses import replace

from tdad.agent.chat import Message, Sampling
from tdad.agent.chat.facts import system, user
from tdad.agent.loop.plain import capped, plain

_LONGEST_DIFF = 6_000
DRIFTS = 2
"""Calls written as prose, in one conversation, after which it is begun anew: the model copies its own bad example."""
ROLLOVERS = 2
"""So often an attempt's conversation is begun anew."""
SHORT_TIME_S = 180.0
_LEAST_ANSWER = 512
"""Tokens that must be left of a budget for another turn."""


def opening(system_text: str, user_text: str) -> tuple[Message, ...]:
    """The first two messages."""
    return (system(system_text), user(user_text))


def afresh(
    first: tuple[Message, ...], diff: str, tests: str, step: int, steps: int
) -> tuple[Message, ...]:
    """The same task in a new conversation, with what the old one came to: one user message, the old prefix in front."""
    head, task = first[0], first[1]
    done = (
        f"Your edits so far:\n{capped(plain(diff), _LONGEST_DIFF)}"
        if diff
        else "Nothing was changed so far."
    )
    said = f"\n\nHow the tests stand:\n{tests}" if tests else ""
    text = f"{task.text}\n\nYou have worked on this for {step} of {steps} steps. {done}{said}"
    return (head, user(text))


def budget_line(step: int, steps: int, left_s: float) -> str:
    """What is left, for the end of an answer; the time only when it is short: it is never the same twice."""
    left = f", {max(1, round(left_s / 60))} min left" if left_s < SHORT_TIME_S else ""
    return f"[step {step} of {steps}{left}]"


def affordable(sampling: Sampling, left: int) -> Sampling | None:
    """The sampling with as many tokens as are left of a budget; ``None``: not enough for another turn."""
    if left < _LEAST_ANSWER:
        return None
    return replace(sampling, max_tokens=min(sampling.max_tokens, left))


def sampling_of(number: int, seed: int, *, thinking: bool) -> Sampling:
    """How tokens are picked in an attempt: Qwen's numbers for precise coding, warmer from the second on."""
    temperature = 0.6 if number == 1 else 1.0
    if thinking:
        return Sampling(temperature=temperature, seed=seed + number - 1)
    return Sampling(
        temperature=0.7 if number == 1 else 1.0,
        top_p=0.8,
        thinking=False,
        seed=seed + number - 1,
        max_tokens=8_192,
    )

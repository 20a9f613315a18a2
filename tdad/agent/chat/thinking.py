"""Thoughts: split off an answer's text, and told from going round in circles. Pure."""

from __future__ import annotations

LEAST_PERIOD = 50
REPEATS = 10


def split(text: str, reasoning: str) -> tuple[str, str]:
    """(text, thoughts): thoughts that leaked into ``text`` join ``reasoning``.

    Templates of Qwen open the thought in the prompt, so a lone ``</think>`` is usual (vllm#39697); an opened thought
    that is not closed was cut (omlx#3796).
    """
    head, close, tail = text.rpartition("</think>")
    if close:
        return tail, _join(reasoning, head.strip().removeprefix("<think>"))
    if text.lstrip().startswith("<think>"):
        return "", _join(reasoning, text.lstrip().removeprefix("<think>"))
    return text, reasoning


def _join(first: str, second: str) -> str:
    return "\n".join(part for part in (first.strip(), second.strip()) if part)


def circles(text: str) -> bool:
    """Tell whether ``text`` ends in at least ten repetitions that make up 500 characters (Qwen3.8#88, #145)."""
    # The nearest earlier place that ends alike gives the period.
    before = text.rfind(text[-LEAST_PERIOD:], 0, -1)
    if before < 0 or len(text) < LEAST_PERIOD * REPEATS:
        return False
    period = len(text) - LEAST_PERIOD - before
    repeats = max(REPEATS, -(-LEAST_PERIOD * REPEATS // period))
    return len(text) >= period * repeats and text.endswith(text[-period:] * repeats)

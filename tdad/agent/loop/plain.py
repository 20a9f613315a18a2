"""Text of the project or of a program, made fit to be shown to a model or written to a terminal."""

from __future__ import annotations

import re

LONGEST = 10_000
"""Characters of one observation."""
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
)
_FENCE = re.compile(r"`{3,}")
_MARKUP = re.compile(r"<\|(\w+)\|>|<(/?)(tool_response|tool_call|think)>")


def plain(text: str) -> str:
    """``text`` without escape sequences and characters that nobody sees or that change the direction of writing.

    What a chat template takes for the end of a message is taken apart: text of the project must not be able to leave
    its place.
    """
    text = _ANSI.sub("", text.replace("\r\n", "\n"))
    text = _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text)
    text = text.encode("utf-8", "replace").decode("utf-8")
    return _MARKUP.sub(_apart, text)


def _apart(match: re.Match[str]) -> str:
    if match[1]:
        return f"<¦{match[1]}¦>"
    return f"<{match[2]} {match[3]}>"


def capped(text: str, longest: int = LONGEST) -> str:
    """``text`` in at most about ``longest`` characters: its beginning and its end."""
    if len(text) <= longest:
        return text
    half = longest // 2
    left_out = text[half : len(text) - half].count("\n")
    return f"{text[:half]}\n[… {left_out} lines left out …]\n{text[-half:]}"


def fenced(text: str, language: str = "text") -> str:
    """Return the text between fences that it cannot close."""
    longest = max((len(run) for run in _FENCE.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"

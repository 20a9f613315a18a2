"""Text of the repository, made harmless: no control characters, no marks of a chat template, bounded, fenced. Pure."""

from __future__ import annotations

import re
import unicodedata

_MARK = re.compile(r"<(?=\||/?(?:think|tool_call|tool_response|function|parameter)\b)")
"""Begin of what templates and parsers take for the structure of the conversation."""
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,16}\b")


def clean(text: str) -> str:
    r"""Return the text without terminal codes; other control and direction characters are written out (``\u202e``).

    What a template would take for the end of a message is broken up by a backslash (``<\|im_end|>``).
    """
    text = _MARK.sub("<\\\\", _ANSI.sub("", text).replace("\r\n", "\n"))
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(char) for char in text)


def _visible(char: str) -> str:
    if char in "\n\t" or not unicodedata.category(char).startswith("C"):
        return char
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"


def stable(text: str) -> str:
    """Return the text with addresses of objects left out: they are others in each run."""
    return _ADDRESS.sub("0x…", text)


def one_line(text: str, longest: int) -> str:
    """Return the text on one line, shortened in its middle."""
    text = " ".join(clean(text).split())
    if len(text) <= longest:
        return text
    half = (longest - 3) // 2
    return f"{text[: longest - 3 - half]} … {text[-half:]}"


def capped(text: str, lines: int, width: int, *, tail: bool = False) -> str:
    """Return at most so many lines (the first, or the last), each shortened to ``width``."""
    found = [line.rstrip() for line in clean(text).strip("\n").split("\n")]
    found = [line if len(line) <= width else f"{line[:width]} …" for line in found]
    if len(found) > lines:
        more = f"… {len(found) - lines} more lines"
        found = [more, *found[-lines:]] if tail else [*found[:lines], more]
    return "\n".join(found)


def coded(text: str, longest: int = 200) -> str:
    """Return a name as inline code."""
    name = one_line(text, longest).replace("`", "'")
    return f"`{name}`"

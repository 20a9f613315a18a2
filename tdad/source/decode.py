r"""Bytes of a source file → text, the way Python itself reads it.

Byte order mark, coding cookie (PEP 263) and every kind of newline are taken as the interpreter takes them. In the
text all newlines are ``\n``, so that line numbers, string values and fingerprints do not depend on them.
"""

from __future__ import annotations

from importlib.util import decode_source


class SourceError(Exception):
    """The text is not Python, as far as anyone here can tell. ``line`` is 1-based."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line


def decode(data: bytes) -> str:
    """Return the text of a source file.

    Raises:
        SourceError: the cookie names no text encoding, or the bytes are not in that encoding, or contain NUL.
    """
    try:
        text = decode_source(data)
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise SourceError(f"not {problem.encoding}: {problem.reason}", line) from problem
    except (SyntaxError, LookupError, UnicodeError, ValueError) as problem:
        raise SourceError(str(problem), 1) from problem
    nul = text.find("\0")
    if nul >= 0:
        raise SourceError("the source contains a null byte", text.count("\n", 0, nul) + 1)
    return text

"""Fingerprints: 64 bits of BLAKE2b over the meaning of code, as hex behind a word.

A statement's fingerprint is ``word:hex``. The word says what it is (``if``, ``else``, ``return``, ``expr``, ``noop``,
…), so that the comparison can tell the shapes of suites apart without any text. The hex covers tokens in postfix order:
parentheses, whitespace, comments, trailing commas, quote style and the layout of implicit concatenation leave no token.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b


def hash_tokens(tokens: Iterable[str]) -> str:
    """Return 16 hex digits; equal tokens give equal digits."""
    text = "\x1f".join(tokens)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

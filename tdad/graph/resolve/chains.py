"""Dotted expressions in normal form, cut into tokens.

A chain is what ``Reference.chain`` and ``Binding.chain`` hold: ``self.cart.total``, ``Cart().total``,
``make()[].price``, ``?.total``. Its tokens are names, ``()`` (called), ``[]`` (an element of it) and ``?`` (a receiver
without a name).
"""

from __future__ import annotations

import re
from functools import lru_cache

from tdad.facts import Reference, ReferenceKind

CALLED = "()"
ELEMENT = "[]"
UNKNOWN = "?"

_TOKEN = re.compile(r"[^\W\d]\w*|\(\)|\[\]|\?")
_LITERAL_TARGET = re.compile(r"[^\W\d]\w*(?:[.:][^\W\d]\w*)+\Z")
LITERAL_KINDS = frozenset({ReferenceKind.PATCH, ReferenceKind.STRING})


@lru_cache(maxsize=65536)
def tokens_of(chain: str) -> tuple[str, ...]:
    """Tokens of ``chain``, in order: ``make()[].price`` → ``("make", "()", "[]", "price")``."""
    return tuple(_TOKEN.findall(chain))


def is_target(literal: str) -> bool:
    """Tell whether ``literal`` can name something: ``pkg.mod.name`` or ``pkg.mod:name``."""
    return _LITERAL_TARGET.match(literal) is not None


def names_in(reference: Reference) -> frozenset[str]:
    """Identifiers by which ``reference`` can mention something."""
    return frozenset(t for t in tokens_of(reference.chain) if t[0] not in "([?")


def split(definition: str) -> tuple[str, str]:
    """``path::qualname`` → path and qualname."""
    path, _, qualname = definition.partition("::")
    return path, qualname


def last_name(definition: str) -> str:
    """Last component of the qualname; empty for a module."""
    return split(definition)[1].rpartition(".")[2]

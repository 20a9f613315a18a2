"""Words that names have in common. Who wrote a test gave the best hint at what it is about."""

from __future__ import annotations

import re

from tdad.facts import Change

_STEM = 5
"""Words are alike when they begin with so many of the same letters (``iterate``, ``iterator``)."""
_HUMP = re.compile(r"([a-z])([A-Z])")
_WORD = re.compile(r"[a-z0-9]+")
_EVERYWHERE = frozenset({"init", "py"})


def words(text: str) -> frozenset[str]:
    """The words of identifiers and paths, lower case, cut to their first letters."""
    found = _WORD.findall(_HUMP.sub(r"\1 \2", text).lower().replace("_", " "))
    return frozenset(word[:_STEM] for word in found if word not in _EVERYWHERE)


def share(wanted: frozenset[str], here: frozenset[str]) -> float:
    """Share of the words of ``wanted`` that are in ``here``, 0 to 1."""
    return len(wanted & here) / len(wanted) if wanted else 0.0


def names_of(change: Change) -> tuple[str, str, str]:
    """What a change is called by: itself and what it binds, its class, its file."""
    outer, _, name = change.qualname.rpartition(".")
    return " ".join((name, *change.binds)), outer, stem(change.path)


def stem(path: str) -> str:
    """The name of a file without folders, and without the ending of Python's files."""
    return path.rpartition("/")[2].removesuffix(".py")

"""How much the name of a test says that it is about a change.

Without a recording, whether a test that can reach a change really gets there is a guess; who wrote the tests gave the
best hint. The weights are fitted on seeded faults of click, jinja2 and itsdangerous, and order only.
"""

from __future__ import annotations

import re

from tdad.facts import Change

_OWN = 2.0
"""A test that repeats all words of the changed definition's own name counts so much more than one that repeats none."""
_AROUND = 0.3
"""The same for the words of its class and file."""
_STEM = 5
"""Words are alike when they begin with so many of the same letters (``iterate``, ``iterator``)."""
_HUMP = re.compile(r"([a-z])([A-Z])")
_WORD = re.compile(r"[a-z0-9]+")


def affinity(change: Change, node_id: str) -> float:
    """0 to 1; a test whose name has nothing of the change has a little all the same, so that chains still count."""
    outer, _, name = change.qualname.rpartition(".")
    path, _, test = node_id.partition("::")
    own = _words(" ".join((name, *change.binds)))
    around = _words(f"{outer} {change.path.rpartition('/')[2].removesuffix('.py')}")
    near = _share(own, _words(test))
    far = _share(around, _words(f"{path} {test}"))
    return (1 + _OWN * near + _AROUND * far) / (1 + _OWN + _AROUND)


def _words(text: str) -> frozenset[str]:
    found = _WORD.findall(_HUMP.sub(r"\1 \2", text).lower().replace("_", " "))
    return frozenset(word[:_STEM] for word in found if word not in {"init", "py"})


def _share(wanted: frozenset[str], here: frozenset[str]) -> float:
    return len(wanted & here) / len(wanted) if wanted else 0.0

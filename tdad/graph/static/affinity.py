"""How much the name of a test says that it is about a change.

Without a recording, whether a test that can reach a change really gets there is a guess; who wrote the tests gave the
best hint. The weights are fitted on seeded faults of click, jinja2 and itsdangerous, and order only.
"""

from __future__ import annotations

from tdad.facts import Change
from tdad.graph.affinity import share, words

_OWN = 2.0
"""A test that repeats all words of the changed definition's own name counts so much more than one that repeats none."""
_AROUND = 0.3
"""The same for the words of its class and file."""


def affinity(change: Change, node_id: str) -> float:
    """0 to 1; a test whose name has nothing of the change has a little all the same, so that chains still count."""
    outer, _, name = change.qualname.rpartition(".")
    path, _, test = node_id.partition("::")
    own = words(" ".join((name, *change.binds)))
    around = words(f"{outer} {change.path.rpartition('/')[2].removesuffix('.py')}")
    near = share(own, words(test))
    far = share(around, words(f"{path} {test}"))
    return (1 + _OWN * near + _AROUND * far) / (1 + _OWN + _AROUND)

"""Facts ↔ one SQLite file.

``open_map`` gives a ``Map``: ``save`` merges a recorded run into it, ``recorded`` answers the graph's questions.
"""

from tdad.store.cache import Indexed, Signature
from tdad.store.codec import Counts
from tdad.store.map import Map
from tdad.store.open import open_map
from tdad.store.rows import BRIEFLY_S, BUSY_TIMEOUT_S
from tdad.store.schema import VERSION as SCHEMA_VERSION

__all__ = [
    "BRIEFLY_S",
    "BUSY_TIMEOUT_S",
    "SCHEMA_VERSION",
    "Counts",
    "Indexed",
    "Map",
    "Signature",
    "open_map",
]

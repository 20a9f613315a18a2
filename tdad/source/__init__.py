"""Text → definitions, references; two texts → changes. No I/O.

Everything but ``index`` works on facts alone; libcst is imported by the first call of ``index``.
"""

from __future__ import annotations

from tdad.facts import FileFacts
from tdad.source.compare import compare
from tdad.source.digests import digest
from tdad.source.moves import compare_all
from tdad.source.names import mentioned_names

__all__ = ["compare", "compare_all", "digest", "index", "mentioned_names"]


def index(path: str, data: bytes, module: str = "") -> FileFacts:
    """Return the facts of one version of one Python file; what does not parse is a fact, never an exception.

    Args:
        path: POSIX, relative to the project root.
        data: the bytes of the file.
        module: dotted name it is imported by; by default made from the path.
    """
    from tdad.source import indexing  # libcst takes 0.1 s to import

    return indexing.index(path, data, module)

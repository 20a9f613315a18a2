"""Text → definitions, references; two texts → changes. No I/O.

``tdad.source.compare.compare`` is not repeated here: the module of its name hides it once that is imported.
Everything but ``index`` works on facts alone; libcst is imported by the first call of ``index``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tdad.source.digests import digest

if TYPE_CHECKING:
    from tdad.facts import FileFacts
    from tdad.source.moves import compare_all
    from tdad.source.names import mentioned_names

__all__ = ["compare_all", "digest", "index", "mentioned_names"]

_WHERE = {
    "compare_all": "tdad.source.moves",
    "mentioned_names": "tdad.source.names",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for: where nothing changed nothing is compared."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)


def index(path: str, data: bytes, module: str = "") -> FileFacts:
    """Return the facts of one version of one Python file; what does not parse is a fact, never an exception.

    Args:
        path: POSIX, relative to the project root.
        data: the bytes of the file.
        module: dotted name it is imported by; by default made from the path.
    """
    from tdad.source import indexing  # libcst takes 0.1 s to import

    return indexing.index(path, data, module)

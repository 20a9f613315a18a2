"""Name resolution: facts of single files → who mentions whom.

``Resolver`` is the door; behind it, from the ground up: ``modules`` (dotted names ↔ paths), ``scopes`` (one file's
names), ``names`` (imports, re-exports, stars), ``hierarchy`` (classes), ``members`` (attributes), ``types`` (what
expressions may be), ``aliases``, ``fixtures``, ``imports``.
"""

from tdad.graph.resolve.edge import Edge, ImportEdge
from tdad.graph.resolve.resolver import Resolver

__all__ = ["Edge", "ImportEdge", "Resolver"]

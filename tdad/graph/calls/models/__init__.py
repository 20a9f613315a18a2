"""What the builtins and the standard library do with the project objects that they are given.

One small function per builtin; each module ends in a table of its own.
"""

from __future__ import annotations

from tdad.graph.calls.models.arguments import Model
from tdad.graph.calls.models.collected import COLLECTED
from tdad.graph.calls.models.concurrent import CONCURRENT
from tdad.graph.calls.models.functional import FUNCTIONAL
from tdad.graph.calls.models.objects import OBJECTS

MODELS: dict[str, Model] = {**FUNCTIONAL, **COLLECTED, **OBJECTS, **CONCURRENT}
"""Dotted name of a function outside the project → what calling it does."""

__all__ = ["MODELS", "Model"]

"""Answers without a recording: which tests may reach a change, by the code alone."""

from __future__ import annotations

from tdad.graph.static.answer import StaticQuestion, static_answer
from tdad.graph.static.packed import Kept, pack, unpack
from tdad.graph.static.search import Search

__all__ = ["Kept", "Search", "StaticQuestion", "pack", "static_answer", "unpack"]

"""Answers without a recording: which tests may reach a change, by the code alone."""

from __future__ import annotations

from tdad.graph.static.answer import StaticQuestion, static_answer

__all__ = ["StaticQuestion", "static_answer"]

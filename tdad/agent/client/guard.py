"""Watches a stream for thoughts that go in circles or never end."""

from __future__ import annotations

from tdad.agent.chat.assemble import growth
from tdad.agent.chat.facts import Limits
from tdad.agent.chat.model import Watch
from tdad.agent.chat.thinking import circles
from tdad.agent.client.transport import Chunk

EVERY = 200
"""Characters between two looks."""


class Guard:
    """Gets each chunk; what it returns, unless empty, is why to break the stream off."""

    def __init__(self, limits: Limits, watch: Watch | None) -> None:
        self._limits = limits
        self._watch = watch
        self._said = {"text": "", "thoughts": ""}
        self._called = 0
        self._looked_at = 0
        self.received = 0

    def __call__(self, chunk: Chunk) -> str:
        """Why to break off; empty to go on."""
        text, thoughts, called = growth(chunk)
        self._said["text"] += text
        self._said["thoughts"] += thoughts
        self._called += called
        self.received = sum(map(len, self._said.values())) + self._called
        if self._watch:
            self._watch.received(self.received)
        if self.received - self._looked_at < EVERY:
            return ""
        self._looked_at = self.received
        if any(circles(said) for said in self._said.values()):
            return "the same words over and over"
        if len(self._said["thoughts"]) > self._limits.thought_chars and not (
            self._said["text"].strip() or self._called
        ):
            return f"{len(self._said['thoughts']):,} characters of thoughts and no answer"
        return ""

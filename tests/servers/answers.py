"""What a scripted server answers with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = Any


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    json: Json
    headers: Mapping[str, str]

    @property
    def streams(self) -> bool:
        return bool(self.json and self.json.get("stream"))


@dataclass(frozen=True)
class Body:
    """An answer in one piece: an object as JSON, text as it is."""

    body: Json
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    pause_s: float = 0.0
    """Before the first byte."""


@dataclass(frozen=True)
class Stream:
    """Server-sent events: objects as ``data:`` lines, text as it is."""

    events: Sequence[Json]
    done: bool = True
    """End with ``[DONE]``."""
    pause_s: float = 0.0
    """Before each event."""
    comments_s: float = 0.0
    """After the events, a comment so often until the client leaves."""
    drop: bool = False
    """Cut the connection after the last event."""
    hold: bool = False
    """Say nothing more after the last event, and keep the connection open."""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Drop:
    """Cut the connection without an answer."""


@dataclass(frozen=True)
class Says:
    """A turn of the model; the server's dialect decides how it travels."""

    text: str = ""
    reasoning: str = ""
    calls: Sequence[tuple[str, Json]] = ()
    """(name, arguments): an object, or text that stands where the JSON should."""
    finish: str = ""
    """Empty: what the calls and the dialect make of it."""
    prompt_tokens: int | None = None
    """``None``: one for each four characters of the request."""


Answer = Body | Stream | Drop | Says
Script = Sequence[Answer] | Callable[[Seen], Answer]

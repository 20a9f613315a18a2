"""What went wrong with a request, and what kind of trouble that is. Pure and table-driven.

Servers say the same thing in many ways and different things in the same way (a model's unreadable answer is a 500 in
llama.cpp, an unknown key a string in vLLM), so the text of the body decides, and the status only where that is silent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class Kind(StrEnum):
    """Classes of trouble; what is done about each is in :mod:`tdad.agent.chat.policy`."""

    TRANSPORT = "transport"
    """The request or its answer got lost, or the server is overloaded."""
    DROPPED = "dropped"
    """The connection ended in the middle of an answer."""
    REFUSED = "refused"
    """Nobody listens."""
    BAD_RESPONSE = "bad response"
    """An answer that is none: no choices, no JSON, a page of HTML, a stream without events."""
    BROKEN_STREAM = "broken stream"
    """A stream that stopped in the middle of a call, without saying that it ended."""
    LOADING = "loading"
    """The server is starting."""
    PARSE = "parse"
    """The server could not read what its model wrote."""
    OVERFLOW = "overflow"
    """More tokens than the context holds."""
    TEMPLATE = "template"
    """The chat template refuses the conversation: our mistake."""
    CAPABILITY = "capability"
    """The server does not know something optional."""
    KEY = "key"
    """The server wants another key."""
    MODEL = "model"
    """The server has no such model."""
    ADDRESS = "address"
    """There is no such endpoint."""
    RATE = "rate"
    """Too many requests for now."""
    REJECTED = "rejected"
    """The server refuses the request and no rule says why."""
    IDLE = "idle"
    """A stream fell silent."""
    DEADLINE = "deadline"
    """No end of the answer in time."""
    RUNAWAY = "runaway"
    """The model repeats itself or thinks without end; we broke off."""
    EMPTY = "empty"
    """A turn with neither words nor calls."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong, in the server's words."""

    kind: Kind
    text: str
    """What the server said, else what happened; one line, capped."""
    status: int | None = None
    retry_after_s: float | None = None
    context: int | None = None
    """The context size that the server names, if it does."""
    model_said: str = ""
    """What the model wrote, where the server repeats it because it could not read it."""


_SAYS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    (Kind.LOADING, ("loading model", "model is loading", "server is starting", "still loading")),
    (Kind.CAPABILITY, ("failed to parse tools",)),
    (
        Kind.OVERFLOW,
        (
            "exceed_context_size_error",
            "exceeds? the available context",
            "maximum context length",
            "longer than the model'?s context",
            "requested token count exceeds",
            "n_keep",
            "context_length_exceeded",
            "prompt is too long",
            "reduce the length",
            r"(prompt|input|request) .{0,40}(exceeds?|too (long|large)).{0,40}(context|tokens)",
            r"the model context is \d+",
            r"max_tokens=\d+ cannot be greater than max_model_len",
            "max_tokens must be at least 1",
        ),
    ),
    (
        Kind.CAPABILITY,
        (
            "--enable-auto-tool-choice",
            "does not support tools",
            "tools? (is|are) not supported",
            "json schema error",
            "failed to (initialize samplers|parse grammar)",
            "grammar error",
            "think value",
            "does not support thinking",
            "unexpected (field|keyword)",
            "unknown (field|parameter|argument)",
            "unsupported (parameter|value)",
            "unrecognized (request )?(field|argument|parameter)",
            "extra (inputs|fields) (are )?not permitted",
            "extra_forbidden",
            "not supported by this (model|server)",
            "requires --jinja",
            "tools param requires",
        ),
    ),
    (
        Kind.TEMPLATE,
        (
            "system message must be",
            "no user query",
            "unexpected message role",
            "error rendering prompt",
            "jinja exception",
            "apply chat template",
            "roles must alternate",
            "the last message must be a user",
        ),
    ),
    (
        Kind.PARSE,
        (
            "failed to parse",
            "peg-native",
            "xml syntax error",
            "closed by </",
            "invalid tool call arguments",
            "unterminated string starting",
            "error parsing tool call",
            "tool call.{0,30}(not valid|invalid) json",
        ),
    ),
    (Kind.KEY, ("invalid api key", "unauthorized", "authentication", "incorrect api key")),
    (
        Kind.MODEL,
        (
            r"model\b.{0,120}(not found|does not exist)",
            "no such model",
            "model_not_found",
            "pinned to",
        ),
    ),
)
_PATTERNS = tuple(
    (kind, re.compile("|".join(f"(?:{each})" for each in says), re.IGNORECASE | re.DOTALL))
    for kind, says in _SAYS
)

_BY_STATUS: Mapping[int, Kind] = {
    401: Kind.KEY,
    403: Kind.KEY,
    404: Kind.ADDRESS,
    405: Kind.ADDRESS,
    408: Kind.TRANSPORT,
    409: Kind.TRANSPORT,
    413: Kind.OVERFLOW,
    429: Kind.RATE,
}
_CONTEXT = (
    re.compile(r'"?n_ctx"?\s*[:=]\s*(\d+)'),
    re.compile(r"available context size \((\d+) tokens\)"),
    re.compile(r"maximum context length (?:is|of) (\d+)"),
    re.compile(r"context length \((\d+) tokens\)"),
    re.compile(r"model context is (\d+)"),
    re.compile(r"max_model_len=(\d+)"),
)
_TEXT_CHARS = 600


def of_answer(status: int | None, body: object, retry_after_s: float | None = None) -> Trouble:
    """The trouble that an error body is about; ``status`` is ``None`` or 200 where it came as an answer."""
    text = words_of(body)
    everything = f"{text} {body if isinstance(body, str) else json.dumps(body, default=str)}"
    kind = _kind(_status(status, body), everything)
    context = None
    if kind is Kind.OVERFLOW:
        context = next((int(m[1]) for each in _CONTEXT if (m := each.search(everything))), None)
    said = _message(body) if kind is Kind.PARSE else ""
    return Trouble(kind, text, status, retry_after_s, context, said)


def _status(status: int | None, body: object) -> int | None:
    """The status that an error in the place of an answer has in its own words, else that of HTTP."""
    if status is not None and status != 200:
        return status
    while isinstance(body, Mapping):
        code = body.get("code")
        if isinstance(code, int) and 400 <= code < 600:
            return code
        body = body.get("error")
    return status


def _kind(status: int | None, text: str) -> Kind:
    for kind, pattern in _PATTERNS:
        if pattern.search(text):
            return kind
    if status is None or status == 200:
        return (
            Kind.PARSE
        )  # an error in the place of an answer: what the model wrote could not be read
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return Kind.TRANSPORT if status >= 500 else Kind.REJECTED


def _message(body: object) -> str:
    """The words of an error body as they are, line by line."""
    while isinstance(body, Mapping):
        body = next((body[name] for name in ("error", "message") if body.get(name)), "")
    return body if isinstance(body, str) else ""


def words_of(body: object) -> str:
    """What an error body says to people: ``error.message``, ``error``, ``detail``, ``message``, or all of it."""
    if isinstance(body, Mapping):
        for name in ("error", "detail", "message"):
            if body.get(name):
                return words_of(body[name])
        return one_line(json.dumps(body, default=str))
    if isinstance(body, str):
        title = re.search(r"<title>(.*?)</title>", body, re.IGNORECASE | re.DOTALL)
        return one_line(title[1] if title else body)
    return one_line(json.dumps(body, default=str)) if body is not None else ""


def one_line(text: str) -> str:
    """``text`` on one line, and not more of it than a person reads."""
    line = " ".join(text.split())
    return line if len(line) <= _TEXT_CHARS else line[: _TEXT_CHARS - 1] + "…"

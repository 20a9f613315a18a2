"""Commits and a pull request → which coding agent made the change, and what says so.

Detection chooses policies and words, never a verdict: every sign can be forged, and can be switched off.
What each agent leaves behind changes; sources and traps are in docs/how-to/gate-agents.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tdad.facts_gate import Author, Commit, Origin, Signs

_TRAILER = re.compile(r"^[A-Za-z][A-Za-z-]*: \S.*$")
_CREDITS = re.compile(
    r"^(?:co-authored-by|signed-off-by|assisted-by|generated-by):", re.IGNORECASE
)
_STRENGTHS = ("high", "medium", "low")


@dataclass(frozen=True, slots=True)
class _Agent:
    """What one agent leaves behind; texts are compared in lower case."""

    name: str
    logins: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    """Ends of addresses in authors, committers and credits."""
    branch: str = ""
    """Pattern of the beginning."""
    texts: tuple[str, ...] = ()
    """In the description of a pull request."""
    label: str = ""
    title: str = ""


_AGENTS = (
    _Agent(
        "copilot",
        logins=("copilot-swe-agent[bot]", "copilot-swe-agent"),
        addresses=("+copilot@users.noreply.github.com",),
        branch=r"copilot/",
    ),
    _Agent(
        "claude",
        logins=("claude[bot]", "claude-code-action[bot]"),
        addresses=("noreply@anthropic.com",),
        branch=r"claude/",
        texts=("generated with [claude code]",),
    ),
    _Agent(
        "codex",
        logins=("chatgpt-codex-connector[bot]",),
        addresses=("noreply@openai.com", "codex@openai.com"),
        branch=r"codex/",
        texts=("chatgpt.com/codex/tasks/",),
        label="codex",
        title="[codex]",
    ),
    _Agent(
        "cursor",
        logins=("cursor[bot]",),
        addresses=("cursoragent@cursor.com",),
        branch=r"cursor/",
        texts=("cursor.com/agents", "<!-- cursor_summary -->", "made with [cursor]"),
    ),
    _Agent(
        "devin",
        logins=("devin-ai-integration[bot]",),
        branch=r"devin/",
        texts=("app.devin.ai/",),
    ),
    _Agent(
        "jules",
        logins=("google-labs-jules[bot]",),
        branch=r"jules-\d+",
        texts=("pr created automatically by jules for task",),
    ),
)

Sign = tuple[str, str, str]
"""Agent, confidence, evidence."""


def author_of(origin: Origin, signs: Signs | None = None) -> Author:
    """Return the agent that made the change, by the strongest sign; an empty name where there is no sign."""
    found = list(dict.fromkeys([*_known(origin), *_own(origin, signs or Signs())]))
    if not found:
        return Author("", "")
    agent, confidence, _ = min(found, key=lambda sign: _STRENGTHS.index(sign[1]))
    return Author(agent, confidence, tuple(sorted(sign[2] for sign in found if sign[0] == agent)))


def origin_of_event(event: Mapping[str, Any], commits: tuple[Commit, ...] = ()) -> Origin:
    """Return what the event of a GitHub workflow (``GITHUB_EVENT_PATH``) tells about a pull request."""
    pull = _mapping(event.get("pull_request"))
    labels = pull.get("labels")
    return Origin(
        commits=commits,
        branch=_text(_mapping(pull.get("head")).get("ref")),
        login=_text(_mapping(pull.get("user")).get("login")),
        labels=tuple(
            _text(_mapping(label).get("name"))
            for label in (labels if isinstance(labels, list) else ())
        ),
        title=_text(pull.get("title")),
        body=_text(pull.get("body")),
    )


def trailers(message: str) -> tuple[str, ...]:
    """Return the trailers of a commit message: ``Name: value`` in its last paragraph, and credits anywhere."""
    paragraphs = [part for part in re.split(r"\n\s*\n", message.strip()) if part]
    last = [line.strip() for line in paragraphs[-1].splitlines()] if len(paragraphs) > 1 else []
    found = [line for line in last if _TRAILER.match(line)]
    credits_ = [line.strip() for line in message.splitlines() if _CREDITS.match(line.strip())]
    return tuple(dict.fromkeys([*found, *credits_]))


def _known(origin: Origin) -> Iterator[Sign]:
    body, title = origin.body.lower(), origin.title.lower()
    for agent in _AGENTS:
        for who, what in _people(origin):
            name, address = (
                what.partition("<")[0].strip().lower(),
                what.lower().rstrip(">").strip(),
            )
            if name in agent.logins or address.endswith(agent.addresses or ("\0",)):
                yield agent.name, "high", f"{who}: {what}"
        if agent.branch and re.match(agent.branch, origin.branch):
            yield agent.name, "medium", f"branch: {origin.branch}"
        for text in agent.texts:
            if text in body:
                yield agent.name, "medium", f"description: {text}"
        if agent.label and agent.label in {label.lower() for label in origin.labels}:
            yield agent.name, "medium", f"label: {agent.label}"
        if agent.title and title.startswith(agent.title):
            yield agent.name, "low", f"title: {agent.title}"


def _people(origin: Origin) -> Iterator[tuple[str, str]]:
    if origin.login:
        yield "login", origin.login
    for commit in origin.commits:
        yield "author", commit.author
        yield "committer", commit.committer
        for line in trailers(commit.message):
            if _CREDITS.match(line):
                yield "trailer", line


def _own(origin: Origin, signs: Signs) -> Iterator[Sign]:
    """Yield the signs that the project names itself."""
    for who, what in _people(origin):
        parts = {what.lower(), what.partition("<")[0].strip().lower()}
        parts.add(what.partition("<")[2].rstrip("> ").lower())
        for pattern in signs.authors:
            if who != "trailer" and any(fnmatchcase(part, pattern.lower()) for part in parts):
                yield "configured", "high", f"{who}: {what}"
    for pattern in signs.branches:
        if fnmatchcase(origin.branch, pattern):
            yield "configured", "high", f"branch: {origin.branch}"
    for pattern in signs.labels:
        for label in origin.labels:
            if fnmatchcase(label.lower(), pattern.lower()):
                yield "configured", "high", f"label: {label}"
    for commit in origin.commits:
        for line in trailers(commit.message):
            if any(fnmatchcase(line.lower(), pattern.lower()) for pattern in signs.trailers):
                yield "configured", "high", f"trailer: {line}"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""

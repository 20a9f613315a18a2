"""``trajectory.jsonl``: a JSON object a line, ``tdad.trajectory/1``: what is written, and what it says later. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from tdad.agent.chat import Message
from tdad.agent.chat.documents import message_document, message_of
from tdad.agent.loop.standing import Standing
from tdad.facts_fix import AttemptEnd, AttemptFacts

SCHEMA = "tdad.trajectory/1"


@dataclass(frozen=True, slots=True)
class Kept:
    """A state as the trajectory names it: the digest of the patch, which is a file of its own."""

    patch: str
    standing: Standing
    lines: int


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """What the trajectory says of one attempt."""

    number: int
    endpoint: str
    messages: tuple[Message, ...] = ()
    step: int = 0
    patch: str = ""
    """Digest of the patch at the last step; empty: nothing was changed."""
    standing: Standing | None = None
    best: Kept | None = None
    elapsed_s: float = 0.0
    tokens: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    edits: int = 0
    refused: int = 0
    facts: AttemptFacts | None = None
    """``None``: it had not ended."""
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """What an earlier process did."""

    attempts: tuple[PastAttempt, ...] = ()
    spent: Mapping[str, int] = field(default_factory=dict)
    """Base URL → tokens."""


def standing_document(standing: Standing | None) -> dict[str, Any] | None:
    """Without how the tests failed, which the messages say."""
    if standing is None:
        return None
    document = asdict(replace(standing, failures={}))
    del document["failures"]
    return document


def standing_of(document: Mapping[str, Any] | None) -> Standing | None:
    """The inverse of :func:`standing_document`."""
    if document is None:
        return None
    lists = {name: tuple(document[name]) for name in ("passing", "failing", "broken")}
    return Standing(**{**document, **lists})


def step_document(
    messages: tuple[Message, ...], recorded: tuple[Message, ...], **fields: Any
) -> dict[str, Any]:
    """One step: the messages that are new, or all where earlier ones were changed."""
    whole = messages[: len(recorded)] != recorded
    new = messages if whole else messages[len(recorded) :]
    return {"whole": whole, "messages": [message_document(each) for each in new], **fields}


def kept_document(kept: Kept | None) -> dict[str, Any] | None:
    """A state by name."""
    if kept is None:
        return None
    return {
        "patch": kept.patch,
        "lines": kept.lines,
        "standing": standing_document(kept.standing),
    }


def past_of(entries: Iterable[Mapping[str, Any]]) -> Past:
    """Put together what the lines say; an entry that is not understood ends the reading, as a cut line does."""
    attempts: dict[int, PastAttempt] = {}
    spent: dict[str, int] = {}
    for entry in entries:
        try:
            _take(entry, attempts, spent)
        except (KeyError, TypeError, ValueError):
            break
    return Past(tuple(attempts[number] for number in sorted(attempts)), spent)


def _take(
    entry: Mapping[str, Any], attempts: dict[int, PastAttempt], spent: dict[str, int]
) -> None:
    kind, number = entry["kind"], entry.get("attempt", 0)
    match kind:
        case "attempt":
            messages = tuple(message_of(each) for each in entry["messages"])
            attempts[number] = PastAttempt(number, entry["base_url"], messages)
        case "reply":
            was = attempts[number]
            tokens = int(entry["spent"])
            attempts[number] = replace(
                was,
                tokens=was.tokens + tokens,
                prompt_tokens=was.prompt_tokens + int(entry["usage"]["prompt"]),
                completion_tokens=was.completion_tokens + int(entry["usage"]["completion"]),
            )
            spent[was.endpoint] = spent.get(was.endpoint, 0) + tokens
        case "step":
            attempts[number] = _stepped(attempts[number], entry)
        case "end":
            facts = entry["facts"]
            attempts[number] = replace(
                attempts[number],
                facts=AttemptFacts(**{**facts, "end": AttemptEnd(facts["end"])}),
                best=_kept(entry["best"]),
            )
        case "reproduce":
            url = entry["base_url"]
            spent[url] = spent.get(url, 0) + int(entry["spent"])
        case "verified":
            attempts[number] = replace(attempts[number], verified=True)
        case _:
            pass


def _stepped(was: PastAttempt, entry: Mapping[str, Any]) -> PastAttempt:
    new = tuple(message_of(each) for each in entry["messages"])
    return replace(
        was,
        messages=new if entry["whole"] else was.messages + new,
        step=int(entry["step"]),
        patch=str(entry["patch"]),
        standing=standing_of(entry["standing"]),
        best=_kept(entry["best"]),
        elapsed_s=float(entry["elapsed_s"]),
        edits=int(entry["edits"]),
        refused=int(entry["refused"]),
    )


def _kept(document: Mapping[str, Any] | None) -> Kept | None:
    if document is None:
        return None
    standing = standing_of(document["standing"])
    assert standing is not None
    return Kept(str(document["patch"]), standing, int(document["lines"]))

"""A model that proposes wrong edits first, and believes itself unless it is told otherwise.

It has a list of proposals, the right one at the end. It makes the first; when that is refused, or the answer says that
tests still fail or fail anew, it goes on to the next; when it hears nothing bad, it finishes. It never runs a test by
itself. So the patch that is left is the first one to which nothing was said: how bad that is measures the checks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.servers.answers import Says, Seen
from tests.servers.oracle import Conversation, Texts, hunks, towards

_BAD = ("Still failing", "NEW failure", "Nothing was changed", "call finish again")


def clumsy(start: Texts, proposals: Sequence[Texts]) -> Callable[[Seen], Says]:
    """The model that makes the proposals of ``start``, one after the other."""

    def reply(seen: Seen) -> Says:
        conversation = Conversation(seen)
        return towards(
            conversation, conversation.files(start), _goal(conversation, start, proposals)
        )

    return reply


def _goal(conversation: Conversation, start: Texts, proposals: Sequence[Texts]) -> Texts:
    """The proposal that is on: every complaint ends one, once it is made or cannot be."""
    at, now = 0, dict(start)
    for deed in conversation.deeds:
        if deed.edited:
            path, old, new = (str(deed.given[name]) for name in ("path", "old", "new"))
            now[path] = now[path].replace(old, new, 1)
        if deed.name not in {"edit", "finish"} or not any(word in deed.said for word in _BAD):
            continue
        made = next(hunks(now, {**start, **proposals[at]}), None) is None
        if (made or not deed.edited) and at < len(proposals) - 1:
            at += 1
    return {**start, **proposals[at]}

"""What is done about each kind of trouble: one table, applied by the client, read by the loop. Pure.

Nothing here is left to the library: its own retries would run an unreadable answer of the model three more times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique

from tdad.agent.chat.facts import Ending, Limits
from tdad.agent.chat.trouble import Kind, Trouble


@unique
class Action(StrEnum):
    """What the client does next."""

    AGAIN = "again"
    """Send the same request again, at once."""
    PAUSE = "pause"
    """Wait a little, longer each time, and send it again."""
    AWAIT = "await"
    """Ask the server every second whether it is there, and send it again."""
    WARMER = "warmer"
    """Send it again a little less greedily (T + 0.1): the same tokens would come again."""
    PLAIN = "plain"
    """Send it again without streaming, and remember that for this server."""
    ADAPT = "adapt"
    """Leave out what the server does not know, remember that, and send it again."""
    SHRINK = "shrink"
    """Less room for the answer, then a shorter conversation, and send it again."""
    CALM = "calm"
    """Send it again without thinking, or less greedily where thinking cannot be switched off."""
    YIELD = "yield"
    """Give the turn back to the loop, which counts it as a format error."""
    STOP = "stop"
    """The server cannot be used."""


@dataclass(frozen=True, slots=True)
class Rule:
    """``actions`` for the first, second, … time in one call of ``reply``; after that, ``end``."""

    actions: tuple[Action, ...]
    end: Action = Action.STOP


RULES: Mapping[Kind, Rule] = {
    Kind.TRANSPORT: Rule((Action.PAUSE,) * 4),
    Kind.DROPPED: Rule((Action.AWAIT, Action.SHRINK, Action.AWAIT)),
    Kind.REFUSED: Rule((Action.AWAIT,) * 2),
    Kind.BAD_RESPONSE: Rule((Action.PAUSE, Action.PLAIN)),
    Kind.BROKEN_STREAM: Rule((Action.PLAIN,), Action.YIELD),
    Kind.LOADING: Rule((Action.AWAIT,) * 8),
    Kind.PARSE: Rule((Action.WARMER,), Action.YIELD),
    Kind.OVERFLOW: Rule((Action.SHRINK,) * 3),
    Kind.TEMPLATE: Rule(()),
    Kind.CAPABILITY: Rule((Action.ADAPT,) * 12),
    Kind.KEY: Rule(()),
    Kind.MODEL: Rule(()),
    Kind.ADDRESS: Rule(()),
    Kind.RATE: Rule((Action.PAUSE,) * 4),
    Kind.REJECTED: Rule(()),
    Kind.IDLE: Rule((Action.PAUSE,)),
    Kind.DEADLINE: Rule(()),
    Kind.RUNAWAY: Rule((Action.CALM,), Action.YIELD),
    Kind.EMPTY: Rule((Action.AGAIN,), Action.YIELD),
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and how long to wait before it."""

    action: Action
    pause_s: float = 0.0


def decide(trouble: Trouble, before: int, limits: Limits, *, answered: bool) -> Decision:
    """What to do about ``trouble``, which came up ``before`` times in this call already.

    ``answered``: the server answered earlier in this run, so that a refused connection means that it went away, not
    that it was never there.
    """
    rule = RULES[trouble.kind]
    if trouble.kind is Kind.REFUSED and not answered:
        return Decision(Action.STOP)
    action = rule.actions[before] if before < len(rule.actions) else rule.end
    if action is not Action.PAUSE:
        return Decision(action)
    if trouble.retry_after_s is not None:
        if trouble.retry_after_s > limits.retry_after_s:
            return Decision(Action.STOP)
        return Decision(action, trouble.retry_after_s)
    # A rate is counted by the minute.
    unit_s = limits.unit_s * (4 if trouble.kind is Kind.RATE else 1)
    return Decision(action, unit_s * 2**before)


@unique
class Remedy(StrEnum):
    """What the loop does about a turn of the model; see :func:`after`."""

    RUN = "run"
    """Run the calls that may run, answer every call."""
    NUDGE = "nudge"
    """Say ``Reply.feedback``; it costs nothing."""
    FORMAT = "format"
    """Answer the calls with their problems, else say ``Reply.feedback``; it counts as a format error."""
    END = "end"
    """End the attempt: three turns in a row that could not be used."""


FORMAT_ERRORS = 3


def after(ending: Ending, bad_turns: int) -> Remedy:
    """What to do after a turn that ended so, when ``bad_turns`` unusable turns came right before it.

    A promise without a call, and thoughts alone, are nudged the first time: they are how small models hesitate.
    """
    if ending is Ending.CALLS:
        return Remedy.RUN
    if bad_turns + 1 >= FORMAT_ERRORS:
        return Remedy.END
    if ending in {Ending.TEXT, Ending.EMPTY} and not bad_turns:
        return Remedy.NUDGE
    return Remedy.FORMAT

"""Going in circles: what the model did before, and what to tell it about that.

A nudge goes into the answer of the call, and nothing is ended at the first hit: people work in circles, too. A deed's
key has the state of the files in it, so going back and forth (an edit, its opposite, the edit again) is the same deed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SAME_NUDGE, SAME_END = 3, 5
_FAILED_NUDGE, _FAILED_END = 3, 6
_IDLE_READS = 10


@dataclass(frozen=True, slots=True)
class Deed:
    """One call that was run."""

    key: str
    """Tool, arguments and state of the files: the same key has the same answer."""
    tool: str
    refused: bool = False
    """An edit that was not made."""
    path: str = ""
    first: int = 0
    last: int = 0
    """Lines that a refused edit was about."""
    new_lines: bool = True
    """It showed lines that were not shown before, or did something else than to look."""


@dataclass(frozen=True, slots=True)
class Circle:
    """What to do about a circle."""

    nudge: str = ""
    end: bool = False


def circle(deeds: Sequence[Deed], known: str) -> Circle:
    """Tell whether the last deed closes a circle. ``known``: what is known so far, one line for the nudge."""
    last = deeds[-1]
    same = sum(each.key == last.key for each in deeds)
    if same >= SAME_END:
        return Circle(end=True)
    if last.refused and last.first and (tries := _same_region(deeds)) >= _FAILED_NUDGE:
        if tries >= _FAILED_END:
            return Circle(end=True)
        if tries == _FAILED_NUDGE:
            return Circle(
                f"This is the {_nth(tries)} edit of lines {last.first}-{last.last} of {last.path} that could not be"
                " made. Read these lines again and copy them exactly, or edit another place."
            )
    if same == SAME_NUDGE:
        return Circle(
            f"You have made this exact call {same} times with the same result. {known} Try a different file or a"
            " different fix."
        )
    if _only_looks(deeds):
        return Circle(
            f"The last {_IDLE_READS} calls showed nothing new. {known} Make an edit now, or look somewhere else."
        )
    return Circle()


def no_edit_nudge(step: int, steps: int, *, edited: bool) -> str:
    """What to say to a model that has looked around for half of its steps and changed nothing; once."""
    if edited or step != max(2, round(steps * 16 / 30)):
        return ""
    return f"{step} of {steps} steps are used and nothing is changed yet. Make the most likely fix with edit now."


def _same_region(deeds: Sequence[Deed]) -> int:
    """Refused edits in a row of the same lines, whatever their texts; other calls in between do not count."""
    last, count = deeds[-1], 0
    for each in reversed(deeds):
        if each.tool != last.tool:
            continue
        if not each.refused:
            break
        if each.path == last.path and each.first <= last.last and last.first <= each.last:
            count += 1
    return count


def _only_looks(deeds: Sequence[Deed]) -> bool:
    idle = 0
    for each in reversed(deeds):
        if each.new_lines:
            break
        idle += 1
    return idle > 0 and idle % _IDLE_READS == 0


def _nth(number: int) -> str:
    return {3: "third", 4: "fourth", 5: "fifth"}.get(number, f"{number}th")

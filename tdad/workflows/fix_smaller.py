"""A revert that takes back a lot: the mistake is among its lines, and a small repair there would leave the rest."""

from __future__ import annotations

from collections.abc import Mapping

from tdad.agent.search.hunks import undoable
from tdad.agent.search.patch_text import changed_lines
from tdad.facts import FileVersion
from tdad.facts_fix import Arm, Found
from tdad.workflows.fix_ground import Ground
from tdad.workflows.fix_hunt import Hunt

LARGE = 20
"""Lines, taken away and added together: a revert of more probably takes back what somebody wanted."""


def too_large(hunt: Hunt, found: Found) -> bool:
    """Tell whether something smaller should be looked for although this is good."""
    return found.arm is Arm.REVERT and _size(hunt.seats.ground, found) > LARGE


def reverted_lines(hunt: Hunt) -> Mapping[str, frozenset[int]] | None:
    """Lines of a verified large revert, to look for a small repair there; ``None``: there is none such."""
    ground = hunt.seats.ground
    for found, measured in hunt.verified:
        if measured.good and too_large(hunt, found):
            hunt.note(
                f"the least revert takes back {_size(ground, found)} lines; looking for a small repair among them"
                " (--arm revert: only the revert)"
            )
            return {
                path: _lines(path, ground.read(path), data) for path, data in found.patch.items()
            }
    return None


def _size(ground: Ground, found: Found) -> int:
    return changed_lines({path: ground.read(path) for path in found.patch}, found.patch)


def _lines(path: str, now: bytes | None, undone: bytes | None) -> frozenset[int]:
    """Lines of the present file that the revert replaces."""
    hunks = undoable(FileVersion(path, undone, now))
    return frozenset(line for hunk in hunks for line in range(hunk.first, hunk.last + 1))

"""The test-map block: what of the map matters now, for any agent, in at most 2k tokens. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tdad.agent.chat.tokens import of_text
from tdad.agent.prompts.facts import Doubt, Failing
from tdad.agent.prompts.render import render
from tdad.agent.prompts.sections import Suspected, grouped, said, suspected, varied
from tdad.agent.prompts.text import capped, one_line, stable

BLOCK_LIMIT = 2_000
"""Tokens."""
_FAILING = 8
_CHANGES = 12
_SUSPECTS = 8
_FILES = 12
_IDS = (12, 6, 3, 1)
"""So many tests of each change or file; the fewer the less room there is."""


@dataclass(frozen=True, slots=True)
class AtRisk:
    """One changed definition, or one file, and the tests that reach it, riskiest first."""

    name: str
    what: str
    """How it changed."""
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BlockMaterial:
    """What the block is made from."""

    total: int
    """Tests that the map knows."""
    failing: tuple[Failing, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    changes: tuple[AtRisk, ...] = ()
    files: tuple[AtRisk, ...] = ()
    """Files of the suspects and of the changes, with all tests that execute something of them."""
    notes: tuple[str, ...] = ()
    """What else is to be said, a sentence each."""


def block(material: BlockMaterial, limit: int = BLOCK_LIMIT) -> str:
    """Return the block as Markdown, by the estimate within the limit; the same material gives the same text."""
    text = ""
    for scale in range(len(_IDS)):
        for share in (1, 2, 4):
            text = _render(material, _IDS[scale], share)
            if of_text(text) <= limit:
                return text
    return capped(text, 10_000, 10_000)[: 3 * limit - 3].rpartition("\n")[0] + "\n…\n"


def _render(material: BlockMaterial, ids: int, share: int) -> str:
    failing = varied(material.failing)
    told = failing[: max(1, _FAILING // share)]
    changes = material.changes[: max(1, _CHANGES // share)]
    return (
        render(
            "block",
            total=material.total,
            said=said(failing, material.total),
            failing=[_failing(each) for each in told],
            more=len(failing) - len(told),
            suspects=suspected(material.doubts[: max(1, _SUSPECTS // share)]),
            changes=list(_at_risk(changes, ids)),
            changed=len(material.changes),
            files=list(_at_risk(material.files[: max(1, _FILES // share)], ids)),
            notes=[one_line(note, 300) for note in material.notes],
        )
        + "\n"
    )


def _failing(test: Failing) -> Suspected:
    message = one_line(stable(test.message), 240)
    where = f" at {test.frames[-1].path}:{test.frames[-1].line}" if test.frames else ""
    return Suspected(one_line(test.node_id, 200), f"{message}{where}")


def _at_risk(found: Iterable[AtRisk], ids: int) -> Iterator[AtRisk]:
    for each in found:
        lines = list(grouped(each.tests[:ids]))
        if len(each.tests) > ids:
            lines.append(f"… and {len(each.tests) - ids} more")
        yield AtRisk(one_line(each.name, 200), each.what, tuple(lines))

"""``pytest --tdad-select`` and ``--tdad-order``: ask the map once, then choose and order items by node id."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tdad.errors import TdadError
from tdad.workflows.project import open_project, rebase_node_id


@dataclass(frozen=True)
class Selection:
    """Which tests are at risk, and which ones the map knows at all."""

    root: Path
    ranked: tuple[str, ...]
    """Node ids at risk, best first."""
    known: frozenset[str]
    """Node ids with a record; a test outside it is new and always runs."""
    notes: tuple[str, ...]
    """What to tell the user."""
    everything: bool = False
    """No answer is possible, so all tests run."""

    def choose(self, node_ids: Iterable[str], limit: int | None) -> frozenset[str]:
        """The node ids to run."""
        if self.everything:
            return frozenset(node_ids)
        at_risk = frozenset(self.ranked)
        bases = frozenset(node_id for node_id in self.ranked if "[" not in node_id)
        chosen = [
            node_id
            for node_id in node_ids
            if node_id in at_risk
            or node_id not in self.known
            or node_id.partition("[")[0] in bases
        ]
        chosen.sort(key=self.position)
        return frozenset(chosen[:limit])

    def position(self, node_id: str) -> int:
        """Sort key: place in the ranking; new tests after the riskiest evidence, all others last."""
        places = self.places
        if node_id in places:
            return places[node_id]
        base = places.get(node_id.partition("[")[0])
        if base is not None:
            return base
        return len(places) if node_id not in self.known else len(places) + 1

    @cached_property
    def places(self) -> dict[str, int]:
        """Node id → place in the ranking."""
        return {node_id: place for place, node_id in enumerate(self.ranked)}

    def header(self) -> list[str]:
        """Lines for pytest's header."""
        return list(self.notes)

    def to_json(self) -> str:
        """For xdist's workers."""
        return json.dumps(
            [str(self.root), self.ranked, sorted(self.known), self.notes, self.everything]
        )

    @classmethod
    def from_json(cls, text: str) -> Selection:
        """What :meth:`to_json` wrote."""
        root, ranked, known, notes, everything = json.loads(text)
        return cls(Path(root), tuple(ranked), frozenset(known), tuple(notes), everything)


def ask(start: Path, base: str | None) -> Selection:
    """Ask the map which tests are at risk; without a map, run everything and say how to make one.

    Raises:
        TdadError: the map or the revision is unusable in a way that the user can put right.
    """
    from tdad.workflows.impact import ChangeOptions, ask_map

    project = open_project(start)
    try:
        report, known = ask_map(project, ChangeOptions(base=base))
    except TdadError as error:
        if error.slug != "map-not-found":
            raise
        return Selection(
            project.root, (), frozenset(), (f"{error}. Running everything. [{error.slug}]",), True
        )
    except Exception as error:  # a bug of ours must not keep anybody's tests from running
        if os.environ.get("TDAD_DEBUG"):
            raise
        what = " ".join(f"{type(error).__name__}: {error}".split())
        note = f"this is a bug in tdad ({what}), see more with TDAD_DEBUG=1. Running everything. [internal]"
        return Selection(project.root, (), frozenset(), (note,), True)
    answer = report.answer
    changes = f"{len(answer.changes)} {'change' if len(answer.changes) == 1 else 'changes'}"
    notes = [f"{len(answer.impacts)} of {answer.total_tests} tests at risk, {changes}"]
    notes += [f"precaution: {text}" for text in answer.precautions]
    return Selection(
        project.root,
        tuple(impact.node_id for impact in answer.impacts),
        known,
        tuple(notes),
    )


def canonical_ids(rootpath: Path, root: Path, items: Sequence[Any]) -> list[str]:
    """Node ids of pytest items, relative to the project root instead of pytest's rootdir."""
    if rootpath == root:
        return [item.nodeid for item in items]
    return [rebase_node_id(item.nodeid, rootpath, root) for item in items]

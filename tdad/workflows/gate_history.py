"""The history of flaky tests of a gate: read before, added to afterwards. No gate fails for it."""

from __future__ import annotations

from pathlib import Path

from tdad.errors import TdadError
from tdad.facts_flaky import Flakes, History, Sample
from tdad.store import BRIEFLY_S, open_map
from tdad.store.flakes import joined
from tdad.workflows.project import Project

INDEX = "index.sqlite3"
"""In ``.tdad/gate``: the gate's own map of the code alone."""


def load_history(project: Project, kept: Path) -> History:
    """Return what earlier gates found out; nothing, where no map can be read.

    Args:
        project: The user's.
        kept: ``.tdad/gate``.
    """
    found: list[dict[str, Flakes]] = []
    for path in (project.map_path, kept / INDEX):
        try:
            with open_map(path, mode="read") as store:
                found.append(store.flakes())
        except TdadError:
            continue  # not there, or damaged: whoever needs the map says so
    return joined(*found)


def keep_history(project: Project, kept: Path, samples: dict[str, Sample]) -> str:
    """Add to the history in the project's map, or in the gate's own where the project has none.

    Returns:
        Why it could not be kept, as a note; empty: it was.
    """
    if not samples:
        return ""
    path = project.map_path if project.map_path.exists() else kept / INDEX
    try:
        with open_map(path, mode="write") as store:
            store.add_flakes(samples, wait_s=BRIEFLY_S)
    except TdadError as error:
        return f"what was found out about flaky tests is not kept: {error}"
    return ""

"""The links of the static graph beside the map: a cache, made again where it is missing, old or broken."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from tdad.graph.resolve import Resolver
from tdad.graph.static import Kept, Search, StaticQuestion, pack, unpack
from tdad.graph.tests_of import Patterns
from tdad.workflows.changes import Changed
from tdad.workflows.index import Head
from tdad.workflows.project import Project

_MANY = 8
"""So many files that had to be resolved anew are worth writing the cache again."""


def static_question(
    project: Project, head: Head, changed: Changed, patterns: Patterns, *, write: bool
) -> StaticQuestion:
    """What answers without a recording; ``write``: the newer version is that of the work tree, links may be kept."""
    kept = _read(project, head, patterns)
    paths = {p for change in changed.changes for p in (change.path, change.old_path) if p}
    now, before = Resolver(changed.head), Resolver(changed.before)
    question = StaticQuestion(now, before, patterns, kept, {*paths, *changed.old})
    if write and len(head.python) - len(kept) >= _MANY:
        _write(project, head, patterns, question.now)
    return question


def copy_links(source: Path, target: Path) -> None:
    """Copy the links beside one map to another map; without them, or without room, it has none.

    Args:
        source: A map file.
        target: A map file.
    """
    try:
        _replace(_beside(target), _beside(source).read_bytes())
    except OSError:
        return


def _beside(map_path: Path) -> Path:
    return map_path.with_name(f"{map_path.stem}.links")


def _path(project: Project) -> Path:
    return _beside(project.map_path)


def _read(project: Project, head: Head, patterns: Patterns) -> Kept:
    try:
        data = _path(project).read_bytes()
    except OSError:
        return {}
    return unpack(data, patterns, head.python)


def _write(project: Project, head: Head, patterns: Patterns, search: Search) -> None:
    kept = {
        path: (head.python[path], links)
        for path, links in search.files.items()
        if path in head.python
    }
    _replace(_path(project), pack(kept, patterns))


def _replace(path: Path, data: bytes) -> None:
    """Write the file whole or not at all; a folder that cannot be written has no cache."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)

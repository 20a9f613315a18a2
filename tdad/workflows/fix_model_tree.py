"""The files of the start as a model may see them: nothing behind a link, nothing outside the copy."""

from __future__ import annotations

import os
from functools import lru_cache

from tdad.agent.loop.tree import Tree
from tdad.repo import project_files
from tdad.workflows.fix_ground import Ground


def tree_of(ground: Ground) -> Tree:
    """The tree of the untouched worktree."""
    project = ground.copied
    root = os.path.realpath(project.root)
    paths, links = [], set()
    folders = lru_cache(maxsize=None)(os.path.realpath)
    for path in project_files(project.root, project.config):
        folder, _, name = path.rpartition("/")
        place = os.path.join(root, folder) if folder else root  # noqa: PTH118 - strings, a great many
        whole = os.path.join(place, name)  # noqa: PTH118 - as above
        if path.startswith("../"):
            continue
        if folders(place) != place:
            links.add(folder)
        elif os.path.islink(whole):  # noqa: PTH114 - as above
            links.add(path)
        elif os.path.isfile(whole):  # noqa: PTH113 - as above
            paths.append(path)
    known = frozenset(paths)
    read = lru_cache(maxsize=512)(ground.read)
    return Tree(
        tuple(sorted(paths)),
        lambda path: read(path) if path in known else None,
        {},
        frozenset(links),
    )


def stays_inside(ground: Ground, path: str) -> bool:
    """Tell whether a file that does not exist yet would lie in the copy, whatever links there are."""
    root = os.path.realpath(ground.root)
    whole = os.path.realpath(ground.root / path)
    return whole == os.path.join(root, path)  # noqa: PTH118 - compared as text

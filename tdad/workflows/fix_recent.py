"""What changed lately, by definition: uncommitted work, then the last commits. Whoever broke something did it there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tdad.errors import TdadError
from tdad.facts import FileVersion
from tdad.repo import changed_files
from tdad.repo.git import Git, find
from tdad.repo.history import blobs, commits
from tdad.source import compare_all, index
from tdad.workflows.project import Project

COMMITS = 3
"""So many commits are looked at."""
FADING = 0.6
"""Each commit says so much as what came after it."""
LARGEST = 12
"""A change of more Python files than this says nothing about one of them."""


def recently(project: Project) -> Mapping[str, float]:
    """``path::qualname`` → 1 for uncommitted changes, less for each commit before; empty without git."""
    git = find(project.root)
    if git is None:
        return {}
    found: dict[str, float] = {}
    share = 1.0
    try:
        for versions in _changes(project, git):
            for definition in _definitions(versions):
                found.setdefault(definition, share)
            share *= FADING
    except TdadError:  # no commit yet, or git does not answer: nothing is known to be recent
        return found
    return found


def _changes(project: Project, git: Git) -> Iterator[list[FileVersion]]:
    """Uncommitted changes, then those of one commit after the other."""
    yield list(changed_files(project.root, config=project.config))
    for commit in commits(git, COMMITS):
        paths = [path for path in commit.changed if not path.startswith("../")]
        if len(paths) > 4 * LARGEST:
            yield []
            continue
        old, new = blobs(git, commit.parent, paths), blobs(git, commit.id, paths)
        yield [FileVersion(path, old[path], new[path]) for path in paths]


def _definitions(versions: list[FileVersion]) -> Iterator[str]:
    """Definitions that differ."""
    python = [each for each in versions if each.path.endswith(".py")]
    if len(python) > LARGEST:
        return
    pairs = [
        (
            None if each.old is None else index(each.path, each.old),
            None if each.new is None else index(each.path, each.new),
        )
        for each in python
    ]
    for change in compare_all(pairs):
        yield change.definition
        for name in change.binds:
            prefix = f"{change.scope}." if change.scope else ""
            yield f"{change.path}::{prefix}{name}"

"""What is in the work tree: one ``git ls-files`` answers every question about it, a walk where there is no git."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tdad.repo.git import Git
from tdad.repo.patterns import ENVIRONMENT_MARKERS, TOOL_FOLDERS

SYMLINK = "120000"
SUBMODULE = "160000"
_BUILD_FOLDERS = frozenset({"build", "dist", "htmlcov"})


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of one work tree, paths relative to the folder that was asked for."""

    tracked: dict[str, str]
    """Path → mode (``100644``) of what is in the index, whether or not it is on disk."""
    untracked: tuple[str, ...]
    """Neither in the index nor ignored. A folder (slash at its end) is a repository of its own."""
    deleted: frozenset[str]
    """In the index, not on disk (by intent or because a sparse checkout leaves it out)."""
    unwatched: frozenset[str]
    """Marked assume-unchanged: git does not look whether they changed."""
    unmerged: frozenset[str] = frozenset()
    """A merge left a conflict in them."""


def listing(git: Git, specs: Sequence[str] = (".",)) -> Listing:
    """Return the files below ``specs`` (folders, relative to ``git.cwd``)."""
    text = git.run(
        "ls-files",
        "-z",
        "-v",
        "-s",
        "-c",
        "-o",
        "-d",
        "--exclude-standard",
        "--",
        *map(_literal, specs),
    )
    tracked: dict[str, str] = {}
    untracked: list[str] = []
    deleted: set[str] = set()
    unwatched: set[str] = set()
    unmerged: set[str] = set()
    for record in os.fsdecode(text).split("\0"):
        tag, _, rest = record.partition(" ")
        if tag == "?":
            untracked.append(rest)
            continue
        stage, _, path = rest.partition("\t")
        if not path:
            continue
        tracked[path] = stage[:6]
        if tag in "Rr" or (tag in "Ss" and not os.path.lexists(os.path.join(git.cwd, path))):  # noqa: PTH118 - hot
            deleted.add(path)
        elif tag in "Mm":
            unmerged.add(path)
        elif tag.islower():
            unwatched.add(path)
    return Listing(
        tracked,
        tuple(untracked),
        frozenset(deleted),
        frozenset(unwatched),
        frozenset(unmerged),
    )


def _literal(folder: str) -> str:
    return f":(literal){folder}"


def walk(root: Path) -> Iterator[str]:
    """Yield the files below ``root`` where no git says what belongs to it, relative to ``root``.

    Left out: hidden folders, environments, caches, and folders that hold build products.
    """
    stack = [""]
    while stack:
        prefix = stack.pop()
        try:
            with os.scandir(root / prefix) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            continue  # not readable: nothing in it can be run either
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                if not _skipped(entry, prefix):
                    stack.append(f"{prefix}{entry.name}/")
            elif entry.is_file():
                yield prefix + entry.name


def _skipped(entry: os.DirEntry[str], prefix: str) -> bool:
    name = entry.name
    if name.startswith(".") or name in TOOL_FOLDERS or name.endswith(".egg-info"):
        return True
    if name in _BUILD_FOLDERS and not prefix:
        return True
    return any(os.path.exists(os.path.join(entry.path, marker)) for marker in ENVIRONMENT_MARKERS)  # noqa: PTH110, PTH118 - hot

"""Which files the project has, and what is in them now."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tdad.config import Config
from tdad.errors import GitFailed
from tdad.repo.git import Git, find, nested
from tdad.repo.listing import SUBMODULE, SYMLINK, listing, walk
from tdad.repo.patterns import project_only


def project_files(root: Path, config: Config) -> Sequence[str]:
    """Return the paths of all files of the project that are on disk, sorted, relative to ``root``.

    With git: tracked, and untracked but not ignored, those of checked-out submodules and of repositories inside
    included. Without: what a walk finds. In both cases without environments and ``config.exclude``, and with the
    ``config.source`` folders, whose paths may begin with ``../``. Symbolic links to folders are not followed.

    Raises:
        GitUntrusted: the repository belongs to another user.
        GitFailed: git does not answer.
    """
    git = find(root)
    found = set(_files_in(root, git))
    for source in config.source:
        folder = source_path(root, source)
        if not (folder.startswith("../") or folder == "..") and any(
            path.startswith(folder + "/") for path in found
        ):
            continue
        below = _files_in(root / folder, find(root / folder))
        found.update(joined(folder, path) for path in below)
    return project_only(sorted(found), config.exclude)


def source_path(root: Path, source: str) -> str:
    """Return the folder ``source`` of the configuration relative to ``root``, POSIX, normalised."""
    absolute = os.path.join(root, os.path.expanduser(source))  # noqa: PTH111, PTH118 - Path keeps '..'
    return os.path.relpath(absolute, root).replace(os.sep, "/")


def joined(folder: str, path: str) -> str:
    """Return ``folder/path``; a ``..`` at the start of ``path`` takes away from ``folder``."""
    if folder == ".":
        return path
    return os.path.normpath(f"{folder}/{path}") if path.startswith("../") else f"{folder}/{path}"


def _files_in(root: Path, git: Git | None) -> Iterator[str]:
    if not root.is_dir():
        return
    if git is None:
        yield from walk(root)
        return
    here = listing(git)
    for path, mode in here.tracked.items():
        if mode == SUBMODULE:
            yield from _files_of_nested(root, path, git)
        elif path not in here.deleted and (mode != SYMLINK or (root / path).is_file()):
            yield path
    for path in here.untracked:
        if path.endswith("/"):
            yield from _files_of_nested(root, path.rstrip("/"), git)
        elif (root / path).is_file():
            yield path


def _files_of_nested(root: Path, folder: str, git: Git) -> Iterator[str]:
    """Yield the files of a submodule, or of a repository that lies in this one; none when it is not checked out."""
    inner = nested(root / folder, git)
    if inner is not None and not inner.prefix:
        for path in _files_in(root / folder, inner):
            yield f"{folder}/{path}"


def ignored(root: Path, paths: Iterable[str]) -> frozenset[str]:
    """Return those of ``paths`` that git ignores; none without git. A path outside the repository is not ignored."""
    git = find(root)
    asked = [path for path in paths if path and not path.startswith("/")]
    if git is None or not asked:
        return frozenset()
    inside = [path for path in asked if not joined(git.prefix or ".", path).startswith("..")]
    try:
        done = git.run(
            "check-ignore", "-z", "--stdin", stdin=os.fsencode("\0".join(inside)), codes=(0, 1)
        )
    except GitFailed:
        # A path beyond a symbolic link or in a submodule ends the whole question: ask for those one by one.
        return frozenset(
            path for path in inside if git.ask("check-ignore", "-q", "--", path).returncode == 0
        )
    return frozenset(os.fsdecode(done).split("\0")) - {""}


def current(root: Path, path: str) -> bytes | None:
    """Return what is in ``path`` (relative to ``root``) now; ``None`` when it is no regular file that can be read."""
    full = os.path.join(root, path)  # noqa: PTH118 - hot
    try:
        if not stat.S_ISREG(os.stat(full).st_mode):  # noqa: PTH116 - a pipe or a device would block
            return None
        with open(full, "rb") as file:  # noqa: PTH123 - hot
            return file.read()
    except (OSError, ValueError):
        return None

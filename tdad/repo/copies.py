"""Copies of a project's files, and putting a copy back into the state it had.

The copy keeps times of modification, so that what is known about a file by its size and time holds for the copy.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tdad.repo.git import find

_CACHES = frozenset({"__pycache__", ".pytest_cache", ".hypothesis", ".git", ".tdad"})
_NEEDED = {".py": (".py", ".so", ".pyd"), ".po": (".mo",)}
"""Beside files of a kind ignored ones of these kinds are needed: generated modules, extensions, translations."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a project and its copies lie, so that paths with ``..`` lead to the same files in a copy."""

    root: Path
    anchor: Path
    """The nearest folder around everything that is copied."""

    def inside(self, place: Path) -> Path:
        """The root of the copy that is in the folder ``place``."""
        return place / self.root.relative_to(self.anchor)


def layout(root: Path, files: Iterable[str]) -> Layout:
    """The layout of the project at ``root`` with the given files, whose paths may begin with ``../``."""
    up = max((_climbs(path) for path in files), default=0)
    return Layout(root, root.parents[up - 1] if up else root.parent)


def _climbs(path: str) -> int:
    """How many folders a path goes up."""
    up = 0
    while path.startswith("../"):
        path, up = path[3:], up + 1
    return up


def ignored_but_needed(root: Path, files: Sequence[str]) -> Sequence[str]:
    """Files that git ignores and without which packages of the project cannot be imported, or work otherwise, sorted.

    Generated modules and compiled extensions beside tracked modules, compiled translations beside their sources, and
    what setuptools notes about an editable install (``*.egg-info``).
    """
    known = set(files)
    needed: dict[str, tuple[str, ...]] = {}
    for path in files:
        kinds = _NEEDED.get(PurePosixPath(path).suffix, ())
        folder = os.path.dirname(path)  # noqa: PTH120 - strings
        if kinds and not folder.startswith(".."):
            needed[folder] = tuple(dict.fromkeys([*needed.get(folder, ()), *kinds]))
    found: set[str] = set()
    for folder, kinds in sorted(needed.items()):
        for entry in _entries(root / folder):
            name = f"{folder}/{entry.name}" if folder else entry.name
            if name.endswith(kinds) and name not in known and entry.is_file():
                found.add(name)
            elif name.endswith(".egg-info") and entry.is_dir():
                found.update(f"{name}/{one.name}" for one in _entries(Path(entry.path)))
    return sorted(found - known)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def copy_files(root: Path, files: Iterable[str], target: Path) -> None:
    """Copy ``files`` (relative to ``root``) to the same places relative to ``target``; vanished ones are left out.

    Raises:
        OSError: no room, or no right to write.
    """
    for path in files:
        to = Path(os.path.normpath(target / path))
        to.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copy2(root / path, to)
        except FileNotFoundError:
            continue


def make_repository(original: Path, target: Path, unlisted: Sequence[str]) -> None:
    """Make ``target`` a git repository of its own if the original is in one, ignoring what the original ignores.

    Nothing is committed: without it git would list no files of the copy, or would find a repository around it.

    Raises:
        GitFailed: git does not do it.
    """
    git = find(original)
    if git is None:
        return
    from tdad.repo.git import environment, failure, run_git

    arguments = ("init", "--quiet", "--template=")
    done = run_git(str(target), arguments, environment(git.env, places=False))
    if done.returncode:
        raise failure(str(target), arguments, done.stderr)
    exclude = target / ".git" / "info" / "exclude"
    exclude.parent.mkdir(parents=True, exist_ok=True)
    lines = [*sorted(f"{name}/" for name in _CACHES - {".git"}), "*.pyc", *_own_excludes(git.run)]
    lines += [f"/{path}" for path in unlisted]
    exclude.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="surrogateescape")


def _own_excludes(run: object) -> list[str]:
    """What the user excludes in the original's ``.git/info/exclude``."""
    assert callable(run)
    name = os.fsdecode(run("rev-parse", "--path-format=absolute", "--git-path", "info/exclude"))
    try:
        return Path(name.strip()).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def put_back(pristine: Path, copy: Path) -> None:
    """Make ``copy`` what ``pristine`` is, caches aside: changed files are restored, new ones removed.

    Raises:
        OSError: a file cannot be restored.
    """
    wanted = dict(_files(pristine))
    present = dict(_files(copy))
    for path in present.keys() - wanted.keys():
        _remove(copy / path)
    for path, stat in wanted.items():
        if present.get(path) == stat:
            continue
        if path.endswith("/"):
            (copy / path).mkdir(parents=True, exist_ok=True)
            continue
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        _remove(copy / path)
        shutil.copy2(pristine / path, copy / path, follow_symlinks=False)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _files(root: Path) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """(path, (mtime_ns, size, mode)) of every file, caches aside; folders end in a slash and have zeros."""
    stack = [""]
    while stack:
        prefix = stack.pop()
        for entry in _entries(root / prefix):
            if entry.name in _CACHES or entry.name.endswith(".pyc"):
                continue
            if entry.is_dir(follow_symlinks=False):
                stack.append(f"{prefix}{entry.name}/")
                yield stack[-1], (0, 0, 0)
            else:
                stat = entry.stat(follow_symlinks=False)
                yield prefix + entry.name, (stat.st_mtime_ns, stat.st_size, stat.st_mode)

"""Files that git stores as pointers (Git LFS), for a worktree of ours: their contents out of the user's own store.

Nothing is fetched and ``git-lfs`` is not run: the store is ``lfs/objects/ab/cd/abcd…`` in the repository, the names are
SHA-256. https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from tdad.repo.git import Git, environment, failure, run_git

NO_FILTER = (
    *("-c", "filter.lfs.process="),
    *("-c", "filter.lfs.smudge="),
    *("-c", "filter.lfs.clean="),
    *("-c", "filter.lfs.required=false"),
)
"""Options with which git leaves pointers as they are: where the filter is set up, it may go to a server."""
_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-[^\n]*\n)*"
    rb"oid sha256:(?P<oid>[0-9a-f]{64})\nsize (?P<size>[0-9]+)\n"
)
_LONGEST_BYTES = 1024
"""Of a pointer, as the specification has it."""


def fill_pointers(git: Git, folder: Path) -> tuple[str, ...]:
    """Put the contents of files in the place of their pointers, as far as the user has them.

    Returns the paths whose contents are not here, relative to ``folder``, sorted.

    Args:
        git: The user's repository, which is only read.
        folder: A worktree of ours: the repository's toplevel.

    Raises:
        GitFailed: git does not do it.
        OSError: no room.
    """
    store = _store(git)
    missing = []
    paths = _filtered(git, folder)
    for path in paths:
        found = _pointer(folder / path)
        if found is None:
            continue
        oid, size = found
        kept = store / oid[:2] / oid[2:4] / oid
        own = Path(git.toplevel, path)
        source = next(
            (each for each in (kept, own) if _is(each, oid, size, whole=each == own)), None
        )
        if source is None:
            missing.append(path)
        else:
            shutil.copyfile(source, folder / path)  # the mode stays that of the checkout
    # so that git compares the pointers, and runs no filter to find out whether a file is still the same
    if paths:
        _in(git, folder, ("update-index", "-z", "--assume-unchanged", "--stdin"), paths)
    return tuple(sorted(missing))


def _store(git: Git) -> Path:
    said = git.ask("config", "--type=path", "lfs.storage").stdout
    home = git.run("rev-parse", "--path-format=absolute", "--git-common-dir")
    common = Path(os.fsdecode(home.rstrip(b"\n")))
    return common / (os.fsdecode(said.rstrip(b"\n")) or "lfs") / "objects"


def _filtered(git: Git, folder: Path) -> list[str]:
    """Paths that ``.gitattributes`` hands to the filter."""
    listed = _in(git, folder, ("ls-files", "-z", ":(attr:filter=lfs)"))
    return [os.fsdecode(each) for each in listed.split(b"\0") if each]


def _in(git: Git, folder: Path, args: tuple[str, ...], paths: Sequence[str] = ()) -> bytes:
    """What git says in the worktree itself."""
    env = environment(git.env, places=False)
    told = b"".join(os.fsencode(path) + b"\0" for path in paths)
    done = run_git(str(folder), ("-c", "safe.directory=*", *NO_FILTER, *args), env, told)
    if done.returncode:
        raise failure(str(folder), args, done.stderr)
    return done.stdout


def _pointer(file: Path) -> tuple[str, int] | None:
    """(name of the contents, their size) that a file stands for."""
    try:
        if file.is_symlink() or file.stat().st_size > _LONGEST_BYTES:
            return None
        found = _POINTER.fullmatch(file.read_bytes())
    except OSError:
        return None
    return (found["oid"].decode(), int(found["size"])) if found is not None else None


def _is(file: Path, oid: str, size: int, *, whole: bool) -> bool:
    """Tell whether a file has these contents; ``whole``: its name does not say so."""
    try:
        if not file.is_file() or file.stat().st_size != size:
            return False
        if not whole:
            return True
        with file.open("rb") as contents:
            return hashlib.file_digest(contents, "sha256").hexdigest() == oid
    except OSError:
        return False

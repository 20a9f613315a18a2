"""Private worktrees: the files as the user has them now, in a folder of ours. The user's own tree is only read.

Git runs with hooks and the user's global configuration off. What is written in the user's repository is the entry of
the worktree below ``.git/worktrees``, which goes away with it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

from tdad.config import Config
from tdad.repo.copies import ignored_but_needed
from tdad.repo.files import project_files
from tdad.repo.git import Git, discover, environment, failure, find, run_git
from tdad.repo.lfs import NO_FILTER, fill_pointers
from tdad.repo.revisions import head
from tdad.repo.submodules import fill_submodules

_TRUST = ("-c", "safe.directory=*")
"""The user's own configuration has said so already, or there would be no ``Git``; here it is not read."""


def carry_over(root: Path, config: Config, folder: Path) -> str:
    """Make ``folder`` a worktree of the repository around ``root`` (else a plain copy) with the files as they are now.

    Tracked, changed and untracked files are there as the user has them; of ignored ones, those that packages cannot
    be imported without. Returns where the project's root is, relative to ``folder``.

    Raises:
        GitFailed: git does not do it.
        OSError: no room.
    """
    git = find(root)
    top = Path(git.toplevel) if git is not None else root
    inside = (git.prefix or ".") if git is not None else "."
    if git is not None and head(git) is not None:
        _git(git, "worktree", "add", "--quiet", "--detach", "--no-checkout", str(folder), "HEAD")
        _git_in(folder, git, "read-tree", "HEAD")
    else:
        folder.mkdir(parents=True)
    everything = replace(config, source=(), exclude=())
    files = project_files(top, everything)
    for path in (*files, *ignored_but_needed(top, files)):
        _copy(top / path, folder / path)
    (folder / inside).mkdir(parents=True, exist_ok=True)
    return inside


@dataclass(frozen=True, slots=True)
class CheckedOut:
    """What :func:`check_out` made."""

    inside: str
    """Where the project's root is, relative to the folder."""
    missing: tuple[str, ...] = ()
    """Submodules that the user has no clone of, or not that commit."""
    pointers: tuple[str, ...] = ()
    """Files of Git LFS whose contents the user does not have: their pointers are there instead."""
    brought: str = ""
    """Digest of the names and contents of the ignored files that came from the user's tree; empty: none did."""


def check_out(root: Path, commit: str, folder: Path) -> CheckedOut:
    """Make ``folder`` a worktree with the files of ``commit``, and of ignored files those that imports need.

    What the user changed and did not commit is not there. Submodules and the contents of files that are in Git LFS are,
    as far as the user has them.

    Raises:
        NotARepository: there is no repository around ``root``.
        GitFailed: git does not do it.
        OSError: no room.
    """
    git = discover(root)
    top = Path(git.toplevel)
    inside = git.prefix or "."
    add = ("worktree", "add", "--quiet", "--detach", "--force", str(folder), commit)
    _git(git, *NO_FILTER, *add)
    pointers = fill_pointers(git, folder)
    files = project_files(top, Config())
    brought = [p for p in ignored_but_needed(top, files) if not os.path.lexists(folder / p)]
    for path in brought:
        _copy(top / path, folder / path)
    missing = fill_submodules(git, commit, folder)
    (folder / inside).mkdir(parents=True, exist_ok=True)
    return CheckedOut(inside, missing, pointers, _digest(folder, brought))


def _digest(folder: Path, paths: Sequence[str]) -> str:
    """Of names and contents; empty without paths."""
    digest = blake2b(digest_size=16)
    for path in paths:
        file = folder / path
        digest.update(os.fsencode(path) + b"\0")
        digest.update(file.read_bytes() if file.is_file() else b"")
    return digest.hexdigest() if paths else ""


def remove(root: Path, folder: Path) -> None:
    """Remove what :func:`carry_over` or :func:`check_out` made, whole or not; nothing happens when there is none."""
    git = find(root)
    if git is not None and (folder / ".git").is_file():
        run_git(git.cwd, (*_TRUST, "worktree", "remove", "--force", str(folder)), _private(git))
    shutil.rmtree(folder, ignore_errors=True)


def clean(root: Path, below: Path) -> int:
    """Remove what killed runs left: worktrees below the folder ``below``, and the folder; return how many."""
    git = find(root)
    left = _worktrees(git, below) if git is not None else []
    for folder in left:
        assert git is not None
        run_git(git.cwd, (*_TRUST, "worktree", "remove", "--force", folder), _private(git))
    shutil.rmtree(below, ignore_errors=True)
    return len(left)


def commit_tree(
    root: Path, folder: Path, message: str, parent: str | None, paths: Sequence[str] | None = None
) -> str:
    """Commit what is in the worktree ``folder`` (of ``paths`` only, if given); return the commit. No branch moves.

    Raises:
        GitFailed: git does not do it.
    """
    git = find(root)
    assert git is not None
    chosen = ("--", *paths) if paths is not None else ("--", ".")
    _git_in(folder, git, "add", "--all", *chosen)
    tree = _git_in(folder, git, "write-tree").decode().strip()
    parents = ("-p", parent) if parent else ()
    return (
        _git_in(folder, git, *_identity(git), "commit-tree", tree, *parents, "-m", message)
        .decode()
        .strip()
    )


def make_branch(root: Path, name: str, commit: str) -> None:
    """Make a branch that is not there yet.

    Raises:
        GitFailed: there is one of that name, or it is no name for a branch.
    """
    git = find(root)
    assert git is not None
    _git(git, "branch", "--no-track", name, commit)


def _identity(git: Git) -> tuple[str, ...]:
    """Who commits: as the user's own configuration says, else tdad."""
    said = {
        key: git.ask("config", key).stdout.decode("utf-8", "replace").strip()
        for key in ("user.name", "user.email")
    }
    name, email = said["user.name"] or "tdad", said["user.email"] or "tdad@localhost"
    return ("-c", f"user.name={name}", "-c", f"user.email={email}", "-c", "commit.gpgsign=false")


def _worktrees(git: Git, below: Path) -> list[str]:
    listed = git.run("worktree", "list", "--porcelain", "-z")
    paths = [
        os.fsdecode(line[9:]) for line in listed.split(b"\0") if line.startswith(b"worktree ")
    ]
    real = os.path.realpath(below)
    return [path for path in paths if os.path.realpath(path).startswith(os.path.join(real, ""))]  # noqa: PTH118


def _private(git: Git) -> dict[str, str]:
    return {**git.env, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def _git(git: Git, *args: str) -> bytes:
    done = run_git(git.cwd, (*_TRUST, *args), _private(git))
    if done.returncode:
        raise failure(git.cwd, args, done.stderr)
    return done.stdout


def _git_in(folder: Path, git: Git, *args: str) -> bytes:
    """In the worktree itself, wherever GIT_DIR points for the user's own."""
    env = environment(_private(git), places=False)
    done = run_git(str(folder), (*_TRUST, *args), env)
    if done.returncode:
        raise failure(str(folder), args, done.stderr)
    return done.stdout


def _copy(source: Path, target: Path) -> None:
    """Copy one file with its times; a link stays a link; one that vanished meanwhile is left out."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copy2(source, target, follow_symlinks=False)
    except FileNotFoundError:
        return
